"""Exchange of documents with ProvToolbox, in both directions.

The tests compare whole documents: one that comes back equals the one that was sent, except for the known differences.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pytest

from mlflow2prov import formats, load
from mlflow2prov.errors import FormatError
from mlflow2prov.prov import KINDS, Document, Statement
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.kinds import ArgumentType
from tests.golden import HERE
from tests.interop.differences import (
    EXPORT_CHANGES,
    EXPORT_FAILURES,
    EXTENSIONS,
    IMPORT_CHANGES,
    IMPORT_FAILURES,
    affected_documents,
)
from tests.interop.normalize import with_times_in_utc, without_xml_escapes
from tests.services import provtoolbox, skip_or_fail

FORMAT_NAMES = {"ttl": "turtle"}
"""The names of formats that are not named for their extension."""

PAGE = Path(__file__).parents[2] / "docs" / "interoperability.md"


@dataclass(frozen=True)
class Exchange:
    """Documents of MLflow2PROV, their files, and the files that ProvToolbox made of those."""

    documents: dict[str, Document]
    requests: Path
    """The folder of the files that MLflow2PROV wrote, ``<name>.<extension>``."""
    replies: Path
    """The folder of the files that ProvToolbox wrote, ``<name>.<extension>.json``."""


@pytest.fixture(scope="module")
def toolbox():
    if reason := provtoolbox.missing_requirement():
        skip_or_fail(reason)
    return provtoolbox


@pytest.fixture(scope="module")
def toolbox_files(toolbox, tmp_path_factory) -> Path:
    """The documents of ProvToolbox's own tests, in each format."""
    folder = tmp_path_factory.mktemp("toolbox")
    toolbox.write_documents(folder)
    return folder


@pytest.fixture(scope="module")
def toolbox_documents(toolbox_files) -> dict[str, Document]:
    """The documents of ProvToolbox that MLflow2PROV can read as PROV-JSON."""
    documents = {path.stem: read(path) for path in sorted(toolbox_files.glob("*.json"))}
    return {name: document for name, document in documents.items() if document is not None}


@pytest.fixture(scope="module")
def exchange(toolbox, toolbox_documents, tmp_path_factory) -> Exchange:
    documents = {
        **toolbox_documents,
        "example": load(HERE / "result.json"),
        "every-kind": document_of_every_kind(),
    }
    requests, replies = (tmp_path_factory.mktemp(name) for name in ("requests", "replies"))
    for name, document in documents.items():
        for extension in EXTENSIONS:
            stream = io.BytesIO()
            try:
                formats.get(format_name(extension)).write(document, stream)
            except FormatError:
                # PROV-O cannot express every document; tests/formats/test_rdf.py tests these errors.
                continue
            (requests / f"{name}.{extension}").write_bytes(stream.getvalue())
    toolbox.convert(requests, replies)
    return Exchange(documents, requests, replies)


def format_name(extension: str) -> str:
    return FORMAT_NAMES.get(extension, extension)


def read(path: Path) -> Document | None:
    """Return the document in a file, or None if the file is missing or MLflow2PROV refuses to read it."""
    if not path.exists():
        return None
    try:
        return formats.read(
            path.read_bytes(), path.name, format_name(path.suffix.removeprefix("."))
        )
    except FormatError:
        return None


def document_of_every_kind() -> Document:
    """Return a document with a statement of every kind, each with all arguments and attributes of every datatype."""
    attributes = (
        Attribute("count", "3", "xsd:int"),
        Attribute("note", 'a "quoted" text', None, "en"),
        Attribute("prov:label", "label"),
        Attribute("prov:type", "Kind", "prov:QUALIFIED_NAME"),
        Attribute("score", "0.5", "xsd:double"),
    )
    value_of_type = {
        ArgumentType.ACTIVITY: "a",
        ArgumentType.AGENT: "g",
        ArgumentType.GENERATION: "g1",
        ArgumentType.USAGE: "u1",
        ArgumentType.TIME: "2024-01-02T03:04:05.678000+01:00",
    }
    statements = [
        Statement(
            kind.name,
            f"{kind.name}1" if kind.identified else None,
            tuple(
                value_of_type.get(argument.type, f"e{n}")
                for n, argument in enumerate(kind.arguments)
            ),
            attributes if kind.identified else (),
        )
        for kind in KINDS
        if kind.name != "mentionOf"
    ]
    return Document.from_statements(statements)


@pytest.mark.slow
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_mlflow2prov_reads_documents_of_provtoolbox(toolbox_files, toolbox_documents, extension):
    names = sorted(path.stem for path in toolbox_files.glob("*.json"))
    documents = {name: read(toolbox_files / f"{name}.{extension}") for name in names}
    failures = {name for name, document in documents.items() if document is None}
    assert failures == affected_documents(IMPORT_FAILURES, extension, names)
    changes = {
        name
        for name, original in toolbox_documents.items()
        if name not in failures
        and documents[name] != original
        and not (extension == "xml" and without_xml_escapes(documents[name]) == original)
    }
    assert changes == affected_documents(IMPORT_CHANGES, extension, toolbox_documents) - failures


@pytest.mark.slow
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_provtoolbox_reads_documents_of_mlflow2prov(exchange, extension):
    names = {path.stem for path in exchange.requests.glob(f"*.{extension}")}
    replies = {name: exchange.replies / f"{name}.{extension}.json" for name in names}
    failures = {name for name, reply in replies.items() if not reply.exists()}
    assert failures == affected_documents(EXPORT_FAILURES, extension, names)
    changes = {
        name
        for name in names - failures
        if with_times_in_utc(formats.read(replies[name].read_bytes()))
        != with_times_in_utc(exchange.documents[name])
    }
    assert changes == affected_documents(EXPORT_CHANGES, extension, names) - failures


def test_the_page_explains_every_difference():
    page = PAGE.read_text(encoding="utf-8")
    for difference in (*IMPORT_FAILURES, *IMPORT_CHANGES, *EXPORT_FAILURES, *EXPORT_CHANGES):
        assert f"**{difference.name}**" in page
