"""The project of a state file: its sources, and the options of the first update with which they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

from mlflow2prov.arguments import require_texts
from mlflow2prov.errors import ConfigurationError, StateError
from mlflow2prov.project import ProjectOptions
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.options import ArtifactListing, Renames
from mlflow2prov.state.file import StateFile


class UpdateOptions(TypedDict, total=False):
    """The options of :func:`mlflow2prov.extract`, as :func:`update` takes them."""

    calls: str | list[str] | tuple[str, ...] | None
    since: str | None
    until: str | None
    branches: str | list[str] | tuple[str, ...]
    exclude: str | list[str] | tuple[str, ...]
    mailmap: bool
    include_store: bool
    infer_code: bool
    renames: Renames
    experiments: str | list[str] | tuple[str, ...]
    runs_since: str | None
    metric_history: bool
    artifacts: ArtifactListing
    artifacts_destination: str | None
    environments: bool
    traces: bool
    restore_redacted: bool
    namespace: str
    workers: int


@dataclass(frozen=True)
class Project:
    """Where the sources of a project are, and how they are read."""

    repository_path: str | os.PathLike[str] | None
    """A Git repository, or a folder in one."""
    mlflow_url: str | os.PathLike[str] | None
    """The address of an MLflow store."""
    options: ProjectOptions
    """How much of them is read."""

    @property
    def properties(self) -> dict[str, Any]:
        """The project as JSON values, without credentials."""
        url = None if self.mlflow_url is None else without_credentials(_absolute(self.mlflow_url))
        path = None if self.repository_path is None else str(Path(self.repository_path).absolute())
        return {
            "repository_path": path,
            "mlflow_url": url,
            "namespace": self.options.namespace,
            "options": _stored_options(asdict(self.options)),
        }


def _stored_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that decide which facts are read, as JSON values, without credentials."""
    values = _normalized(options)
    if values.get("calls"):
        values["calls"] = tuple(map(without_credentials, values["calls"]))
    return {
        name: list(value) if isinstance(value, tuple | list) else value
        for name, value in values.items()
        if name not in ("workers", "namespace")
    }


_TEXT_LISTS = ("calls", "branches", "exclude", "experiments")


def _normalized(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options whose lists are tuples, and whose locations mean the same in any working folder."""
    values: dict[str, Any] = {
        name: require_texts(name, value) if name in _TEXT_LISTS and value is not None else value
        for name, value in options.items()
    }
    if values.get("calls"):
        values["calls"] = tuple(map(_absolute, values["calls"]))
    if values.get("artifacts_destination") is not None:
        values["artifacts_destination"] = _absolute(values["artifacts_destination"])
    return values


def _absolute(location: str | os.PathLike[str]) -> str:
    """Return a location with an absolute path, if it is one of a file or a folder that exists, or of a SQLite database.

    >>> _absolute("http://127.0.0.1:5000")
    'http://127.0.0.1:5000'
    """
    text = os.fspath(location)
    scheme, separator, path = text.partition(":///")
    if separator and scheme.partition("+")[0] == "sqlite" and path and not path.startswith(":"):
        return f"{scheme}:///{Path(path).absolute()}"
    return str(Path(text).absolute()) if "://" not in text and Path(text).exists() else text


def project_of(
    last: StateFile | None,
    repository_path: str | os.PathLike[str] | None,
    mlflow_url: str | os.PathLike[str] | None,
    options: UpdateOptions,
) -> Project:
    """Return the project of an update. The defaults of its sources and options are those of the last update.

    Raises:
        ConfigurationError: an option differs from that of the last update.
    """
    for name in options:
        if name not in ProjectOptions.__annotations__:
            raise ConfigurationError(f"update: unknown option {name[:80]!r}")
    settings = _normalized(options)
    if last is None:
        return Project(repository_path, mlflow_url, ProjectOptions(**settings))
    properties = last.properties
    first_options = {"namespace": last.namespace, **(properties.get("options") or {})}
    stored_options = _stored(last, first_options)
    for name, value in settings.items():
        stored = getattr(stored_options, name)
        differs_in_credentials = (
            name == "calls"
            and value
            and tuple(map(without_credentials, value)) == tuple(stored or ())
        )
        if name != "workers" and value != stored and not differs_in_credentials:
            raise ConfigurationError(
                f"{last.path}: {name} differs from that of the first update; omit it, or choose another state file"
            )
    return Project(
        repository_path or properties.get("repository_path"),
        mlflow_url or properties.get("mlflow_url"),
        replace(stored_options, **settings),
    )


def _stored(last: StateFile, values: Mapping[str, Any]) -> ProjectOptions:
    """Return the options that a state file has.

    Raises:
        StateError: they are not options, as in a damaged file.
    """
    options: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in values.items()
    }
    try:
        return ProjectOptions(**options)
    except (TypeError, ConfigurationError) as error:
        raise StateError(f"{last.path}: damaged (its options); restore it from a backup") from error
