"""Experiments: modules with a function that runs parameter sets through stages.

    def get_params():
        return [Params(name="baseline"), Params(name="fast", rate=0.5)]

    def run(param_sets, manager):
        return [train(Record(manager, params)) for params in param_sets]

``get_params`` may be in another module, or missing if ``run`` takes the manager only.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import multiprocessing
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.stages.manager import ArtifactManager
from mlflow2prov.capture.stages.outcomes import StageOutcome

Progress = Callable[[StageOutcome], object]


@dataclass
class ExperimentRun:
    """A run of an experiment."""

    name: str
    manager: ArtifactManager
    seconds: float = 0.0
    error: BaseException | None = None
    """The exception that ended the run."""
    param_sets: list[Any] = field(default_factory=list)

    @property
    def outcomes(self) -> list[StageOutcome]:
        """What happened to each stage of each record, in order."""
        return self.manager.outcomes


def run_experiment(
    name: str,
    params: Sequence[str] = (),
    *,
    parallel: int = 1,
    dry: bool = False,
    on_outcome: Progress | None = None,
    **options: Any,
) -> ExperimentRun:
    """Run an experiment.

    Args:
        name: a module, or the path of its file; ``module:function`` for another function than ``run``.
        params: the modules or files with ``get_params``; that of the experiment by default.
        parallel: the number of processes that compute the stages of different parameter sets at once.
        dry: compute nothing and write nothing, but find out which stages are cached.
        on_outcome: called after each stage.
        **options: see :class:`~mlflow2prov.capture.stages.ArtifactManager`.

    Raises:
        InvalidOptionError: there is no such module, or it has no such function.

    An exception of the experiment is not raised, but kept as ``error``.
    """
    function = _function(name)
    param_sets = _param_sets(name, params, function)
    experiment = name.partition(":")[0].rpartition("/")[2].removesuffix(".py").rpartition(".")[2]
    names = [str(getattr(item, "name", "")) for item in param_sets]
    manager = ArtifactManager(
        experiment, dry=dry, params=names, params_files=list(params), **options
    )
    manager.on_outcome = on_outcome
    run = ExperimentRun(experiment, manager, param_sets=param_sets)
    started = time.perf_counter()
    try:
        if parallel > 1 and not dry and len(param_sets) > 1:
            _fill_cache(name, params, parallel, len(param_sets), manager, options)
        _call(function, param_sets, manager)
    # The code of the user, whose errors are an outcome of the run.
    except Exception as error:  # noqa: BLE001
        run.error = error
        manager.update_run("error", f"{type(error).__name__}: {error}")
    except BaseException:
        manager.update_run("incomplete")
        raise
    else:
        manager.update_run("complete")
    run.seconds = time.perf_counter() - started
    return run


def _call(function: Callable[..., Any], param_sets: list[Any], manager: ArtifactManager) -> Any:
    if len(inspect.signature(function).parameters) == 1:
        return function(manager)
    return function(param_sets, manager)


def _function(name: str) -> Callable[..., Any]:
    module_name, _, function_name = name.partition(":")
    function = getattr(_module(module_name), function_name or "run", None)
    if not callable(function):
        raise InvalidOptionError(
            f"{module_name}: has no function {function_name or 'run'}; name one as module:function"
        )
    return function  # type: ignore[no-any-return]


def _param_sets(name: str, params: Sequence[str], function: Callable[..., Any]) -> list[Any]:
    param_sets: list[Any] = []
    for source in params or [name.partition(":")[0]]:
        get_params = getattr(_module(source), "get_params", None)
        if get_params is not None:
            param_sets += get_params()
        elif params or len(inspect.signature(function).parameters) != 1:
            raise InvalidOptionError(
                f"{source}: has no function get_params; add it, or use --params"
            )
    return param_sets


def _module(name: str) -> ModuleType:
    """Return a module by its name or by the path of its file; the current folder counts as the first of the path.

    Raises:
        InvalidOptionError: there is no such module, or it cannot be imported.
    """
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    path = Path(name)
    try:
        if name.endswith(".py") and path.is_file():
            return _module_of_file(name, path)
        return importlib.import_module(name)
    except InvalidOptionError:
        raise
    # The code of the user.
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            raise InvalidOptionError(
                f"{name}: no such module; run this in its folder, or give the path of its file"
            ) from error
        raise InvalidOptionError(
            f"{name}: cannot be imported ({type(error).__name__}: {error})"
        ) from error


def _module_of_file(name: str, path: Path) -> ModuleType:
    if (loaded := sys.modules.get(path.stem)) is not None:
        if _is_file_of(loaded, path):
            return loaded
        raise InvalidOptionError(
            f"{name}: another module named {path.stem} is imported already; rename the file"
        )
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    # Pickles of parameter sets and of results name the module.
    sys.modules[path.stem] = module
    try:
        specification.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
    return module


def _is_file_of(module: ModuleType, path: Path) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and Path(file).exists() and path.samefile(file)


def _fill_cache(
    name: str,
    params: Sequence[str],
    parallel: int,
    count: int,
    manager: ArtifactManager,
    options: dict[str, Any],
) -> None:
    """Compute the stages of different parameter sets in processes of their own, for the sake of their cache."""
    # The process of the run copies the files into its store.
    options = {**options, "experiment_name": manager.experiment_name, "store_full": False}
    # A forked process would share the connections and the generators of this one.
    context = multiprocessing.get_context("spawn")
    shares = [list(range(first, count, parallel)) for first in range(min(parallel, count))]
    processes = [
        context.Process(
            target=_compute_share, args=(name, list(params), share, manager.run_info, options)
        )
        for share in shares
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    manager.has_filled_cache = True


def _compute_share(
    name: str,
    params: list[str],
    share: list[int],
    run_info: dict[str, Any],
    options: dict[str, Any],
) -> None:
    """Run some of the parameter sets. Aggregates are left to the process that runs them all, and so are errors."""
    function = _function(name)
    param_sets = _param_sets(name, params, function)
    manager = ArtifactManager(parallel_mode=True, **options)
    manager.run_info = run_info
    try:
        _call(function, [param_sets[position] for position in share], manager)
    except Exception:  # noqa: BLE001
        return
