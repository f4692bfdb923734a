"""A file store (``mlruns``), read as files.

<experiment id>/meta.yaml, tags/, <run id>/{meta.yaml, params/, metrics/, tags/, inputs/, artifacts/}
<experiment id>/{datasets/<id>/meta.yaml, models/<model id>/...}
.trash/<experiment id>/...                      deleted experiments
models/<name>/{meta.yaml, tags/, aliases/, version-<n>/...}
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.artifact_folders import add_local_artifacts, is_below
from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo
from mlflow2prov.sources.mlflow.values import integer, number, said, state, text, time

_TRASH = ".trash"
_REGISTRY = "models"
_LARGEST_META = 1 << 22
_Loader: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(path: str, facts: Facts, wishes: ReadOptions) -> StoreInfo:
    """Read the file store in the folder ``path``."""
    root = Path(path)
    if not root.is_dir():
        raise TrackingStoreError(
            f"{path}: there is no such folder; give that of MLflow's file store"
        )
    info = StoreInfo("file", str(path))
    experiments = [
        folder
        for place in (root, root / _TRASH)
        for folder in _folders(place)
        if (folder / "meta.yaml").is_file()
    ]
    if not experiments:
        raise TrackingStoreError(
            f"{path}: no file store of MLflow (no experiment's meta.yaml in it)"
        )
    homes: dict[str, Path] = {}
    for folder in experiments:
        experiment = _experiment(folder, facts)
        for trace in _folders(folder / "traces"):
            _trace(trace, experiment, facts)
        datasets = {f.name: _meta(f) for f in _folders(folder / "datasets")}
        for model in _folders(folder / "models"):
            if (model / "meta.yaml").is_file():
                homes[_logged_model(model, experiment, facts)] = model / "artifacts"
        for run in _folders(folder):
            meta = _meta(run) if (run / "meta.yaml").is_file() else {}
            if "run_id" in meta or "run_uuid" in meta:
                homes[_run(run, meta, experiment, datasets, facts, wishes)] = run / "artifacts"
                wishes.report("runs and models", len(homes))
    for folder in _folders(root / _REGISTRY):
        if (folder / "meta.yaml").is_file():
            _registered_model(folder, facts)
    facts.flush()
    add_local_artifacts(facts, info, root.absolute(), wishes, homes)
    return info


def _folders(path: Path) -> Iterator[Path]:
    """List the folders in a folder, ordered; links that lead out of it are none."""
    try:
        found = sorted(entry.path for entry in os.scandir(path) if entry.is_dir())
    except FileNotFoundError:
        return
    for folder in found:
        if not Path(folder).is_symlink() or is_below(Path(folder), path):
            yield Path(folder)


def _meta(folder: Path, name: str = "meta.yaml") -> dict[str, Any]:
    """Read a folder's ``meta.yaml``, or another file of the kind.

    Raises:
        TrackingStoreError: it is no YAML mapping, or far too long to be one of MLflow's.
    """
    file = folder / name
    if not file.is_file() or file.is_symlink():
        return {}
    if file.stat().st_size > _LARGEST_META:
        raise TrackingStoreError(f"{file}: too long to be MLflow's")
    try:
        loaded = yaml.load(file.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise TrackingStoreError(f"{file}: cannot be read as YAML") from error
    if not isinstance(loaded, dict):
        raise TrackingStoreError(f"{file}: not what MLflow writes")
    return loaded


def _values(folder: Path) -> Iterator[tuple[str, str]]:
    """Read a folder of one file a key; a key with a slash is in a folder of its own."""
    for at, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            file = Path(at, name)
            if file.is_file() and not file.is_symlink():
                key = file.relative_to(folder).as_posix()
                yield key, file.read_bytes().decode("utf-8", "replace")


def _experiment(folder: Path, facts: Facts) -> str:
    meta = _meta(folder)
    identifier = text(meta.get("experiment_id")) or folder.name
    stage = "deleted" if folder.parent.name == _TRASH else meta.get("lifecycle_stage")
    facts.add(
        "experiments",
        identifier,
        text(meta.get("name")),
        text(meta.get("artifact_location")),
        state(stage),
        time(meta.get("creation_time")),
        time(meta.get("last_update_time")),
        values.workspace(meta.get("workspace")),
    )
    for key, value in _values(folder / "tags"):
        facts.add("experiment_tags", identifier, text(key), said(value))
    return identifier


def _run(
    folder: Path,
    meta: dict[str, Any],
    experiment: str,
    datasets: dict[str, dict[str, Any]],
    facts: Facts,
    wishes: ReadOptions,
) -> str:
    """Add a run, and return its id."""
    run = text(meta.get("run_id") or meta.get("run_uuid")) or folder.name
    tags = dict(_values(folder / "tags"))
    facts.add(
        "runs",
        run,
        experiment,
        text(meta.get("run_name")) or text(tags.get("mlflow.runName")),
        text(tags.get("mlflow.user")) or text(meta.get("user_id")),
        values.run_status(meta.get("status")),
        state(meta.get("lifecycle_stage")),
        time(meta.get("start_time")),
        time(meta.get("end_time")),
        time(meta.get("deleted_time")),
        text(meta.get("artifact_uri")),
    )
    for key, value in tags.items():
        facts.add("run_tags", run, text(key), said(value))
    for key, value in _values(folder / "params"):
        facts.add("params", run, text(key), said(value))
    points = list(_points(folder / "metrics"))
    if not wishes.metric_history:
        points = list(values.last_points(points))
    for name, point, step, at in points:
        facts.add("metrics", run, text(name), point, step, time(at))
    for link in _folders(folder / "inputs"):
        source = _meta(link)
        if source.get("source_type") == "DATASET":
            about = datasets.get(str(source.get("source_id")), {})
            context = (source.get("tags") or {}).get(values.CONTEXT_TAG)
            keys = ("name", "digest", "source_type", "source", "schema", "profile")
            facts.add("dataset_inputs", run, *(text(about.get(k)) for k in keys), text(context))
        elif source.get("source_type") == "MODEL":
            facts.add("run_models", run, text(source.get("destination_id")), "input", None)
    for link in _folders(folder / "outputs"):
        target = _meta(link)
        step = integer(target.get("step"))
        facts.add("run_models", run, text(target.get("destination_id")), "output", step)
    return run


def _trace(folder: Path, experiment: str, facts: Facts) -> None:
    meta = _meta(folder, "trace_info.yaml")
    identifier = text(meta.get("trace_id") or meta.get("request_id")) or folder.name
    metadata, tags = dict(_values(folder / "request_metadata")), dict(_values(folder / "tags"))
    facts.add(
        "traces",
        identifier,
        experiment,
        text(metadata.get(values.SOURCE_RUN)),
        text(tags.get(values.TRACE_NAME)),
        state(meta.get("state") or meta.get("status")),
        values.moment(meta.get("request_time")) or time(meta.get("timestamp_ms")),
        text(metadata.get("mlflow.user")),
    )
    if (folder / "assessments").is_dir():
        for file in sorted((folder / "assessments").glob("*.yaml")):
            values.add_assessment(facts, identifier, _meta(folder / "assessments", file.name))


def _points(folder: Path) -> Iterator[tuple[str, float | None, int | None, int | None]]:
    """Read metrics' points: a line ``milliseconds value step`` each."""
    for key, content in _values(folder):
        for line in content.splitlines():
            parts = line.split()
            if len(parts) >= 2:
                step = integer(parts[2]) if len(parts) > 2 else 0
                yield key, number(parts[1]), step, integer(parts[0])


