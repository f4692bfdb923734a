"""A server's artifacts, listed by its API; the files of a model's environment, read by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import environments
from mlflow2prov.sources.mlflow.rest.client import Json, objects
from mlflow2prov.sources.mlflow.rest.requests import API, Server
from mlflow2prov.sources.mlflow.values import (
    Entry,
    add_artifacts,
    add_model_artifacts,
    integer,
    text,
)

_DEEPEST = 64

_Listed = Iterator[tuple[str, list[Entry]]]


def read_artifacts(server: Server, runs: list[str], models: list[str]) -> None:
    """List the artifacts of runs and logged models, as deep as is wished for."""
    deepest = {"none": 0, "top": 1, "all": _DEEPEST}[server.wishes.artifacts]
    if not deepest:
        return

    def of_run(run: str) -> list[Entry]:
        return list(_tree(server, f"{API}/artifacts/list", {"run_id": run}, "path", deepest))

    def of_model(model: str) -> list[Entry]:
        path = f"{_of_model(model)}/artifacts/directories"
        return list(_tree(server, path, {}, "artifact_directory_path", deepest))

    _take(server, runs, of_run, add_artifacts, "runs", _run_file)
    _take(server, models, of_model, add_model_artifacts, "logged models", _model_file)


def _of_model(model: str, api: str = API) -> str:
    return f"{api}/logged-models/{quote(model, safe='')}"


def _run_file(run: str, path: str) -> tuple[str, Json]:
    return "/get-artifact", {"run_id": run, "path": path}


def _model_file(model: str, path: str) -> tuple[str, Json]:
    files = f"{_of_model(model, '/ajax-api/2.0/mlflow')}/artifacts/files"
    return files, {"artifact_file_path": path}


def _take(
    server: Server,
    owners: list[str],
    listing: Callable[[str], list[Entry]],
    add: Callable[[Facts, str, Iterable[Entry]], None],
    what: str,
    file: Callable[[str, str], tuple[str, Json]],
) -> None:
    wanted: list[tuple[str, str]] = []
    for done, (owner, entries) in enumerate(server.ask(owners, listing, f"artifacts of {what}")):
        add(server.facts, owner, sorted(entries))
        if server.wishes.environments:
            wanted += [(owner, path) for path in environments.files(entries)]
        server.wishes.report(f"artifacts of {what}", done + 1, len(owners))

    def content(asked: tuple[str, str]) -> bytes:
        return server.client.content(*file(*asked), environments.LARGEST)

    for (owner, path), found in server.ask(wanted, content, "environments"):
        environments.add(server.facts, owner, path, found)


def _tree(
    server: Server, path: str, owner: Json, folder_parameter: str, deepest: int
) -> Iterator[Entry]:
    """List the folders below a root; an entry that is not where it says is left out."""
    folders, seen = [""], {""}
    while folders:
        folder = folders.pop(0)
        token: str | None = None
        while True:
            asked = {**owner, folder_parameter: folder or None, "page_token": token}
            answer = server.client.get(path, asked)
            for file in objects(answer.get("files")):
                entry = text(file.get("path")) or ""
                parent, _, name = entry.rpartition("/")
                if parent != folder or name in ("", ".", "..") or entry in seen:
                    continue
                seen.add(entry)
                is_dir = file.get("is_dir") is True
                if is_dir and entry.count("/") + 1 < deepest:
                    folders.append(entry)
                yield entry, is_dir, None if is_dir else integer(file.get("file_size"))
            following = answer.get("next_page_token")
            if not isinstance(following, str) or not following or following == token:
                break
            token = following
