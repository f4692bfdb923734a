"""The artifacts of a server, and the environment files and records of calls among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from mlflow2prov.facts import Facts
from mlflow2prov.sources.folder import MAX_DEPTH
from mlflow2prov.sources.mlflow import call_records, environments
from mlflow2prov.sources.mlflow.entities import Artifact, add_artifacts, add_model_artifacts
from mlflow2prov.sources.mlflow.rest.client import API, Client
from mlflow2prov.sources.mlflow.rest.transport import Json
from mlflow2prov.sources.mlflow.values import parse_integer, parse_text

MAX_FOLDERS = 10_000
"""Maximum number of folders of one run or logged model that are listed."""


class Endpoint(NamedTuple):
    """A path of the API, and the parameters of a request."""

    path: str
    parameters: Json


@dataclass(frozen=True)
class OwnerKind:
    """Runs or logged models as owners of artifacts: how these are listed, read and added to the facts."""

    label: str
    list_endpoint: Callable[[str], Endpoint]
    """Returns where the artifacts of an owner are listed."""
    folder_parameter: str
    """The parameter of that request that names a folder."""
    file_endpoint: Callable[[str, str], Endpoint]
    """Returns where the content of a file is, for an owner and a path."""
    add: Callable[[Facts, str, Iterable[Artifact]], None]


def _model_path(model_id: str, api: str = API) -> str:
    return f"{api}/logged-models/{quote(model_id, safe='')}"


_RUNS = OwnerKind(
    label="runs",
    list_endpoint=lambda run_id: Endpoint(f"{API}/artifacts/list", {"run_id": run_id}),
    folder_parameter="path",
    file_endpoint=lambda run_id, path: Endpoint("/get-artifact", {"run_id": run_id, "path": path}),
    add=add_artifacts,
)
_LOGGED_MODELS = OwnerKind(
    label="logged models",
    list_endpoint=lambda model_id: Endpoint(f"{_model_path(model_id)}/artifacts/directories", {}),
    folder_parameter="artifact_directory_path",
    file_endpoint=lambda model_id, path: Endpoint(
        f"{_model_path(model_id, '/ajax-api/2.0/mlflow')}/artifacts/files",
        {"artifact_file_path": path},
    ),
    add=add_model_artifacts,
)


def read_artifacts(
    client: Client,
    facts: Facts,
    runs: list[str],
    models: list[str],
    records: Iterable[tuple[str, str]] = (),
) -> None:
    """Read the artifacts of runs and logged models, and the files among them that the options ask for.

    Args:
        client: the client of the server.
        facts: the tables to fill.
        runs: the ids of the runs.
        models: the ids of the logged models.
        records: the records of calls of other runs, as (run, path).
    """
    if client.options.artifacts == "none":
        return
    _read_owners(client, facts, runs, _RUNS, records)
    _read_owners(client, facts, models, _LOGGED_MODELS)


def _read_owners(
    client: Client,
    facts: Facts,
    owners: list[str],
    kind: OwnerKind,
    known_records: Iterable[tuple[str, str]] = (),
) -> None:
    label = f"artifacts of {kind.label}"

    partial: list[str] = []

    def list_all(owner: str) -> list[Artifact]:
        return list(_list_artifacts(client, owner, kind, partial))

    def read_file(file: tuple[str, str], max_bytes: int = environments.MAX_BYTES) -> bytes:
        path, parameters = kind.file_endpoint(*file)
        return client.transport.get_content(path, parameters, max_bytes)

    def read_record(file: tuple[str, str]) -> bytes:
        return read_file(file, call_records.MAX_BYTES)

    files: list[tuple[str, str]] = []
    records = list(known_records) if client.options.calls else []
    listings = client.read_each(owners, list_all, label)
    for done, (owner, artifacts) in enumerate(listings, start=1):
        kind.add(facts, owner, sorted(artifacts))
        if client.options.environments:
            files += [(owner, path) for path in environments.environment_paths(artifacts)]
        if client.options.calls and kind is _RUNS:
            records += [(owner, path) for path in call_records.call_record_paths(artifacts)]
        client.options.report_progress(label, done, len(owners))
    if partial:
        client.report.omissions.append(
            f"{label}: {len(partial)} were listed in part ({min(partial)})"
        )
    malformed: list[str] = []
    for (owner, path), content in client.read_each(files, read_file, "environments"):
        environments.add_environment(facts, owner, path, content, malformed)
    if malformed:
        client.report.omissions.append(
            f"environments: {len(malformed)} could not be read ({malformed[0]})"
        )
    invalid: list[str] = []
    found = client.read_each(sorted(records), read_record, "records of calls")
    call_records.add_call_records(facts, found, invalid)
    client.report.omissions += invalid


def _list_artifacts(
    client: Client, owner: str, kind: OwnerKind, partial: list[str]
) -> Iterator[Artifact]:
    """Yield all artifacts of an owner.

    The server is not trusted: an entry that does not lie in the folder that was asked for is skipped, and folders
    without end are left out with a line in ``partial``.
    """
    only_top = client.options.artifacts == "top"
    endpoint = kind.list_endpoint(owner)
    pending, visited = deque([""]), {""}
    limits: set[str] = set()
    folders = 0
    while pending:
        folder = pending.popleft()
        request = {**endpoint.parameters, kind.folder_parameter: folder or None}
        for entry in client.pages(endpoint.path, "files", request, post=False):
            path = parse_text(entry.get("path")) or ""
            parent, _, name = path.rpartition("/")
            if parent != folder or name in ("", ".", "..") or path in visited:
                continue
            visited.add(path)
            is_dir = entry.get("is_dir") is True
            yield Artifact(path, is_dir, None if is_dir else parse_integer(entry.get("file_size")))
            if not is_dir or only_top:
                continue
            if path.count("/") + 1 >= MAX_DEPTH:
                limits.add(f"folders below level {MAX_DEPTH} are not listed")
            elif folders >= MAX_FOLDERS:
                limits.add(f"more than {MAX_FOLDERS} folders")
            else:
                folders += 1
                pending.append(path)
    partial += [f"{owner}: {limit}" for limit in sorted(limits)]
