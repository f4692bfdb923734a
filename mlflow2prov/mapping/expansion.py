"""Expansion: mapping rules and facts become a Document.

Every statement of every rule is one query over the whole table of the rule. Every kind of statement is one table of the
Document, written once from all its queries.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import Sql, literal
from mlflow2prov.facts import Facts
from mlflow2prov.facts.schema import TABLES, Type
from mlflow2prov.facts.views import VIEWS
from mlflow2prov.mapping.language import (
    Attributes,
    Column,
    QName,
    Row,
    Rule,
    StatementPattern,
    Value,
)
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
from mlflow2prov.vocabulary import PROV_KEYS


def expand(rules: Iterable[Rule], facts: Facts, document: Document) -> None:
    """Fill the empty ``document`` with the statements of ``rules`` about ``facts``, which are complete."""
    facts.store_views()
    tables = {**TABLES, **VIEWS}
    queries: dict[str, list[str]] = {}
    for rule in rules:
        if facts.is_empty(rule.table):
            continue
        rows = f"(SELECT * FROM {facts.table(rule.table)} WHERE {rule.where})"
        for pattern in rule.statements(Row(tables[rule.table].columns)):
            queries.setdefault(pattern.kind, []).append(pattern_query(pattern, rows))
    for kind in KINDS:
        if kind.name in queries:
            document.tables.fill(kind, queries[kind.name])


def pattern_query(pattern: StatementPattern, rows: str) -> str:
    """Return the query for the statements of ``pattern`` about ``rows``, with the columns of its kind."""
    columns = {"bundle": "''", "id": pattern.id.sql if pattern.id else "NULL"}
    for argument in KIND[pattern.kind].arguments:
        value = pattern.arguments.get(argument.name)
        columns[argument.column] = value.sql if value else "NULL"
    columns["attributes"] = _attributes(pattern.attributes)
    selection = ", ".join(f"{sql} AS {column}" for column, sql in columns.items())
    references = [value for value in pattern.arguments.values() if isinstance(value, QName)]
    names = [pattern.id, *references] if pattern.id else references
    all_known = " AND ".join(f"({name.sql}) IS NOT NULL" for name in names)
    return f"SELECT {selection} FROM {rows} WHERE {all_known}"


def _attributes(attributes: Attributes) -> Sql:
    """Return the SQL for a statement's list of attributes, in canonical order."""
    pairs = [
        (f"prov:{key}" if key in PROV_KEYS else key, value)
        for key, values in attributes.items()
        for value in (values if isinstance(values, list) else [values])
    ]
    if not pairs:
        return Sql(f"[]::{SQL_TYPE}")
    pairs.sort(key=lambda pair: pair[0])
    sql = f"[{', '.join(_attribute(key, value) for key, value in pairs)}]"
    if not all(_is_known(value) for _, value in pairs):
        sql = f"list_filter({sql}, lambda attribute: attribute.value IS NOT NULL)"
    # The keys are in order already, but several values of one key differ from row to row.
    if len({key for key, _ in pairs}) < len(pairs):
        sql = f"list_sort(list_distinct({sql}))"
    return Sql(sql)


def _is_known(value: Value) -> bool:
    return isinstance(value, str) or (isinstance(value, QName) and value.is_known)


def _attribute(key: str, value: Value) -> Sql:
    if isinstance(value, QName):
        lexical, datatype = value.sql, literal(QUALIFIED_NAME)
    elif isinstance(value, str):
        lexical, datatype = literal(value), _NO_TYPE
    else:
        lexical, datatype = _lexical_form(value)
    return Sql(
        f"{{'key': {literal(key)}, 'value': {lexical}, 'type': {datatype}, 'lang': NULL::VARCHAR}}"
    )


_NO_TYPE = Sql("NULL::VARCHAR")


def _lexical_form(column: Column) -> tuple[Sql, Sql]:
    """Return the SQL for the lexical form and for the datatype of a fact."""
    sql = column.sql
    match column.type:
        case Type.TEXT:
            return sql, _NO_TYPE
        case Type.TIME:
            return sql, literal(XSD_DATETIME)
        case Type.BOOLEAN:
            text = f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
            return Sql(text), literal(XSD_BOOLEAN)
        case Type.INTEGER:
            datatype = (
                f"CASE WHEN {sql} BETWEEN -2147483648 AND 2147483647 THEN {literal(XSD_INT)} "
                f"ELSE {literal(XSD_LONG)} END"
            )
            return Sql(f"{sql}::VARCHAR"), Sql(datatype)
        case Type.NUMBER:
            # DuckDB writes the shortest text that reads back as the same number, as Python does.
            text = (
                f"CASE {sql} WHEN 'inf' THEN 'INF' WHEN '-inf' THEN '-INF' WHEN 'nan' THEN 'NaN' "
                f"ELSE {sql}::VARCHAR END"
            )
            return Sql(text), literal(XSD_DOUBLE)
