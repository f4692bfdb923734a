"""The reader of file stores.

<experiment id>/meta.yaml, tags/
<experiment id>/<run id>/{meta.yaml, params/, metrics/, tags/, inputs/, outputs/, artifacts/}
<experiment id>/{datasets/<id>/meta.yaml, models/<model id>/..., traces/<trace id>/...}
.trash/<experiment id>/...                      deleted experiments
models/<name>/{meta.yaml, tags/, aliases/, version-<n>/...}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.folder import Folder, unicode_name
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.discovery import local_stores
from mlflow2prov.sources.mlflow.entities import (
    Point,
    add_assessment,
    add_dataset_input,
    add_run,
    add_version,
    last_points,
)
from mlflow2prov.sources.mlflow.filestore.files import META, read_keys, read_yaml, read_yamls
from mlflow2prov.sources.mlflow.filestore.layout import (
    VERSION_PREFIX,
    ExperimentFolder,
    RegisteredModelFolder,
    RunFolder,
    list_experiments,
    list_registered_models,
    list_runs,
    require_store,
    require_whole_store,
)
from mlflow2prov.sources.mlflow.local_artifacts import add_local_artifacts
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.values import (
    parse_integer,
    parse_number,
    parse_state,
    parse_text,
    parse_time,
    tag_value,
)
from mlflow2prov.sources.report import SourceReport

MAX_OMISSIONS = 10
"""Maximum number of files and folders that are named as omissions."""


@dataclass(frozen=True)
class FileStore:
    """A folder in which MLflow stores runs and models as files."""

    path: str
    options: ReadOptions

    def read(self, facts: Facts) -> SourceReport:
        """Read all experiments and registered models.

        Raises:
            TrackingStoreError: there is no such folder, it is not a file store, or nothing in it can be read.
        """
        # A path may contain any character, but a message is one line.
        location = " ".join(unicode_name(self.path).splitlines())
        path = Path(self.path)
        root = Folder(path)
        if not root.exists():
            raise TrackingStoreError(f"{location}: {_reason_for_no_folder(path)}")
        report = SourceReport("file", location, path=path)
        try:
            require_whole_store(root, location)
            homes = self._read_entities(root, facts, report)
        except OSError as error:
            raise TrackingStoreError(
                f"{error.filename}: cannot be read: {error.strerror}"
            ) from error
        facts.flush()
        if _is_empty(facts):
            if databases := [store.url for store in local_stores(path.parent) if store.is_database]:
                raise TrackingStoreError(
                    f"{location}: holds no runs, perhaps only artifacts; give the database beside it: {databases[0]}"
                )
            if root.unreadable:
                raise TrackingStoreError(next(iter(root.unreadable)))
            require_store(root, location)
        _report_unreadable(root, report)
        add_local_artifacts(facts, report, path.absolute(), self.options, homes)
        return report

    def _read_entities(self, root: Folder, facts: Facts, report: SourceReport) -> dict[str, Folder]:
        """Read all experiments and registered models.

        Returns:
            The folder for the artifacts of each run and logged model.
        """
        homes: dict[str, Folder] = {}
        misplaced: list[RunFolder] = []
        experiments = list_experiments(root)
        for experiment in experiments:
            try:
                if _is_copy(experiment, experiments):
                    misplaced += list_runs(experiment.folder)
                else:
                    misplaced += self._read_experiment(experiment, facts, homes)
            except OSError as error:
                experiment.folder.report_error(error)
        _report_misplaced_runs(misplaced, homes, report)
        _note_missing_experiments(experiments, report)
        for model in list_registered_models(root):
            _read_registered_model(model, facts)
        return homes

    def _read_experiment(
        self, experiment: ExperimentFolder, facts: Facts, homes: dict[str, Folder]
    ) -> list[RunFolder]:
        """Read an experiment with its traces, logged models and runs.

        ``homes`` takes the folder for the artifacts of each run and logged model.

        Returns:
            The runs in the folder that belong to other experiments.
        """
        folder, experiment_id = experiment.folder, experiment.experiment_id
        misplaced = []
        _add_experiment(experiment, facts)
        for trace in (folder / "traces").folders():
            _read_trace(trace, experiment_id, facts)
        for model in (folder / "models").folders():
            if meta := read_yaml(model):
                homes[_read_logged_model(model, meta, experiment_id, facts)] = model / "artifacts"
        datasets = {
            dataset.name: read_yaml(dataset) or {} for dataset in (folder / "datasets").folders()
        }
        for run in list_runs(folder):
            if run.experiment_id not in (None, experiment_id):
                misplaced.append(run)
                continue
            try:
                self._read_run(run, experiment_id, facts)
                _read_inputs_and_outputs(run.folder, run.run_id, datasets, facts)
            except OSError as error:
                run.folder.report_error(error)
            homes[run.run_id] = run.folder / "artifacts"
            self.options.report_progress("runs and models", len(homes))
        return misplaced

    def _read_run(self, run: RunFolder, experiment_id: str, facts: Facts) -> None:
        """Read a run with its tags, params and metrics."""
        folder, run_id = run.folder, run.run_id
        add_run(facts, run_id, experiment_id, run.meta, dict(read_keys(folder / "tags")))
        for key, value in read_keys(folder / "params"):
            facts.add("params", run_id=run_id, key=parse_text(key), value=tag_value(value))
        points = _read_points(folder / "metrics")
        for point in points if self.options.metric_history else last_points(points):
            facts.add(
                "metrics",
                run_id=run_id,
                key=parse_text(point.key),
                value=point.value,
                step=point.step,
                timestamp=parse_time(point.milliseconds),
            )


def _reason_for_no_folder(path: Path) -> str:
    if path.is_file():
        return "a file, not a folder; give the folder of a file store (mlruns)"
    return "no such folder; give the folder of a file store (mlruns)"


def _is_empty(facts: Facts) -> bool:
    """Return whether nothing was read but the names of folders."""
    ((count,),) = facts.rows(
        """
        SELECT
            (
                SELECT count(*)
                FROM experiments
                WHERE coalesce(name, artifact_location, created_at) IS NOT NULL
            )
            + (SELECT count(*) FROM runs)
            + (
                SELECT count(*)
                FROM registered_models
                WHERE coalesce(created_at, last_updated_at) IS NOT NULL
            )
            + (SELECT count(*) FROM registered_model_versions)
        """
    )
    return not count


def _report_unreadable(root: Folder, report: SourceReport) -> None:
    lines = list(root.unreadable)
    report.omissions.extend(lines[:MAX_OMISSIONS])
    if more := len(lines[MAX_OMISSIONS:]):
        report.omissions.append(f"{report.location}: {quantity(more, 'more file')} or folders")


def _is_copy(experiment: ExperimentFolder, experiments: Sequence[ExperimentFolder]) -> bool:
    """Return whether an experiment is a copy in a folder of another name, or in the trash. MLflow ignores copies."""
    return any(
        other is not experiment and other.experiment_id == experiment.experiment_id
        for other in experiments[: experiments.index(experiment)]
    )


def _report_misplaced_runs(
    misplaced: Sequence[RunFolder], homes: Mapping[str, Folder], report: SourceReport
) -> None:
    """Report the runs in the folders of other experiments, which MLflow ignores."""
    copies = [run for run in misplaced if run.run_id in homes]
    lost = [run for run in misplaced if run.run_id not in homes]
    if copies:
        report.notices.append(
            f"{report.location}: ignored {quantity(len(copies), 'copied run')} in the folder of another "
            f"experiment, as MLflow does ({copies[0].folder})"
        )
    for run in lost[:MAX_OMISSIONS]:
        report.omissions.append(
            f"{run.folder}: a run of the experiment {run.experiment_id!r}, which MLflow ignores in this folder"
        )
    if more := len(lost[MAX_OMISSIONS:]):
        report.omissions.append(
            f"{report.location}: {quantity(more, 'more run')} in folders of other experiments"
        )


def _note_missing_experiments(
    experiments: Sequence[ExperimentFolder], report: SourceReport
) -> None:
    """Note the experiments without a ``meta.yaml``, whose runs MLflow does not show."""
    missing = [experiment.experiment_id for experiment in experiments if experiment.meta is None]
    if missing:
        names = ", ".join(map(repr, missing[:MAX_OMISSIONS]))
        more = f" and {len(missing) - MAX_OMISSIONS} more" if missing[MAX_OMISSIONS:] else ""
        report.notices.append(
            f"{report.location}: experiments lack their meta.yaml, so that their runs are read, but not "
            f"their names: {names}{more}"
        )


def _add_experiment(experiment: ExperimentFolder, facts: Facts) -> None:
    """Add an experiment with its tags."""
    folder, meta, experiment_id = experiment.folder, experiment.meta or {}, experiment.experiment_id
    stage = "deleted" if experiment.is_deleted else meta.get("lifecycle_stage")
    facts.add(
        "experiments",
        experiment_id=experiment_id,
        name=parse_text(meta.get("name")),
        artifact_location=parse_text(meta.get("artifact_location")),
        lifecycle_stage=parse_state(stage),
        created_at=parse_time(meta.get("creation_time")),
        last_updated_at=parse_time(meta.get("last_update_time")),
        workspace=values.parse_workspace(meta.get("workspace")),
    )
    for key, value in read_keys(folder / "tags"):
        facts.add(
            "experiment_tags",
            experiment_id=experiment_id,
            key=parse_text(key),
            value=tag_value(value),
        )


def _read_points(folder: Folder) -> Iterator[Point]:
    """Yield the points of metrics. Each is a line ``milliseconds value step``."""
    for key, content in read_keys(folder):
        for line in content.splitlines():
            fields = line.split()
            if len(fields) >= 2:
                step = parse_integer(fields[2]) if len(fields) > 2 else 0
                yield Point(key, parse_number(fields[1]), step, parse_integer(fields[0]))


def _read_inputs_and_outputs(
    folder: Folder, run_id: str, datasets: dict[str, dict[str, Any]], facts: Facts
) -> None:
    """Read the datasets that a run used, and the logged models that it used and produced."""
    for link in (folder / "inputs").folders():
        source = read_yaml(link) or {}
        if source.get("source_type") == "DATASET":
            dataset = datasets.get(parse_text(source.get("source_id")) or "", {})
            tags = source.get("tags")
            add_dataset_input(facts, run_id, dataset, tags if isinstance(tags, dict) else {})
        elif source.get("source_type") == "MODEL":
            facts.add(
                "run_models",
                run_id=run_id,
                model_id=parse_text(source.get("destination_id")),
                direction="input",
            )
    for link in (folder / "outputs").folders():
        output = read_yaml(link) or {}
        facts.add(
            "run_models",
            run_id=run_id,
            model_id=parse_text(output.get("destination_id")),
            direction="output",
            step=parse_integer(output.get("step")),
        )


def _read_trace(folder: Folder, experiment_id: str, facts: Facts) -> None:
    """Read a trace with its assessments."""
    meta = read_yaml(folder, "trace_info.yaml")
    if not meta:
        return
    trace_id = parse_text(meta.get("trace_id") or meta.get("request_id")) or folder.name
    metadata = dict(read_keys(folder / "request_metadata"))
    tags = dict(read_keys(folder / "tags"))
    facts.add(
        "traces",
        trace_id=trace_id,
        experiment_id=experiment_id,
        run_id=parse_text(metadata.get(values.SOURCE_RUN_TAG)),
        name=parse_text(tags.get(values.TRACE_NAME_TAG)),
        state=parse_state(meta.get("state") or meta.get("status")),
        requested_at=values.parse_iso(meta.get("request_time"))
        or parse_time(meta.get("timestamp_ms")),
        user=parse_text(metadata.get(values.USER_TAG)),
    )
    for assessment in read_yamls(folder / "assessments"):
        add_assessment(facts, trace_id, assessment)


def _read_logged_model(
    folder: Folder, meta: dict[str, Any], experiment_id: str, facts: Facts
) -> str:
    """Read a logged model with its tags, params and metrics, and return its id."""
    model_id = parse_text(meta.get("model_id")) or folder.name
    facts.add(
        "logged_models",
        model_id=model_id,
        experiment_id=experiment_id,
        name=parse_text(meta.get("name")),
        model_type=parse_text(meta.get("model_type")),
        source_run_id=parse_text(meta.get("source_run_id")),
        status=values.parse_model_status(meta.get("status")),
        lifecycle_stage=parse_state(meta.get("lifecycle_stage") or "active"),
        created_at=parse_time(meta.get("creation_timestamp")),
        last_updated_at=parse_time(meta.get("last_updated_timestamp")),
        artifact_location=parse_text(meta.get("artifact_location")),
    )
    for key, value in read_keys(folder / "tags"):
        facts.add(
            "logged_model_tags", model_id=model_id, key=parse_text(key), value=tag_value(value)
        )
    for key, value in read_keys(folder / "params"):
        facts.add(
            "logged_model_params", model_id=model_id, key=parse_text(key), value=tag_value(value)
        )
    for key, content in read_keys(folder / "metrics"):
        for line in content.splitlines():
            # A line is "milliseconds value step run", and more if the metric has a dataset.
            fields: list[str | None] = [*line.split()[:4], *[None] * 4]
            milliseconds, number, step, run_id = fields[:4]
            facts.add(
                "logged_model_metrics",
                model_id=model_id,
                run_id=parse_text(run_id),
                key=parse_text(key),
                value=parse_number(number),
                step=parse_integer(step),
                timestamp=parse_time(milliseconds),
            )
    return model_id


def _read_registered_model(model: RegisteredModelFolder, facts: Facts) -> None:
    """Read a registered model or prompt with its tags, aliases and versions."""
    folder, meta = model
    if meta is None:
        folder.report(META, "missing, so that the registered model has only its name")
        meta = {}
    name = parse_text(meta.get("name")) or folder.name
    tags = dict(read_keys(folder / "tags"))
    is_prompt = values.is_true(tags.get(values.PROMPT_TAG))
    facts.add(
        "registered_models",
        name=name,
        is_prompt=is_prompt,
        description=parse_text(meta.get("description")),
        created_at=parse_time(meta.get("creation_timestamp")),
        last_updated_at=parse_time(meta.get("last_updated_timestamp")),
    )
    for key, value in tags.items():
        facts.add("registered_model_tags", name=name, key=parse_text(key), value=tag_value(value))
    for alias, version in read_keys(folder / "aliases"):
        facts.add(
            "registered_model_aliases",
            name=name,
            alias=parse_text(alias),
            version=parse_text(version.strip()),
        )
    for subfolder in folder.folders():
        if subfolder.name.startswith(VERSION_PREFIX):
            _read_version(subfolder, name, facts, is_prompt=is_prompt)


def _read_version(folder: Folder, name: str, facts: Facts, *, is_prompt: bool) -> None:
    """Read a version of a registered model with its tags."""
    meta = read_yaml(folder)
    if not meta:
        if meta is None:
            folder.report(META, "missing, so that the version is unknown")
        return
    version = meta.get("version") or folder.name.removeprefix(VERSION_PREFIX)
    # As a database names them.
    columns = {
        "name": name,
        "version": version,
        "creation_time": meta.get("creation_timestamp"),
        "last_updated_time": meta.get("last_updated_timestamp"),
    }
    add_version(facts, meta | columns, is_prompt=is_prompt)
    for key, value in read_keys(folder / "tags"):
        facts.add(
            "registered_model_version_tags",
            name=name,
            version=parse_text(version),
            key=parse_text(key),
            value=value,
        )
