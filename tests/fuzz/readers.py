"""The readers, each with its corpus."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple
from unittest.mock import patch

import duckdb
import httpx

from mlflow2prov import formats
from mlflow2prov.analysis.waivers import read_waivers
from mlflow2prov.cli.config_file import read_configuration
from mlflow2prov.facts import Facts
from mlflow2prov.people.aliases import read_aliases
from mlflow2prov.people.mentions import mentions
from mlflow2prov.secrets import mask_secrets, urls_without_credentials
from mlflow2prov.sources.capture.records import CallRecords
from mlflow2prov.sources.git import notebooks
from mlflow2prov.sources.git.log_parser import Layout, LogParser
from mlflow2prov.sources.mlflow import environments
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.rest.transport import Transport
from mlflow2prov.sources.mlflow.store import TrackingStore
from mlflow2prov.yaml_file import YamlError, load_yaml
from tests.fuzz.mutations import Input

CORPUS = Path(__file__).parent / "corpus"

_OPTIONS = ReadOptions(environments=True, metric_history=True, traces=True, workers=1)


class Reader(NamedTuple):
    """A reader of the package.

    Attributes:
        read: reads an input.
        corpora: the folders of its corpus.
        share: its share of the inputs of a campaign, which depends on the time that it takes for one.
        max_cpu_seconds: the processor time that one input may take.
        max_bytes: the memory that one input may take.
    """

    read: Callable[[Input], object]
    corpora: tuple[str, ...]
    share: float = 1.0
    max_cpu_seconds: float = 20.0
    max_bytes: int = 1 << 29

    def seeds(self) -> dict[str, bytes]:
        """Return the files of the corpus by their names."""
        return {
            name: content for corpus in self.corpora for name, content in _files(corpus).items()
        }


@cache
def _files(corpus: str) -> Mapping[str, bytes]:
    folder = CORPUS / corpus
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {
        name: _database(content) if name.endswith(".sql") else content
        for name, content in files.items()
    }


def _database(sql: bytes) -> bytes:
    """Return the file of a database, with small pages so that changes meet its structure."""
    connection = sqlite3.connect(":memory:")
    connection.execute("PRAGMA page_size = 512")
    connection.executescript(sql.decode())
    return connection.serialize()


@cache
def _scratch() -> Path:
    """Return a folder for the files of this process. The campaign deletes it."""
    return Path(mkdtemp())


def _written(entry: Input) -> Path:
    path = _scratch() / Path(entry.name).name
    path.write_bytes(entry.content)
    return path


def _read_document(format: formats.ReadableFormat | None, entry: Input) -> None:  # noqa: A002
    for _ in formats.read(entry.content, entry.name, format).statements():
        pass


def _read_yaml(entry: Input) -> None:
    with suppress(YamlError):
        load_yaml(entry.content.decode("utf-8", "replace"))


def _read_environment(entry: Input) -> None:
    with suppress(YamlError):
        list(environments.parse_packages(entry.name, entry.content))


def _read_message(entry: Input) -> None:
    """Look for people, as pseudonyms require, and for credentials."""
    text = entry.content.decode("utf-8", "replace")
    list(mentions(text))
    mask_secrets(text)
    urls_without_credentials(text)


_COMMITS = (
    "29fa846435d3fef811b603092dc78fd29cec8f71",
    "1bfe3bacbc85ad420fd25207714dcaea42ed2ebb",
    "bbeb7ae6363360b38970b2aa7bdcd88626668841",
    "16970c2de3a9cb26ac5ae0fd5c374840dac2dd98",
    "09b3162c4f47f456f2dff6e491830d3ec244dbb0",
)


@cache
def _facts() -> Facts:
    return Facts()


def _read_log(entry: Input) -> None:
    facts = _facts()
    layout = Layout(40, has_all_paths=entry.name == "renames.log")
    try:
        parser = LogParser(facts, layout, set(), [*enumerate(_COMMITS)])
        parser.feed(entry.content)
        parser.close()
    finally:
        facts.discard(("commits", "parents", "coauthors", "changes"))


def _read_file_store(entry: Input) -> None:
    """Read a file store in which one file has other content."""
    store = _scratch() / "mlruns"
    for name, content in _files("filestore").items():
        path = store / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    file = store / entry.name
    file.write_bytes(entry.content)
    try:
        TrackingStore(str(store), _OPTIONS).read(Facts())
    finally:
        file.unlink()


def _read_database(entry: Input) -> None:
    TrackingStore(f"sqlite:///{_written(entry)}", _OPTIONS).read(Facts())


_CALL_TABLES = (
    "calls",
    "call_arguments",
    "call_argument_artifacts",
    "call_results",
    "environment_packages",
)


def _read_calls(entry: Input) -> None:
    """Read a file or a database of calls. Nothing else is in its folder."""
    folder = _scratch() / "calls"
    folder.mkdir(exist_ok=True)
    file = folder / Path(entry.name).name.replace(".sql", ".db")
    file.write_bytes(entry.content)
    try:
        _read_call_records(folder)
        _read_call_records(file)
    finally:
        file.unlink()


def _read_call_records(path: Path) -> None:
    facts = _facts()
    try:
        CallRecords(str(path)).read(facts)
    finally:
        facts.discard(_CALL_TABLES)


def _read_pipelines(entry: Input) -> None:
    """Read a database of pipelines in which one table has other values, of any type."""
    file = _scratch() / "store.db"
    tables = dict(_files("pipelines")) | {entry.name: entry.content}
    with suppress(FileNotFoundError):
        file.unlink()
    with duckdb.connect(str(file)) as connection:
        for name, content in tables.items():
            table = _scratch() / name
            table.write_bytes(content)
            try:
                connection.execute(
                    f"CREATE TABLE {Path(name).stem} AS FROM read_json('{table}', maximum_object_size = 1000000)"
                )
            except (duckdb.Error, UnicodeDecodeError):
                return  # not a table
    _read_call_records(file)


def _read_server(entry: Input) -> None:
    """Read a server that answers one kind of request with other content."""

    def respond(_: Transport, method: str, url: str, *__: int, **___: object) -> httpx.Response:
        endpoint = httpx.URL(url).path.rpartition("mlflow/")[2].replace("/", "_").replace("-", "_")
        name = f"{endpoint}.json"
        content = entry.content if name == entry.name else _files("server").get(name, b"{}")
        return httpx.Response(200, content=content, request=httpx.Request(method, url))

    with patch.object(Transport, "_request", respond):
        TrackingStore("http://127.0.0.1:9", _OPTIONS).read(Facts())


_SLOW, _FAST = 0.1, 10.0

READERS: dict[str, Reader] = {
    **{name: Reader(partial(_read_document, name), (name,)) for name in formats.READABLE},
    "any format": Reader(partial(_read_document, None), formats.READABLE),
    "yaml": Reader(_read_yaml, ("yaml", "configuration", "aliases", "environments"), _FAST),
    "configuration": Reader(
        lambda entry: read_configuration(_written(entry)), ("configuration",), _FAST
    ),
    "waivers": Reader(lambda entry: read_waivers(str(_written(entry))), ("waivers",), _FAST),
    "aliases": Reader(lambda entry: read_aliases(_written(entry)), ("aliases",), _FAST),
    "environments": Reader(_read_environment, ("environments",), _FAST),
    "notebooks": Reader(lambda entry: notebooks._code(entry.content), ("notebooks",)),
    "messages": Reader(_read_message, ("messages",)),
    "git log": Reader(_read_log, ("gitlog",)),
    "file store": Reader(_read_file_store, ("filestore",), _SLOW),
    "database": Reader(_read_database, ("sqlite",), _SLOW),
    "call files": Reader(_read_calls, ("callfiles",), _SLOW),
    "call database": Reader(_read_calls, ("calls",), _SLOW),
    "pipelines": Reader(_read_pipelines, ("pipelines",), _SLOW),
    "server": Reader(_read_server, ("server",), _SLOW),
}
