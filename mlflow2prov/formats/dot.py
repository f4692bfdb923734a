"""DOT, in the layout conventions of the PROV family: a picture of the graph.

Entities are yellow ellipses, activities blue boxes, agents orange houses (W3C PROV Graph Layout
Conventions); arrows go from effect to cause. A node shows what a person reads, its label and type,
and its identifier as a tooltip. A relation of three goes through a point; what a derivation says
of the activity behind it is left to the arrows of that activity.
"""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov.engine import literal
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.text_stream import json_text, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ArgumentType, Kind

_LONGEST_LABEL = 40
_LONGEST_VALUE = 20

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
_THIRDS = {
    "wasAssociatedWith": "plan",
    "wasStartedBy": "starter",
    "wasEndedBy": "ender",
    "actedOnBehalfOf": "activity",
    "mentionOf": "bundle",
}
"""The argument, besides effect and cause, that an arrow of its own leads to."""

_HEAD = """digraph provenance {
  graph [rankdir="BT" charset="UTF-8" fontname="Helvetica" ranksep=0.5 nodesep=0.3]
  node [style="filled" fontname="Helvetica" fontsize=11 shape=ellipse fillcolor="#F4F4F4" color="#808080"]
  edge [fontname="Helvetica" fontsize=9 fontcolor="#333333" arrowsize=0.7]
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
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        for query in (
            [_nodes(kind, bundle, rows, indent)]
            if kind.element
            else _edges(kind, bundle, rows, indent)
        ):
            write_text(query, stream)


def _node(name: str, bundle: str) -> str:
    """Return the SQL for a node's identifier: a bundle's nodes are its own."""
    return _quoted(f"concat({literal(bundle + ' ')}, {name})" if bundle else name)


def _nodes(kind: Kind, bundle: str, rows: str, indent: str) -> str:
    """Return the query for nodes: a label, with its value if it has one, and the type below."""
    label = f"coalesce({_first('prov:label')}, {_first('name')}, {_first('title')})"
    value = f"' = ' || {_short(_first('value'), _LONGEST_VALUE)}"
    own_type = _first("prov:type", "NOT starts_with(a.value, 'prov:')")
    columns = f"id, {label} AS label, {value} AS value, {own_type} AS type"
    shown = f"concat({_short('label', _LONGEST_LABEL)}, value)"
    visible = "'[^\\s\\x00-\\x1F\\x7F]'"
    named = f"CASE WHEN regexp_matches(label, {visible}) THEN {shown} ELSE {_short('id', _LONGEST_LABEL)} END"
    below = (
        f"CASE WHEN regexp_matches(type, {visible}) THEN concat("
        f"'<br/><font point-size=\"9\" color=\"#444444\">', {_html('type')}, '</font>') END"
    )
    return (
        f"SELECT concat('{indent}', {_node('id', bundle)}, ' [{_STYLES[kind.name]} label=<', "
        f"{_html(named)}, {below}, '> tooltip=', {_quoted('id')}, ']\n') "
        f"FROM (SELECT {columns} FROM ({rows}))"
    )


def _first(key: str, condition: str = "true") -> str:
    """Return the SQL for the first value of an attribute."""
    found = f"list_filter(attributes, lambda a: a.key = {literal(key)} AND {condition})"
    return f"{found}[1].value"


def _edges(kind: Kind, bundle: str, rows: str, indent: str) -> list[str]:
    first, *others = (a for a in kind.arguments if a.type is not ArgumentType.TIME)
    effect = _node(kind.column(first.name), bundle)
    # To the first cause that is given: what started an activity may be known by its starter only.
    cause = f"coalesce({', '.join(kind.column(argument.name) for argument in others)})"
    colour = _EDGES.get(kind.name, "gray40")
    style = f'color="{colour}"'
    roles = (
        "array_to_string(list_transform(list_filter(attributes, lambda a: a.key = 'prov:role'), "
        "lambda a: a.value), ', ')"
    )
    label = _quoted(f"concat(' {kind.name}', chr(10) || ' ' || nullif({roles}, ''))")
    simple = (
        f"SELECT concat('{indent}', {effect}, ' -> ', {_node(cause, bundle)}, ' [{style} label=', "
        f"{label}, ']\n') FROM ({rows}) WHERE {cause} IS NOT NULL"
    )
    third = _THIRDS.get(kind.name)
    if third is None:
        return [simple]
    second, other = kind.column(others[0].name), kind.column(third)
    is_of_three = f"{second} IS NOT NULL AND {other} IS NOT NULL"
    point = literal(f"point {bundle} {kind.name} ").replace('"', "")
    lines = [
        f"'{indent}', point, ' [shape=point width=0.06 fillcolor=\"{colour}\" {style}]\n'",
        f"'{indent}', {effect}, ' -> ', point, ' [{style} arrowhead=none]\n'",
        f"'{indent}', point, ' -> ', {_node(second, bundle)}, ' [{style} label=', {label}, ']\n'",
        f"'{indent}', point, ' -> ', {_node(other, bundle)}, ' [{style} style=dashed label=\"{third}\"]\n'",
    ]
    numbered = (
        f"SELECT *, {_quoted(f'concat({point}, row_number() OVER ())')} AS point "
        f"FROM ({rows}) WHERE {is_of_three}"
    )
    return [
        f"{simple} AND NOT ({is_of_three})",
        f"SELECT concat({', '.join(lines)}) FROM ({numbered})",
    ]


def _short(value: str, longest: int) -> str:
    """Return the SQL for a text of at most ``longest`` characters."""
    cut = f"concat(left({value}, {longest - 1}), '\u2026')"
    return f"CASE WHEN length({value}) > {longest} THEN {cut} ELSE {value} END"


def _html(value: str) -> str:
    """Return the SQL for a text within a label in Graphviz's HTML, one line of it."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        value = f"replace({value}, '{character}', '{entity}')"
    return _printable(value)


def _quoted(value: str) -> str:
    """Return the SQL for a DOT string; control characters, which it cannot hold, are left out."""
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    lines = f"replace({escaped}, chr(10), '\\n')"
    return f"concat('\"', {_printable(lines)}, '\"')"


def _printable(value: str) -> str:
    return f"regexp_replace({value}, '[\\x00-\\x1F\\x7F\\x{{FFFE}}\\x{{FFFF}}]', ' ', 'g')"


FORMATS = {"dot": Format("dot", ".dot", "DOT", write)}
