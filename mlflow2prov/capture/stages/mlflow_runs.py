"""Records as runs of MLflow: one run per record, with its parameters, its numbers as metrics, and its cached files."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.configuration import CaptureWarning
from mlflow2prov.capture.previews import preview
from mlflow2prov.capture.redaction import redact_text
from mlflow2prov.capture.stages.hashing import IGNORED
from mlflow2prov.secrets import MASK, is_secret_name

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.cachers import Cacheable
    from mlflow2prov.capture.stages.records import Record

MAX_VALUE_LENGTH = 6000
"""The length of the longest parameter that MLflow takes, in characters."""

PARAMS_HASH_TAG = "mlflow2prov.params_hash"
"""The tag with the digest of the parameter set."""


@contextmanager
def stage_run(record: Record) -> Iterator[None]:
    """Let the run of a record be MLflow's active run during a stage, if the manager logs to MLflow."""
    run = _enter_run(record)
    try:
        yield
    except BaseException as error:
        _leave_run(record, run, error)
        raise
    _leave_run(record, run, None)


def _enter_run(record: Record) -> AbstractContextManager[Any]:
    if not record.manager.log_to_mlflow or record.params is None:
        return nullcontext()
    try:
        mlflow = import_module("mlflow")

        _start(record)
        run: AbstractContextManager[Any] = mlflow.start_run(
            run_id=record.mlflow_run_id, nested=True
        )
        run.__enter__()
    # Any error of MLflow's client or server: the experiment goes on.
    except Exception as error:  # noqa: BLE001
        _warn(record, error)
        return nullcontext()
    return run


def _leave_run(
    record: Record, run: AbstractContextManager[Any], error: BaseException | None
) -> None:
    try:
        run.__exit__(None if error is None else type(error), error, None)
    except Exception as failure:  # noqa: BLE001 - as above
        _warn(record, failure)


def _start(record: Record) -> None:
    """Begin the run of a record with its parameters, unless it has one."""
    mlflow = import_module("mlflow")

    if record.mlflow_run_id is not None:
        return
    manager = record.manager
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(manager.experiment_name)
    experiment_id = (
        client.create_experiment(manager.experiment_name)
        if experiment is None
        else experiment.experiment_id
    )
    name = getattr(record.params, "name", None) or manager.experiment_name
    tags = {PARAMS_HASH_TAG: record.get_hash()}
    run = client.create_run(experiment_id, run_name=name, tags=tags)
    record.mlflow_run_id = run.info.run_id
    for parameter, value in _parameters(record.params):
        client.log_param(record.mlflow_run_id, parameter, value)


def log_outputs(record: Record, outputs: dict[str, Any], cachers: list[Cacheable] | None) -> None:
    """Log the outputs of a stage: numbers as metrics, cached files as artifacts."""
    if record.mlflow_run_id is None:
        return
    try:
        mlflow = import_module("mlflow")

        client = mlflow.MlflowClient()
        for name, value in outputs.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                client.log_metric(record.mlflow_run_id, name, float(value))
        for cacher in cachers or ():
            for path in cacher.cache_paths:
                if Path(path).is_file():
                    client.log_artifact(record.mlflow_run_id, path)
    except Exception as error:  # noqa: BLE001 - as above
        _warn(record, error)


def _parameters(params: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the parameters of a set as text; those of nested dataclasses have dotted names."""
    for field in dataclasses.fields(params):
        if field.name in IGNORED and not prefix:
            continue
        name, value = f"{prefix}{field.name}", getattr(params, field.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            yield from _parameters(value, f"{name}.")
        elif is_secret_name(field.name):
            yield name, MASK
        else:
            yield name, str(preview(value))[:MAX_VALUE_LENGTH]


def _warn(record: Record, error: Exception) -> None:
    warnings.warn(
        f"{record.get_reference_name()}: not logged to MLflow "
        f"({type(error).__name__}: {redact_text(str(error))})",
        CaptureWarning,
        stacklevel=4,
    )
