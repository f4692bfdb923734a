"""Records: the state of one line of an experiment, on its way from stage to stage."""

from __future__ import annotations

import copy
import html
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.stages.hashing import combination_hash, params_hash

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.cachers import Cacheable
    from mlflow2prov.capture.stages.manager import ArtifactManager
    from mlflow2prov.capture.stages.parameters import ExperimentParameters
    from mlflow2prov.capture.stages.reportables import Reportable

NO_PARAMETERS = "None"
"""The digest of a record without parameter set."""

MAX_TEXT = 30
"""The number of characters of a text that represent it."""


class CacheAwareDict(dict[str, Any]):
    """A dictionary that loads a lazy value when it is looked up."""

    resolve = True
    """Whether lazy values are loaded. If not, this is a dictionary like any other."""

    def __getitem__(self, key: str) -> Any:
        from mlflow2prov.capture.stages.cachers import Lazy

        value = super().__getitem__(key)
        return value.load() if self.resolve and isinstance(value, Lazy) and value.resolve else value


class ArtifactRepresentation:
    """A short text that represents an artifact in maps and reports: its type, its beginning, its size.

    Args:
        record: the record with the artifact.
        name: the name of the artifact.
        artifact: the artifact.
        metadata: the metadata that its cacher has.
        cacher: its cacher.
    """

    def __init__(
        self,
        record: Record,
        name: str,
        artifact: Any,
        metadata: dict[str, Any] | None = None,
        cacher: Cacheable | None = None,
    ) -> None:
        from mlflow2prov.capture.stages.cachers import Lazy

        self.record, self.name, self.metadata, self.cacher = record, name, metadata, cacher
        if isinstance(artifact, Lazy):
            loaded = artifact.cacher.load_metadata() if artifact.cacher is not None else {}
            self.string = str((metadata or loaded or {}).get("preview", "(lazy)"))
        else:
            self.string = representation(artifact)
        paths = cacher.cache_paths if cacher is not None else []
        self.file = str(paths[0]) if paths else "no file"

    def __str__(self) -> str:
        return f"{self.name}: {self.string}"

    def html_safe(self) -> str:
        """Return the text for HTML."""
        return html.escape(str(self), quote=False)


def representation(artifact: Any) -> str:
    """Return the text that represents a value: type, the beginning of a text, shape or length."""
    text = f"({type(artifact).__name__})"
    if isinstance(artifact, str):
        cut = "..." if len(artifact) > MAX_TEXT else ""
        text += f" {artifact[:MAX_TEXT]}{cut}"
    elif isinstance(artifact, int | float):
        text += f" {artifact}"
    if hasattr(artifact, "shape"):
        return f"{text} shape: {tuple(artifact.shape)}"
    try:
        return f"{text} len: {len(artifact)}"
    except TypeError:
        return text