def _logged_model(folder: Path, experiment: str, facts: Facts) -> str:
    """Add a logged model, and return its id."""
    meta = _meta(folder)
    model = text(meta.get("model_id")) or folder.name
    facts.add(
        "logged_models",
        model,
        experiment,
        text(meta.get("name")),
        text(meta.get("model_type")),
        text(meta.get("source_run_id")),
        values.model_status(meta.get("status")),
        state(meta.get("lifecycle_stage") or "active"),
        time(meta.get("creation_timestamp")),
        time(meta.get("last_updated_timestamp")),
        text(meta.get("artifact_location")),
    )
    for key, value in _values(folder / "tags"):
        facts.add("logged_model_tags", model, text(key), said(value))
    for key, value in _values(folder / "params"):
        facts.add("logged_model_params", model, text(key), said(value))
    for key, content in _values(folder / "metrics"):
        for line in content.splitlines():
            at, measured, step, run = (*line.split()[:4], None, None, None, None)[:4]
            facts.add(
                "logged_model_metrics",
                model,
                text(run),
                text(key),
                number(measured),
                integer(step),
                time(at),
            )
    return model


def _registered_model(folder: Path, facts: Facts) -> None:
    meta = _meta(folder)
    name = text(meta.get("name")) or folder.name
    tags = dict(_values(folder / "tags"))
    is_prompt = tags.get(values.PROMPT_TAG, "").lower() == "true"
    facts.add(
        "registered_models",
        name,
        is_prompt,
        text(meta.get("description")),
        time(meta.get("creation_timestamp")),
        time(meta.get("last_updated_timestamp")),
    )
    for key, value in tags.items():
        facts.add("registered_model_tags", name, text(key), said(value))
    for alias, version in _values(folder / "aliases"):
        facts.add("registered_model_aliases", name, text(alias), text(version.strip()))
    for place in _folders(folder):
        if not place.name.startswith("version-"):
            continue
        about = _meta(place)
        about |= {
            "name": name,
            "version": about.get("version") or place.name.removeprefix("version-"),
            "creation_time": about.get("creation_timestamp"),
            "last_updated_time": about.get("last_updated_timestamp"),
        }
        values.add_version(facts, about, is_prompt=is_prompt)
        for key, value in _values(place / "tags"):
            facts.add(
                "registered_model_version_tags", name, str(about["version"]), text(key), value
            )
