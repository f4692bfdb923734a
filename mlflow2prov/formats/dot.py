"""DOT, the input of Graphviz: a picture of the graph in the layout conventions of the PROV family.

Entities are yellow ellipses, activities blue boxes, agents orange houses (W3C PROV Graph Layout Conventions). Arrows go
from effect to cause. A node shows its label and type, which people read, and its identifier as a tooltip. A relation
of three goes through a point. The activity of a derivation has arrows of its own, so the derivation does not show it.
An inferred relation is dashed.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov.engine import Sql, literal
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.picture import THIRD_ARGUMENTS, arrows, elements
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind

_STYLES = {
    "entity": 'shape=ellipse fillcolor="#FFFC87" color="#808080"',
    "activity": 'shape=box fillcolor="#9FB1FC" color="#0000FF"',
    "agent": 'shape=house fillcolor="#FED37F" color="#808080"',
}
_COLOURS = {
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
  graph [rankdir="BT" charset="UTF-8" fontname="Helvetica" ranksep=0.5 nodesep=0.3]
  node [style="filled" fontname="Helvetica" fontsize=11 shape=ellipse fillcolor="#F4F4F4" color="#808080"]
  edge [fontname="Helvetica" fontsize=9 fontcolor="#333333" arrowsize=0.7]
"""


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as DOT. A bundle becomes a cluster."""
    stream.write(_HEAD.encode())
    _write_graph(document, "", "  ", stream)
    for number, bundle in enumerate(document.bundles()):
        title = json_text(bundle).replace("\\", "\\\\")[1:-1].replace('"', '\\"')
        stream.write(f'  subgraph "cluster_{number}" {{\n    label="{title}"\n'.encode())
        _write_graph(document, bundle, "    ", stream)
        stream.write(b"  }\n")
    stream.write(b"}\n")


def _write_graph(document: Document, bundle: str, indent: str, stream: BinaryIO) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        queries = _nodes if kind.element else _edges
        for query in queries(kind, bundle, rows, indent):
            write_text(query, stream, is_short=document.tables.is_small(kind))


def _nodes(kind: Kind, bundle: str, rows: Sql, indent: str) -> list[Sql]:
    """Return the query for nodes: the title, and the type below it."""
    title, type_, name = Sql("title"), Sql("type"), Sql("id")
    second_line = (
        "CASE WHEN type IS NOT NULL THEN concat("
        f"'<br/><font point-size=\"9\" color=\"#444444\">', {_html(type_)}, '</font>') END"
    )
    return [
        Sql(
            f"""
            SELECT concat(
                '{indent}', {_node(name, bundle)},
                ' [{_STYLES[kind.name]} label=<', {_html(title)}, {second_line}, '>',
                ' tooltip=', {_quoted(name)}, ']\n'
            )
            FROM ({elements(rows)})
            """
        )
    ]


def _edges(kind: Kind, bundle: str, rows: Sql, indent: str) -> list[Sql]:
    """Return the queries for edges: those to one cause, then those that go through a point."""
    effect, cause, third = Sql("effect"), Sql("cause"), Sql("third")
    style = f'color="{_colour(kind)}"'
    dashes = "CASE WHEN is_inferred THEN ' style=dashed' END"
    one_cause = (
        f"SELECT concat('{indent}', {_node(effect, bundle)}, ' -> ', {_node(cause, bundle)}, "
        f"' [{style}', {dashes}, ' label=', {_edge_label(kind)}, ']\n') "
        f"FROM ({arrows(kind, rows)}) WHERE third IS NULL"
    )
    third_argument = THIRD_ARGUMENTS.get(kind.name)
    if third_argument is None:
        return [Sql(one_cause)]
    point = literal(f"point {bundle} {kind.name} ").replace('"', "")
    point_name = _quoted(Sql(f"concat({point}, row_number() OVER ())"))
    to_third = f'{style} style=dashed label="{third_argument}"'
    through_point = f"""
        WITH statements AS (
            SELECT *, {point_name} AS point
            FROM ({arrows(kind, rows)})
            WHERE third IS NOT NULL
        )
        SELECT concat(
            '{indent}', point, ' [shape=point width=0.06 fillcolor="{_colour(kind)}" {style}]\n',
            '{indent}', {_node(effect, bundle)}, ' -> ', point, ' [{style} arrowhead=none]\n',
            '{indent}', point, ' -> ', {_node(cause, bundle)},
            ' [{style} label=', {_edge_label(kind)}, ']\n',
            '{indent}', point, ' -> ', {_node(third, bundle)}, ' [{to_third}]\n'
        )
        FROM statements
    """
    return [Sql(one_cause), Sql(through_point)]


def _colour(kind: Kind) -> str:
    return _COLOURS.get(kind.name, "gray40")


def _edge_label(kind: Kind) -> Sql:
    """Return the quoted label of an edge: the kind, and the roles below it."""
    return _quoted(Sql(f"concat(' {kind.name}', chr(10) || ' ' || roles)"))


def _node(name: Sql, bundle: str) -> Sql:
    """Return the quoted identifier of a node, which differs between bundles."""
    return _quoted(Sql(f"concat({literal(f'{bundle} ')}, {name})") if bundle else name)


def _html(text: Sql) -> Sql:
    """Return a text as one line of a label in Graphviz's HTML."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = Sql(f"replace({text}, '{character}', '{entity}')")
    return _printable(text)


def _quoted(text: Sql) -> Sql:
    """Return a DOT string, without the control characters that it cannot contain."""
    escaped = f"replace(replace({text}, '\\', '\\\\'), '\"', '\\\"')"
    lines = Sql(f"replace({escaped}, chr(10), '\\n')")
    return Sql(f"concat('\"', {_printable(lines)}, '\"')")


def _printable(text: Sql) -> Sql:
    return Sql(f"regexp_replace({text}, '[\\x00-\\x1F\\x7F\\x{{FFFE}}\\x{{FFFF}}]', ' ', 'g')")


FORMATS = (Format("dot", ".dot", "DOT", write),)
