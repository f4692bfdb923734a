"""``@tracked()``: a record file beside the outputs of each call."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, cast

from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.record_files.folders import FolderOptions, check_parameter
from mlflow2prov.capture.record_files.seeds import check_seed
from mlflow2prov.capture.record_files.tracked_call import Steps, TrackedCall, TrackingOptions

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def tracked(
    *,
    literal_directory: str | os.PathLike[str] | None = None,
    directory_parameter: str | None = None,
    subdirectory_name_parameter: str | None = None,
    directory_injection_parameter: str | None = None,
    include_timestamp: bool = False,
    include_uuid: bool = False,
    record_filename: str | None = None,
    extra_modules: Iterable[ModuleType | str] | None = None,
    extra_environment_variables: Iterable[str] | None = None,
    seed: bool | int = False,
    seed_parameter: str | None = None,
    seed_numpy: bool = True,
    seed_tensorflow: bool = True,
    seed_torch: bool = True,
    disable_git_tracking: bool = False,
    allow_dirty_repo: bool = True,
    include_package_inventory: bool = True,
    create_parents: bool = False,
    require_empty_directory: bool = False,
    chain_records: bool = False,
    outputs: bool = True,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Write a record file beside the outputs of each call of a function.

    The file is written when the call starts, and completed with its outcome when it ends or fails. Use this decorator
    as the innermost one: others, such as those of click, change the signature.

    Args:
        literal_directory: the folder of the outputs. Give either this or ``directory_parameter``.
        directory_parameter: the parameter of the function that is the folder of the outputs.
        subdirectory_name_parameter: the parameter that names a folder below that one; the outputs are in there.
        directory_injection_parameter: the parameter that is given the folder of the outputs, as a ``Path``. Callers
            can omit it.
        include_timestamp: append the time of the call to the name of the folder.
        include_uuid: append the identifier of the call to the name of the folder.
        record_filename: the name of the record file; ``<function>_record.json`` by default.
        extra_modules: further modules, or their names, whose state of Git is recorded.
        extra_environment_variables: further variables of the environment that are recorded.
        seed: seed the random number generators before each call: with this number, or with a new one for True.
        seed_parameter: the parameter that is the seed; if it is None, the function gets a new seed.
        seed_numpy: whether to seed NumPy, if the program has imported it.
        seed_tensorflow: whether to seed TensorFlow, likewise.
        seed_torch: whether to seed PyTorch, likewise.
        disable_git_tracking: do not record the state of Git for the module of the function.
        allow_dirty_repo: whether tracked files may have uncommitted changes when the function is called.
        include_package_inventory: whether to record the installed packages.
        create_parents: create the folders above the folder of the outputs too.
        require_empty_directory: refuse to call the function if the folder contains something.
        chain_records: keep the records of earlier calls in the file, which is a list then.
        outputs: whether to record the files that the call made or changed in the folder, with their digests.

    Raises:
        InvalidOptionError: options exclude each other, or name a parameter that the function does not have.

    A call raises these errors besides those of the function:

    - :class:`UntrackedCodeError`: ``allow_dirty_repo`` is False, and tracked files have uncommitted changes, or
      Git does not track the module.
    - :class:`InvalidArgumentError`: the folder is not a path, or the seed is not an integer.
    - :class:`MissingFolderError`, :class:`FolderExistsError`, :class:`WriteError`: the folder cannot be created, or
      is not empty.
    """
    options = TrackingOptions(
        folders=FolderOptions(
            literal_directory,
            directory_parameter,
            subdirectory_name_parameter,
            directory_injection_parameter,
            include_timestamp,
            include_uuid,
            create_parents,
            require_empty_directory,
        ),
        record_filename=record_filename,
        extra_modules=tuple(extra_modules or ()),
        extra_variables=tuple(extra_environment_variables or ()),
        seed=seed if isinstance(seed, bool) else check_seed(seed),
        seed_parameter=seed_parameter,
        seed_libraries={
            "seed_numpy": seed_numpy,
            "seed_tensorflow": seed_tensorflow,
            "seed_torch": seed_torch,
        },
        tracks_git=not disable_git_tracking,
        allow_dirty=allow_dirty_repo,
        records_packages=include_package_inventory,
        is_chained=chain_records,
        records_outputs=outputs,
    )

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        if isinstance(function, classmethod | staticmethod):
            inner = _track(function.__func__, options)
            return cast("Callable[Parameters, Result]", type(function)(inner))
        return cast("Callable[Parameters, Result]", _track(function, options))

    return decorate


def _track(function: Callable[..., Any], options: TrackingOptions) -> Callable[..., Any]:
    parameters = inspect.signature(function).parameters
    options.folders.check(parameters)
    check_parameter("seed_parameter", options.seed_parameter, parameters)
    if options.seed is not False and options.seed_parameter is not None:
        raise InvalidOptionError("seed: excludes seed_parameter; use one of them")

    if inspect.isasyncgenfunction(function):

        async def call(*args: Any, **kwargs: Any) -> Any:
            with TrackedCall(function, options, args, kwargs) as tracked_call:
                items = tracked_call.run()
                step = items.asend(None)
                try:
                    while True:
                        with tracked_call.is_current():
                            item = await step
                        try:
                            step = items.asend((yield item))
                        except GeneratorExit:
                            raise
                        except BaseException as error:  # noqa: BLE001 - the function may handle it
                            step = items.athrow(error)
                except StopAsyncIteration:
                    return
                finally:
                    await items.aclose()

    elif inspect.iscoroutinefunction(function):

        async def call(*args: Any, **kwargs: Any) -> Any:  # type: ignore[misc]
            with (
                TrackedCall(function, options, args, kwargs) as tracked_call,
                tracked_call.is_current(),
            ):
                return await tracked_call.run()

    elif inspect.isgeneratorfunction(function):

        def call(*args: Any, **kwargs: Any) -> Any:
            with TrackedCall(function, options, args, kwargs) as tracked_call:
                return (yield from Steps(tracked_call, tracked_call.run()))

    else:

        def call(*args: Any, **kwargs: Any) -> Any:
            with TrackedCall(function, options, args, kwargs) as tracked_call:
                return tracked_call.run()

    return functools.wraps(function)(call)
