"""The questions of an audit asked of a large document: validation, lineage, difference, report."""

from __future__ import annotations

from benchmarks.measuring import call, row
from mlflow2prov.graph.lineage import lineage
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.difference import difference
from mlflow2prov.prov.merge import merge
from mlflow2prov.prov.unify import unify
from mlflow2prov.prov.validation import validate
from mlflow2prov.render.report import report

_VERSIONS = 200
_PREFIXES = {"": "https://w3id.org/mlflow2prov/"}
_DAY = "'2024-01-01T00:00:00+00:00'"


def measure(statements: int, repeat: int) -> None:
    """Print a line for each, against copying and uniting the same document's statements once."""
    document = chain(statements)
    floor = call(lambda: merge(document), repeat)
    row(f"merge of {len(document):,} statements: the floor", floor, floor)
    last = f"Revision.{statements // 4 - 1}"
    row("validate", call(lambda: validate(document), repeat), floor)
    row(
        "lineage of the last revision, with its history",
        call(lambda: lineage(document, last, history="all"), repeat),
        floor,
    )
    copy = merge(document)
    row("diff against an equal copy", call(lambda: difference(document, copy), repeat), floor)
    registry = registered(_VERSIONS)
    opened = call(lambda: report(registry), repeat)
    row(f"report of {_VERSIONS} versions", opened, floor)


def chain(statements: int) -> Document:
    """Return a history in one line: commits that each generate a revision, which derives from the one before."""
    count = statements // 4
    document = Document.from_statements([], _PREFIXES)
    made = f"FROM range({count}) r(i)"
    fill = document.insert
    fill(KIND["entity"], f"SELECT '', 'Revision.' || i, {_types('FileRevision')} {made}")
    fill(KIND["activity"], f"SELECT '', 'Commit.' || i, {_DAY}, {_DAY}, {_types('Commit')} {made}")
    fill(
        KIND["wasGeneratedBy"],
        f"SELECT '', NULL, 'Revision.' || i, 'Commit.' || i, {_DAY}, [] {made}",
    )
    fill(
        KIND["wasDerivedFrom"],
        f"SELECT '', NULL, 'Revision.' || i, 'Revision.' || (i - 1), 'Commit.' || i, NULL, NULL, [] {made} WHERE i > 0",
    )
    unify(document)
    return document


def registered(versions: int) -> Document:
    """Return a registry: a model with so many versions, each of a run of its own with ten metrics."""
    document = Document.from_statements([], _PREFIXES)
    made = f"FROM range({versions}) r(i)"

    def about(**attributes: str) -> str:
        pairs = ", ".join(_pair(key, value, "NULL") for key, value in attributes.items())
        return f"[{_pair('prov:type', 'type_', _QUALIFIED)}, {pairs}]"

    def entities(kind: str, identifier: str, rows: str = made, /, **attributes: str) -> None:
        typed = about(**attributes).replace("type_", f"'{kind}'")
        document.tables.insert(KIND["entity"], f"SELECT '', {identifier}, {typed} {rows}")

    def related(kind: str, *arguments: str, rows: str = made) -> None:
        nothing = ["NULL"] * (len(KIND[kind].arguments) - len(arguments))
        columns = ", ".join([*arguments, *nothing])
        document.tables.insert(KIND[kind], f"SELECT '', NULL, {columns}, [] {rows}")

    each = f"FROM range({versions}) r(i), range(10) s(k)"
    entities("RegisteredModel", "'Model'", "", name="'fraud'")
    entities(
        "RegisteredModelVersion", "'Version.' || i",
        name="'fraud'", version="i::VARCHAR", uri="'models:/fraud/' || i",
    )  # fmt: skip
    entities("LoggedModel", "'LoggedModel.' || i", uri="'models:/m-' || i")
    entities("Run", "'Run.' || i", name="'fit ' || i", uri="'runs:/' || i")
    entities(
        "Metric", "'Metric.' || i || '.' || k", each, name="'m' || k", value="(i * k % 97)::VARCHAR"
    )
    for thing in ("Run", "Version"):
        document.tables.insert(
            KIND["activity"],
            f"SELECT '', 'Creation.{thing}.' || i, {_DAY}, {_DAY}, {_types('Creation')} {made}",
        )
        related("wasGeneratedBy", f"'{thing}.' || i", f"'Creation.{thing}.' || i", _DAY)
    related("wasGeneratedBy", "'LoggedModel.' || i", "'Creation.Run.' || i", _DAY)
    related("wasDerivedFrom", "'Version.' || i", "'LoggedModel.' || i", "'Creation.Version.' || i")
    related("specializationOf", "'Version.' || i", "'Model'")
    related("hadMember", "'Run.' || i", "'Metric.' || i || '.' || k", rows=each)
    unify(document)
    return document


_QUALIFIED = "'prov:QUALIFIED_NAME'"


def _pair(key: str, value: str, datatype: str) -> str:
    return f"{{'key': '{key}', 'value': {value}, 'type': {datatype}, 'lang': NULL}}"


def _types(kind: str) -> str:
    pair = _pair("prov:type", f"'{kind}'", _QUALIFIED)
    return f"[{pair}]"