class Record:
    """The state that passes from stage to stage, for one parameter set.

    Args:
        manager: the manager of the experiment.
        params: the parameter set, a dataclass; the attribute ``args`` is the same.
        hide: whether the record is left out of the manager's list.
    """

    def __init__(
        self,
        manager: ArtifactManager,
        params: ExperimentParameters | Any | None = None,
        hide: bool = False,
        *,
        args: Any = None,
    ) -> None:
        self.manager = manager
        self.params = args if params is None else params
        self.state = CacheAwareDict()
        """The artifacts that stages have made, by name."""
        self.state_artifact_reps: dict[str, int] = {}
        """The indexes of the artifacts in the manager's list of representations, by name."""
        self.state_artifact_ids: dict[str, str] = {}
        """The identifiers of the artifacts in recorded calls, by name."""
        self.output: Any = None
        """The return value of the last stage."""
        self.stages: list[str] = []
        """The names of the stages so far."""
        self.stage_inputs: list[list[int]] = []
        self.stage_outputs: list[list[int]] = []
        """For each stage, the indexes of the representations of its inputs and outputs."""
        self.stage_inputs_names: list[list[str]] = []
        self.stage_kwargs_keys: list[list[str]] = []
        self.stage_suppress_missing: list[bool] = []
        self.stage_cachers: list[Cacheable] | None = None
        """The cachers of the stage that runs."""
        self.input_records: list[Record] = []
        """The records that this one aggregates or was copied from."""
        self.is_aggregate = False
        self.combo_hash: str | None = None
        """The digest of an aggregate."""
        self.unstored_tracked_paths: list[dict[str, Any]] = []
        """Files to copy into the folder of the run at the end of the stage."""
        self.mlflow_run_id: str | None = None
        """The run of MLflow, if the manager logs to MLflow."""
        self.stored_paths: list[str] = []
        """The paths of the files that were copied there."""
        if not hide:
            manager.records.append(self)
        self.set_hash()

    @property
    def args(self) -> Any:
        """The parameter set."""
        return self.params

    # --- identity

    def set_hash(self) -> None:
        """Set the digest of the parameter set, unless it has one, and keep the set in the manager's registry."""
        if self.params is None:
            return
        if getattr(self.params, "hash", None) is None:
            self.params.hash = params_hash(self.params)
        self.manager.register_parameters(str(self.params.hash), self.params)

    def set_aggregate(self, aggregate_records: Iterable[Record]) -> None:
        """Let the digest of this record be that of an aggregate of others."""
        self.input_records = list(aggregate_records)
        digests = [record.get_hash() for record in self.input_records]
        self.is_aggregate = True
        self.combo_hash = combination_hash(self.params, digests)
        self.manager.register_combination(self.combo_hash, self.params, digests)

    def get_hash(self) -> str:
        """Return the digest of the parameter set, or of the aggregate; the text "None" if there is neither."""
        if self.is_aggregate:
            assert self.combo_hash is not None
            return self.combo_hash
        return NO_PARAMETERS if self.params is None else str(self.params.hash)

    def get_record_index(self) -> int | None:
        """Return the position of the record in the manager's list, or None if it is hidden."""
        positions = (n for n, record in enumerate(self.manager.records) if record is self)
        return next(positions, None)

    def get_reference_name(self, map: bool = False) -> str:  # noqa: A002, ARG002
        """Return the name of the record in maps and reports: ``Record 0 (baseline)``."""
        name = NO_PARAMETERS if self.params is None else getattr(self.params, "name", "")
        return f"Record {self.get_record_index()} ({name})"

    # --- copies

    def make_copy(
        self, params: Any = None, add_to_manager: bool = True, *, args: Any = None
    ) -> Record:
        """Return a new record with a deep copy of the state, and this one as its input.

        Args:
            params: another parameter set; None: the same one. ``args`` is the same.
            add_to_manager: whether the manager lists the copy.
        """
        params = args if params is None else params
        params = copy.deepcopy(self.params) if params is None else params
        new = Record(self.manager, params, hide=not add_to_manager)
        for name, value in self.state.items():
            new.state[name] = copy.deepcopy(value)
        new.state_artifact_reps = dict(self.state_artifact_reps)
        new.state_artifact_ids = dict(self.state_artifact_ids)
        new.input_records = [self]
        return new

    # --- files

    def get_path(
        self,
        obj_name: str,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        track: bool = True,
    ) -> str:
        """Return the path in the cache for an object of a stage with this parameter set.

        Args:
            obj_name: the name of the object, the last part of the file's name.
            subdir: folders before the name.
            prefix: a substitute for the name of the experiment.
            stage_name: the stage; the one that runs or ran last, if none is given.
            track: whether a run with a store of its own gets a copy.
        """
        if track:
            self._track(obj_name, subdir, prefix, stage_name)
        return self.manager.get_artifact_path(obj_name, self, subdir, prefix, stage_name)

    def get_dir(
        self,
        dir_name_suffix: str,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        track: bool = True,
    ) -> str:
        """Return the path of a folder in the cache, which is created; see :meth:`get_path`."""
        path = self.get_path(dir_name_suffix, subdir, prefix, stage_name, track)
        Path(path).mkdir(parents=True, exist_ok=True)
        return path

    def _track(
        self, name: str, subdir: str | None, prefix: str | None, stage_name: str | None
    ) -> None:
        stage = stage_name or self.manager.current_stage_name
        entry = {"obj_name": name, "subdir": subdir, "prefix": prefix, "stage_name": stage}
        if entry not in self.unstored_tracked_paths:
            self.unstored_tracked_paths.append(entry)

    def store_tracked_paths(self) -> None:
        """Copy the tracked files and folders of the last stage into the folder of the run, if the run has a store."""
        pending, self.unstored_tracked_paths = self.unstored_tracked_paths, []
        if not self.manager.store_full or self.manager.dry:
            return
        for entry in pending:
            source = Path(entry.get("path") or self.manager.get_artifact_path(record=self, **entry))
            if not source.exists():
                continue
            name = {key: value for key, value in entry.items() if key != "path"}
            target = Path(self.manager.get_artifact_path(record=self, store=True, **name))
            if entry.get("path"):
                target = target.with_name(source.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, dirs_exist_ok=True)
            elif source.resolve() != target.resolve():
                shutil.copy2(source, target)
            self.stored_paths.append(str(source))

    # --- reports

    def report(self, reportable: Reportable) -> None:
        """Add a figure, a table or a text to the report of the experiment."""
        stage = self.manager.current_stage_name
        reportable.place(self, stage, len(self.manager.reportables))
        self.manager.reportables.append(reportable)
