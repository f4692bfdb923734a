"""The layout of a file store: which of its folders are experiments, runs and registered models.

Projects commit and copy file stores by hand. An experiment or a run may therefore lack its ``meta.yaml``, and
may lie in the folder of another experiment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.folder import Folder
from mlflow2prov.sources.mlflow.discovery import suggestion
from mlflow2prov.sources.mlflow.filestore.files import META, read_yaml
from mlflow2prov.sources.mlflow.values import parse_text

TRASH = ".trash"
MODEL_REGISTRY = "models"
VERSION_PREFIX = "version-"

_RESERVED = ("datasets", "models", "tags", "traces")
"""The folders of an experiment that are not runs."""

_KEYS_OF_OTHERS = {"run_id", "run_uuid", "model_id", "creation_timestamp"}
"""Keys in the ``meta.yaml`` of runs, logged models and registered models, which that of an experiment lacks."""

_PARTS_OF_RUNS = ("artifacts", "inputs", "metrics", "outputs", "params", "tags")


@dataclass(frozen=True)
class ExperimentFolder:
    """The folder of an experiment."""

    folder: Folder
    meta: dict[str, Any] | None
    """Its ``meta.yaml``; empty if that is unreadable, None if it is missing."""

    @property
    def experiment_id(self) -> str:
        """The id of the experiment: that of its ``meta.yaml``, or else the name of the folder."""
        return parse_text((self.meta or {}).get("experiment_id")) or self.folder.name

    @property
    def is_deleted(self) -> bool:
        """Whether the experiment was deleted."""
        return self.folder.parent.name == TRASH


@dataclass(frozen=True)
class RunFolder:
    """The folder of a run."""

    folder: Folder
    meta: dict[str, Any]

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return parse_text(self.meta.get("run_id") or self.meta.get("run_uuid")) or self.folder.name

    @property
    def experiment_id(self) -> str | None:
        """The id of the experiment that the run belongs to, if the run records it."""
        return parse_text(self.meta.get("experiment_id"))


class RegisteredModelFolder(NamedTuple):
    """The folder of a registered model or prompt."""

    folder: Folder
    meta: dict[str, Any] | None
    """Its ``meta.yaml``; empty if that is unreadable, None if it is missing."""


def list_experiments(root: Folder) -> list[ExperimentFolder]:
    """Return the folders of experiments, deleted ones last, also those without a ``meta.yaml`` that have runs."""
    return [
        experiment
        for parent in (root, root / TRASH)
        for folder in parent.folders()
        if folder.name not in (TRASH, MODEL_REGISTRY)
        and (experiment := _as_experiment(folder)) is not None
    ]


def _as_experiment(folder: Folder) -> ExperimentFolder | None:
    meta = read_yaml(folder)
    if meta is None:
        has_runs = next(list_runs(folder), None) is not None
        return ExperimentFolder(folder, meta) if has_runs else None
    return None if meta.keys() & _KEYS_OF_OTHERS else ExperimentFolder(folder, meta)


def list_runs(experiment: Folder) -> Iterator[RunFolder]:
    """Yield the runs in the folder of an experiment. Runs without a ``meta.yaml`` are reported as unreadable."""
    for folder in experiment.folders():
        if folder.name in _RESERVED:
            continue
        meta = read_yaml(folder)
        if meta and _is_run(meta):
            yield RunFolder(folder, meta)
        elif meta is None and any((folder / part).exists() for part in _PARTS_OF_RUNS):
            folder.report(META, "missing, so that the run is unknown")


def list_registered_models(root: Folder) -> Iterator[RegisteredModelFolder]:
    """Yield the folders of registered models, also those without a ``meta.yaml`` that have versions."""
    for folder in (root / MODEL_REGISTRY).folders():
        meta = read_yaml(folder)
        # The models of an experiment, which are in a folder of the same name, have an id.
        if "model_id" not in (meta or {}) and (meta is not None or _has_versions(folder)):
            yield RegisteredModelFolder(folder, meta)


def require_whole_store(root: Folder, location: str) -> None:
    """Raise an error that names the store if ``root`` has the ``meta.yaml`` of a part of it.

    Raises:
        TrackingStoreError: ``root`` is the folder of an experiment or a run.
    """
    meta = read_yaml(root) or {}
    if _is_run(meta):
        raise _part_of_store(root, location, "a run", levels=2)
    if "experiment_id" in meta:
        raise _part_of_store(root, location, "an experiment", levels=1)


def require_store(root: Folder, location: str) -> None:
    """Raise an error for a folder in which no experiment and no registered model was found.

    Raises:
        TrackingStoreError: always.
    """
    if _has_versions(root):
        raise _part_of_store(root, location, "a registered model", levels=2)
    for folder in root.folders():
        if _has_versions(folder):
            raise _part_of_store(root, location, "all registered models", levels=1)
        if _is_run(read_yaml(folder) or {}):
            raise _part_of_store(root, location, "an experiment", levels=1)
    raise TrackingStoreError(
        f"{location}: not a file store of MLflow, because no folder in it has an experiment's meta.yaml; "
        f"give {suggestion(root.path) or 'the folder of one (mlruns)'}"
    )


def _part_of_store(root: Folder, location: str, kind: str, *, levels: int) -> TrackingStoreError:
    store = root.path.absolute().parents[levels - 1]
    store = store.parent if store.name == TRASH else store
    return TrackingStoreError(
        f"{location}: the folder of {kind}, not of a file store; give that of the store: {store}"
    )


def _is_run(meta: dict[str, Any]) -> bool:
    return "run_id" in meta or "run_uuid" in meta


def _has_versions(folder: Folder) -> bool:
    return any(subfolder.name.startswith(VERSION_PREFIX) for subfolder in folder.folders())
