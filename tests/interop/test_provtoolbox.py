"""What we write, ProvToolbox reads, and what it writes of its own tests' documents, we read.

Both compare whole documents: what comes back is what was sent, but for the differences that are named.
"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mlflow2prov import formats, load
from mlflow2prov.errors import FormatError
from mlflow2prov.prov import KINDS, Document, Statement
from mlflow2prov.prov.attributes import Attribute
from mlflow2prov.prov.kinds import ArgumentType
from tests.golden import HERE
from tests.interop.differences import ALL, OURS, OURS_REFUSED, THEIRS, THEIRS_REFUSED, named
from tests.interop.reading import at_instants, without_their_escapes
from tests.services import is_missing, provtoolbox

NAMES = {"ttl": "turtle"}
"""What we call a format, where that is not its extension."""

PAGE = Path(__file__).parents[2] / "docs" / "interoperability.md"


@pytest.fixture(scope="module")
def toolbox():
    if what := provtoolbox.missing():
        is_missing(what)
    return provtoolbox


@pytest.fixture(scope="module")
def theirs(toolbox, tmp_path_factory) -> Path:
    """The documents of ProvToolbox's tests, in each format."""
    folder = tmp_path_factory.mktemp("theirs")
    toolbox.write_documents(folder)
    return folder


@pytest.fixture(scope="module")
def documents(theirs) -> dict[str, Document]:
    """Those that we read, from PROV-JSON, which our own reader reads."""
    read = {path.stem: reading(path) for path in sorted(theirs.glob("*.json"))}
    return {name: document for name, document in read.items() if document is not None}


@pytest.fixture(scope="module")
def returned(toolbox, documents, tmp_path_factory) -> tuple[dict[str, Document], Path, Path]:
    """What we wrote, and what ProvToolbox made of it."""
    sent, back = (tmp_path_factory.mktemp(name) for name in ("sent", "back"))
    ours = {
        **documents,
        "example": load(HERE / "result.json"),
        "every-kind": every_kind(),
    }
    for name, document in ours.items():
        for extension in ALL:
            stream = io.BytesIO()
            try:
                formats.get(NAMES.get(extension, extension)).write(document, stream)
            except (
                FormatError
            ):  # PROV-O has no words for it, and says so: tests/formats/test_rdf.py
                continue
            (sent / f"{name}.{extension}").write_bytes(stream.getvalue())
    toolbox.convert(sent, back)
    return ours, sent, back


def reading(path: Path) -> Document | None:
    extension = path.suffix.removeprefix(".")
    try:
        return formats.read(path.read_bytes(), path.name, NAMES.get(extension, extension))
    except FormatError:
        return None


def every_kind() -> Document:
    """Every kind of statement with all its arguments, and an attribute of each sort."""
    attributes = (
        Attribute("count", "3", "xsd:int"),
        Attribute("note", 'a "quoted" text', None, "en"),
        Attribute("prov:label", "label"),
        Attribute("prov:type", "Kind", "prov:QUALIFIED_NAME"),
        Attribute("score", "0.5", "xsd:double"),
    )
    of = {
        ArgumentType.ACTIVITY: "a",
        ArgumentType.AGENT: "g",
        ArgumentType.GENERATION: "g1",
        ArgumentType.USAGE: "u1",
    }
    of |= {ArgumentType.TIME: "2024-01-02T03:04:05.678000+01:00"}
    statements = []
    for kind in KINDS:
        if kind.name == "mentionOf":
            continue
        arguments = tuple(
            of.get(argument.type, f"e{n}") for n, argument in enumerate(kind.arguments)
        )
        identifier = f"{kind.name}1" if kind.identified else None
        said = attributes if kind.identified else ()
        statements.append(Statement(kind.name, identifier, arguments, said))
    return Document.from_statements(statements)


@pytest.mark.parametrize("extension", ALL)
def test_we_read_what_provtoolbox_writes(theirs, documents, extension):
    names = sorted(path.stem for path in theirs.glob("*.json"))
    read = {
        name: reading(theirs / f"{name}.{extension}")
        for name in names
        if (theirs / f"{name}.{extension}").exists()
    }
    refused = {name for name in names if read.get(name) is None}
    assert refused == named(THEIRS_REFUSED, extension, names)
    others = {
        name
        for name, document in documents.items()
        if name not in refused
        and read[name] != document
        and not (extension == "xml" and without_their_escapes(read[name]) == document)
    }
    assert others == named(THEIRS, extension, documents) - refused


@pytest.mark.parametrize("extension", ALL)
def test_provtoolbox_reads_what_we_write(returned, extension):
    ours, sent, back = returned
    names = {path.stem for path in sent.glob(f"*.{extension}")}
    refused = {name for name in names if not (back / f"{name}.{extension}.json").exists()}
    assert refused == named(OURS_REFUSED, extension, names)
    others = {
        name
        for name in names - refused
        if at_instants(formats.read((back / f"{name}.{extension}.json").read_bytes()))
        != at_instants(ours[name])
    }
    assert others == named(OURS, extension, names) - refused


def test_the_page_explains_every_difference():
    page = PAGE.read_text()
    for difference in (*THEIRS, *THEIRS_REFUSED, *OURS, *OURS_REFUSED):
        assert f"**{difference.name}**" in page
