"""One call of a tracked function, from its arguments to the record of its outcome.

The order of a call:

1. bind the arguments, and choose the folder and the seed
2. check the state of Git
3. create the folder, and pass it to the function
4. write the record file
5. seed the generators, and call the function
6. complete the record file
"""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from mlflow2prov.capture import recording
from mlflow2prov.capture.arguments import HashedArguments
from mlflow2prov.capture.code import plain_function
from mlflow2prov.capture.packages import get_installed_packages
from mlflow2prov.capture.record_files.content import RecordedCall, argument_to_json
from mlflow2prov.capture.record_files.files import RecordFile
from mlflow2prov.capture.record_files.folders import FolderOptions
from mlflow2prov.capture.record_files.modules import ModuleState, module_file, module_state
from mlflow2prov.capture.record_files.outputs import Snapshot
from mlflow2prov.capture.record_files.seeds import check_seed, new_seed, seed_tasks
from mlflow2prov.capture.record_files.surroundings import get_environment_info
from mlflow2prov.capture.records import Call


@dataclass(frozen=True)
class TrackingOptions:
    """The options of :func:`mlflow2prov.capture.tracked`, which describes them."""

    folders: FolderOptions
    record_filename: str | None = None
    extra_modules: tuple[ModuleType | str, ...] = ()
    extra_variables: tuple[str, ...] = ()
    seed: bool | int = False
    seed_parameter: str | None = None
    seed_libraries: Mapping[str, bool] = field(default_factory=dict)
    tracks_git: bool = True
    allow_dirty: bool = True
    records_packages: bool = True
    is_chained: bool = False
    records_outputs: bool = True


class TrackedCall:
    """One call of a tracked function. As a context, it is the time in which the function runs.

    Args:
        function: the decorated function.
        options: the options of the decorator.
        args: the positional arguments.
        kwargs: the arguments by name.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        options: TrackingOptions,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self._function, self._options = function, options
        plain = plain_function(function)
        module, name = function.__module__, function.__qualname__.rpartition("<locals>.")[2]
        self._call = Call(f"{module}.{name}", module, name, face="tracked")
        self._bound = inspect.signature(function).bind_partial(*args, **kwargs)
        self._bound.apply_defaults()
        if (injected := options.folders.directory_injection_parameter) is not None:
            self._bound.arguments.setdefault(injected, None)
        self._filename = getattr(getattr(plain, "__code__", None), "co_filename", None)
        self._record = RecordedCall(
            self._call,
            self._arguments_as_json(),
            unnamed_parameters=tuple(_unnamed(self._bound.signature)),
            source_file=self._source_file,
        )
        self._folder = options.folders.choose(
            self._bound.arguments, self._call.id, self._call.started_at
        )
        self._choose_seed()

    def __enter__(self) -> TrackedCall:
        """Write the record file, and seed the generators."""
        options = self._options
        self._describe_code()
        self._make_folder()
        self._describe_arguments()
        self._record.environment = get_environment_info(options.extra_variables)
        if options.records_packages:
            self._record.packages = get_installed_packages()
        self._before = Snapshot(self._folder) if options.records_outputs else None
        recording.start(self._call, self._file)
        if self._call.seed is not None:
            seed_tasks(self._call.seed, **options.seed_libraries)
        return self

    def run(self) -> Any:
        """Call the function."""
        with self.is_current():
            return self._function(*self._bound.args, **self._bound.kwargs)

    @contextmanager
    def is_current(self) -> Iterator[None]:
        """Let calls within this context refer to this one as their outer call."""
        token = recording.current_call.set(self._call)
        try:
            yield
        finally:
            with suppress(ValueError):  # an asynchronous generator that another task closes
                recording.current_call.reset(token)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        """Complete the record file."""
        if self._before is not None:
            self._call.outputs = self._before.changes(self._file.path)
        status = "FINISHED" if error is None else recording.outcome(error)
        self._call.end(status, error)
        recording.end(self._call, self._file, self._record)

    # --- arguments

    @cached_property
    def _source_file(self) -> str | None:
        filename = self._filename
        return (
            None if filename is None or filename.startswith("<") else str(Path(filename).resolve())
        )

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments by name; those of ``*args`` and ``**kwargs`` are a tuple and a dictionary."""
        return dict(self._bound.arguments)

    def _arguments_as_json(self) -> dict[str, Any]:
        return {name: argument_to_json(name, value) for name, value in self._arguments().items()}

    def _make_folder(self) -> None:
        options = self._options
        folder = options.folders.make(self._folder)
        options.folders.inject(self._bound.arguments, folder)
        self._record.altered_parameters = self._arguments_as_json()
        # The function may change the current folder.
        self._folder = folder.absolute()
        name = options.record_filename or f"{self._call.fn_name}_record"
        path = self._folder / (name if name.endswith(".json") else f"{name}.json")
        self._file = RecordFile(path, self._record, options.is_chained)

    def _choose_seed(self) -> None:
        name, seed = self._options.seed_parameter, self._options.seed
        if name is not None:
            passed = self._bound.arguments.get(name)
            self._call.seed = new_seed() if passed is None else check_seed(passed)
            self._bound.arguments[name] = self._call.seed
        elif seed is not False:
            self._call.seed = new_seed() if seed is True else seed

    def _describe_arguments(self) -> None:
        started = time.perf_counter()
        arguments = HashedArguments({"kargs": self._arguments()}, frozenset())
        arguments.digest_files(lambda value: isinstance(value, str | os.PathLike))
        self._call.arguments = arguments.records
        self._call.hash_duration = time.perf_counter() - started

    # --- code

    def _describe_code(self) -> None:
        options, record = self._options, self._record
        module = ModuleState(self._call.fn_module, None)
        if options.tracks_git:
            module = module_state(self._call.fn_module, self._source_file)
            record.module = module.to_json()
            if not options.allow_dirty:
                module.require_clean()
        for extra in options.extra_modules:
            name = extra if isinstance(extra, str) else extra.__name__
            state = module_state(name, module_file(extra))
            record.extra_modules[name] = state.to_json()
            if not options.allow_dirty:
                state.require_clean()
        recording.describe(self._call, self._function, module.git)


class Steps(Generator[Any, Any, Any]):
    """A generator of a tracked function. The call is the current one only while a step of the generator runs.

    Args:
        call: the call.
        generator: the generator that the function returned.
    """

    def __init__(self, call: TrackedCall, generator: Generator[Any, Any, Any]) -> None:
        self._call, self._generator = call, generator

    def send(self, value: Any) -> Any:
        """Go on to the next item."""
        with self._call.is_current():
            return self._generator.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an exception within the function."""
        with self._call.is_current():
            return self._generator.throw(*error)

    def close(self) -> None:
        """End the generator."""
        with self._call.is_current():
            self._generator.close()


def _unnamed(signature: inspect.Signature) -> Iterator[str]:
    """Yield the parameters that a caller cannot name, as Python spells them."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    for parameter in signature.parameters.values():
        if parameter.kind in stars:
            yield f"{stars[parameter.kind]}{parameter.name}"
        elif parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            yield parameter.name
