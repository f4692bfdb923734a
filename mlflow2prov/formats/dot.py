"""DOT, in the layout conventions of the PROV family: a picture of the graph.

Entities are yellow ellipses, activities blue boxes, agents orange houses (W3C PROV Graph Layout
Conventions); arrows go from effect to cause. A node shows what a person reads, its label and type,
and its identifier as a tooltip.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov.database import text
from mlflow2prov.document import Document
from mlflow2prov.document.kinds import Kind, Refers
from mlflow2prov.formats.format import Format
from mlflow2prov.formats.streaming import json_text, write_text

_LONGEST_LABEL = 40

_STYLES = {
    "entity": 'shape=ellipse fillcolor="#FFFC87" color="#808080"',
    "activity": 'shape=box fillcolor="#9FB1FC" color="#0000FF"',
    "agent": 'shape=house fillcolor="#FED37F" color="#808080"',
}
_EDGES = {
    "wasGeneratedBy": "darkgreen",
    "used": "red4",
    "wasDerivedFrom": "black",
    "wasAttributedTo": "#B8860B",
    "wasAssociatedWith": "#B8860B",
    "actedOnBehalfOf": "#B8860B",
    "wasInvalidatedBy": "red",
    "wasInformedBy": "#0000CD",
    "wasStartedBy": "#0000CD",
    "wasEndedBy": "#0000CD",
}
_HEAD = """digraph provenance {
  graph [rankdir="BT" charset="UTF-8" fontname="Helvetica" ranksep=0.6 nodesep=0.3]
  node [style="filled" fontname="Helvetica" fontsize=11 shape=ellipse fillcolor="#F4F4F4" color="#808080"]
  edge [fontname="Helvetica" fontsize=9 arrowsize=0.7]
"""


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as DOT; a bundle is a cluster."""
    stream.write(_HEAD.encode())
    _write_graph(document, "", "  ", stream)
    for number, bundle in enumerate(document.bundles()):
        title = json_text(bundle).replace("\\", "\\\\")[1:-1].replace('"', '\\"')
        stream.write(f'  subgraph "cluster_{number}" {{\n    label="{title}"\n'.encode())
        _write_graph(document, bundle, "    ", stream)
        stream.write(b"  }\n")
    stream.write(b"}\n")


def _write_graph(document: Document, bundle: str, indent: str, stream: BinaryIO) -> None:
    for kind in document.kinds(bundle):
        query = _nodes if kind.element else _edges
        write_text(query(kind, bundle, document.rows_of(kind, bundle), indent), stream)


def _node(name: str, bundle: str) -> str:
    """Return the SQL for a node's identifier: a bundle's nodes are its own."""
    scope = f"{text(bundle)} || ' ' || " if bundle else ""
    return _quoted(f"{scope}{name}")


def _nodes(kind: Kind, bundle: str, rows: str, indent: str) -> str:
    first = (
        "list_extract(list_transform(list_filter(attributes, lambda a: {}), lambda a: a.value), 1)"
    )
    label = first.format("a.key = 'prov:label'")
    own_type = first.format("a.key = 'prov:type' AND NOT starts_with(a.value, 'prov:')")
    shown = f"coalesce({label}, id)"
    short = (
        f"CASE WHEN length({shown}) > {_LONGEST_LABEL} "
        f"THEN left({shown}, {_LONGEST_LABEL - 1}) || '\u2026' ELSE {shown} END"
    )
    titled = f"coalesce({own_type} || chr(10), '') || {short}"
    return (
        f"SELECT '{indent}' || {_node('id', bundle)} || ' [{_STYLES[kind.name]} label=' || "
        f"{_quoted(titled)} || ' tooltip=' || {_quoted('id')} || ']\n' "
        f"FROM ({rows})"
    )


def _edges(kind: Kind, bundle: str, rows: str, indent: str) -> str:
    first, *others = (a for a in kind.arguments if a.refers is not Refers.TIME)
    # To the first cause that is given: what started an activity may be known by its starter only.
    cause = f"coalesce({', '.join(kind.column(argument.name) for argument in others)})"
    roles = (
        "array_to_string(list_transform(list_filter(attributes, lambda a: a.key = 'prov:role'), "
        "lambda a: a.value), ', ')"
    )
    label = f"'{kind.name}' || coalesce(chr(10) || nullif({roles}, ''), '')"
    return (
        f"SELECT '{indent}' || {_node(kind.column(first.name), bundle)} || ' -> ' || "
        f'{_node(cause, bundle)} || \' [color="{_EDGES.get(kind.name, "gray40")}" '
        f"label=' || {_quoted(label)} || ']\n' FROM ({rows}) WHERE {cause} IS NOT NULL"
    )


def _quoted(value: str) -> str:
    """Return the SQL for a DOT string; control characters, which it cannot hold, are left out."""
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    lines = f"replace({escaped}, chr(10), '\\n')"
    return f"'\"' || regexp_replace({lines}, '[\\x00-\\x1F\\x7F]', ' ', 'g') || '\"'"


FORMATS = {"dot": Format("dot", ".dot", "DOT", write)}
