"""Expansion: templates and facts become a Document.

Every pattern of every template is one query over its whole fact table, and every kind of statement one
table, written once from all its patterns.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import literal
from mlflow2prov.facts import Facts
from mlflow2prov.facts.schema import TABLES, Type
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping.language import Attributes, Column, Name, Pattern, Row, Template, Value
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import (
    QUALIFIED_NAME,
    SQL_TYPE,
    XSD_BOOLEAN,
    XSD_DATETIME,
    XSD_DOUBLE,
    XSD_INT,
    XSD_LONG,
)
from mlflow2prov.prov.kinds import KINDS

_PROV_ATTRIBUTES = {key: f"prov:{key}" for key in ("type", "role", "label", "location")}


def expand(templates: Iterable[Template], facts: Facts, document: Document) -> None:
    """Fill ``document``, which is empty, with what ``templates`` make of ``facts``."""
    tables = {**TABLES, **VIEWS}
    queries: dict[str, list[str]] = {}
    for template in templates:
        if facts.is_empty(template.over):
            continue
        source = f"(SELECT * FROM {facts.table(template.over)} WHERE {template.where})"
        for pattern in template.statements(Row(tables[template.over].columns)):
            queries.setdefault(pattern.kind, []).append(_query(pattern, source))
    for kind in KINDS:
        if kind.name in queries:
            document.fill(kind, " UNION ALL ".join(queries[kind.name]))


def _query(pattern: Pattern, source: str) -> str:
    given = [pattern.id] if pattern.id else []
    given += [a for a in pattern.arguments if isinstance(a, Name)]
    arguments = [a.sql if a else "NULL" for a in pattern.arguments]
    arguments += ["NULL"] * (len(KIND[pattern.kind].arguments) - len(arguments))
    known = " AND ".join(f"({name.sql}) IS NOT NULL" for name in given)
    identifier = pattern.id.sql if pattern.id else "NULL"
    columns = ["''", identifier, *arguments, _attributes(pattern.attributes)]
    return f"SELECT {', '.join(columns)} FROM {source} WHERE {known}"


def _attributes(attributes: Attributes) -> str:
    """Return the SQL for a statement's list of literals, in the canonical order."""
    literals = [
        (_PROV_ATTRIBUTES.get(key, key), value)
        for key, values in attributes.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if not literals:
        return f"[]::{SQL_TYPE}"
    literals.sort(key=lambda literal: literal[0])
    keys = [key for key, _ in literals]
    listed = f"[{', '.join(_literal(key, value) for key, value in literals)}]"
    if not all(_is_known(value) for _, value in literals):
        listed = f"list_filter({listed}, lambda a: a.value IS NOT NULL)"
    # Keys are in order as they stand; several values to a key are ordered row by row.
    return listed if len(set(keys)) == len(keys) else f"list_sort(list_distinct({listed}))"


def _is_known(value: Value) -> bool:
    return isinstance(value, str) or (isinstance(value, Name) and value.is_known)


def _literal(key: str, value: Value) -> str:
    if isinstance(value, Name):
        lexical, datatype = value.sql, literal(QUALIFIED_NAME)
    elif isinstance(value, str):
        lexical, datatype = literal(value), "NULL::VARCHAR"
    else:
        lexical, datatype = _typed(value)
    return (
        f"{{'key': {literal(key)}, 'value': {lexical}, 'type': {datatype}, 'lang': NULL::VARCHAR}}"
    )


def _typed(column: Column) -> tuple[str, str]:
    """Return the SQL for the lexical form and for the datatype of a fact."""
    sql = column.sql
    match column.type:
        case Type.TEXT:
            return sql, "NULL::VARCHAR"
        case Type.TIME:
            return sql, literal(XSD_DATETIME)
        case Type.BOOLEAN:
            return f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END", literal(
                XSD_BOOLEAN
            )
        case Type.INTEGER:
            fits = f"CASE WHEN {sql} BETWEEN -2147483648 AND 2147483647 THEN {literal(XSD_INT)} "
            return f"{sql}::VARCHAR", f"{fits} ELSE {literal(XSD_LONG)} END"
        case Type.NUMBER:
            # DuckDB writes a double as Python does: the shortest text that reads back as the same.
            infinite = (
                f"CASE {sql} WHEN 'inf' THEN 'INF' WHEN '-inf' THEN '-INF' WHEN 'nan' THEN 'NaN'"
            )
            return f"{infinite} ELSE {sql}::VARCHAR END", literal(XSD_DOUBLE)
