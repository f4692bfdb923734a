"""The dialect of Spark: the same SQL as DuckDB's, translated by sqlglot.

Every operation has one definition, in DuckDB's SQL. sqlglot translates names and syntax; this module adds what it
leaves as it is: the macros of :mod:`mlflow2prov.engine.macros`, which become a part of the query, and functions whose
results differ.

- Texts are compared and sorted by their bytes in both engines, and null is last in both.
- A list is sorted with null fields of its structs last, as in DuckDB.
- Regular expressions match at the end of the text only; ``$`` of Java also matches before a last line break.
- The texts of numbers and times in :mod:`mlflow2prov.prov.values` differ from DuckDB's, but equal values have equal
  texts, and they are only compared for equality.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import sqlglot
from sqlglot import expressions as exp

from mlflow2prov.engine.macros import MACROS

DUCKDB, SPARK = "duckdb", "spark"

_NATIVE_NAMES = {
    "hash": "xxhash64",
    "strlen": "octet_length",
    "list_position": "array_position",
    "list_contains": "array_contains",
    "to_minutes": "make_dt_interval",
}
"""Functions that have another name in Spark, and that sqlglot leaves as they are."""


def to_spark(query: str) -> str:
    """Return a query of DuckDB's as one of Spark.

    Its order is left out: rows are ordered when they are written.
    """
    return str(spark_tree(sqlglot.parse_one(query, read=DUCKDB)).sql(dialect=SPARK))


def spark_tree(tree: exp.Expr) -> exp.Expr:
    """Return the syntax tree of a query of DuckDB's as one that sqlglot writes for Spark."""
    tree = _with_macros(tree)
    for clause in list(tree.find_all(exp.CTE)):
        clause.set("materialized", None)
    # The innermost expressions come first, because those around them may move them.
    for node in reversed(list(tree.walk())):
        replacement = _translated(node)
        if replacement is not node:
            if node is tree:
                tree = replacement
            else:
                node.replace(replacement)
    return tree


def _with_macros(tree: exp.Expr) -> exp.Expr:
    """Replace the calls of macros by their definitions, until there is none."""
    macros = _macros()

    def expand(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Anonymous) and node.name.lower() in macros:
            parameters, body = macros[node.name.lower()]
            values = dict(zip(parameters, node.expressions, strict=True))
            return exp.paren(
                _with_macros(body.copy().transform(_replaced_columns, values)), copy=False
            )
        return node

    return tree.transform(expand)


def _replaced_columns(node: exp.Expr, values: dict[str, exp.Expr]) -> exp.Expr:
    if isinstance(node, exp.Column) and not node.table and node.name in values:
        return exp.paren(values[node.name].copy())
    return node


@cache
def _macros() -> dict[str, tuple[tuple[str, ...], exp.Expr]]:
    """Return the parameters and the definition of each macro, by its name."""
    macros = {}
    for macro in MACROS:
        signature, _, body = macro.partition(" AS ")
        name, _, parameters = signature.strip().rstrip(")").partition("(")
        names = tuple(parameter.strip() for parameter in parameters.split(","))
        macros[name] = names, sqlglot.parse_one(body, read=DUCKDB)
    return macros


def _translated(node: exp.Expr) -> exp.Expr:
    translate = _TRANSLATIONS.get(type(node))
    return node if translate is None else translate(node)


def _call(name: str, *arguments: exp.Expr | str | None) -> exp.Expr:
    return exp.Anonymous(
        this=name,
        expressions=[
            exp.Literal.string(argument) if isinstance(argument, str) else argument
            for argument in arguments
            if argument is not None
        ],
    )


def _full_match(node: exp.Expr) -> exp.Expr:
    pattern = exp.Literal.string(rf"\A(?:{node.expression.name})\z")
    return exp.paren(exp.RegexpLike(this=node.this, expression=pattern), copy=False)


def _with_end_of_text(node: exp.Expr) -> exp.Expr:
    pattern = node.expression.name
    if pattern.endswith("$"):
        node.set("expression", exp.Literal.string(rf"{pattern[:-1]}\z"))
    return node


def _struct_sort(node: exp.Expr) -> exp.Expr:
    """Sort attributes by their fields, each with null last. Spark has null first."""
    with_places = (
        "STRUCT(a.key AS key, a.value AS value, a.type IS NULL AS no_type, a.type AS type,"
        " a.lang IS NULL AS no_lang, a.lang AS lang)"
    )
    attribute = "STRUCT(a.key AS key, a.value AS value, a.type AS type, a.lang AS lang)"
    tree = sqlglot.parse_one(
        f"TRANSFORM(ARRAY_SORT(TRANSFORM(list, a -> {with_places})), a -> {attribute})", read=SPARK
    )
    for column in tree.find_all(exp.Column):
        if column.name == "list" and not column.table:
            column.replace(node.this)
            break
    return tree


def _element(node: exp.Expr) -> exp.Expr:
    """Return an element of a list, or null if the list is shorter."""
    (place,) = node.expressions
    return _call("get", node.this, place)


def _filter(node: exp.Expr) -> exp.Expr:
    """Add 1 to the index in the condition of a list filter, because Spark counts from 0 and DuckDB from 1.

    An index that selects an element stays: it is translated where it does.
    """
    condition = node.expression
    if len(condition.expressions) == 2:
        name = condition.expressions[1].name
        for place in list(condition.this.find_all(exp.Column, exp.Identifier)):
            is_place = place.name == name and not isinstance(place.parent, exp.Column)
            if is_place and not _selects_element(place):
                place.replace(
                    exp.paren(exp.Add(this=place.copy(), expression=exp.Literal.number(1)))
                )
    return node


def _selects_element(place: exp.Expr) -> bool:
    parent = place.parent
    if isinstance(parent, exp.Bracket):
        return True
    return isinstance(parent, exp.Anonymous) and parent.name == "get"


def _size(node: exp.Expr) -> exp.Expr:
    return _call("size", node.this)


def _without_enum(node: exp.Expr) -> exp.Expr:
    is_enum = node.args["to"].this == exp.DType.ENUM
    inner: exp.Expr = node.this
    return inner if is_enum else node


def _try(node: exp.Expr) -> exp.Expr:
    inner: exp.Expr = node.this
    return inner


def _time_text(node: exp.Expr) -> exp.Expr:
    """Return the text of a time; equal times have equal texts, which is all that they are compared for."""
    text = exp.cast(node.this, "string")
    return _call("replace", text, " ", "T")


def _try_cast(node: exp.Expr) -> exp.Expr:
    """Read hour 24 as the next day's hour 0, as DuckDB does."""
    if node.args["to"].this != exp.DType.TIMESTAMPNTZ:
        return node
    tree = sqlglot.parse_one(
        "CASE WHEN text LIKE '%T24:00:00' "
        "THEN TRY_CAST(REPLACE(text, 'T24:', 'T00:') AS TIMESTAMP_NTZ) + INTERVAL '1' DAY "
        "ELSE TRY_CAST(text AS TIMESTAMP_NTZ) END",
        read=SPARK,
    )
    for column in list(tree.find_all(exp.Column)):
        if column.name == "text":
            column.replace(node.this.copy())
    return exp.paren(tree, copy=False)


def _native(node: exp.Expr) -> exp.Expr:
    name = node.name.lower()
    if name == "to_minutes":
        zero = exp.Literal.number(0)
        minutes = exp.cast(node.expressions[0], "int")
        return _call("make_dt_interval", zero, zero.copy(), minutes)
    if name in _NATIVE_NAMES:
        return _call(_NATIVE_NAMES[name], *node.expressions)
    return node


def _in(node: exp.Expr) -> exp.Expr:
    """Compare several columns with those of a query, which Spark does not take as one struct."""
    query = node.args.get("query")
    if query is not None and isinstance(node.this, exp.Tuple):
        select = query.find(exp.Select)
        (columns,) = select.expressions
        if isinstance(columns, exp.Tuple):
            select.set("expressions", columns.expressions)
    return node


def _not(node: exp.Expr) -> exp.Expr:
    """Rewrite ``x NOT IN (query)`` so that Spark can use a hash join: a null result of ``IN`` becomes false.

    Such queries return identifiers of elements, which are never null.
    """
    inside = node.this.unnest()
    if isinstance(inside, exp.In) and inside.args.get("query") is not None:
        is_in = _call("coalesce", inside, exp.false())
        exists = exp.Not(this=exp.Is(this=inside.this.copy(), expression=exp.Null()))
        return exp.paren(exp.and_(exists, exp.Not(this=is_in), copy=False), copy=False)
    return node


_TRANSLATIONS: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Anonymous: _native,
    exp.ArrayFilter: _filter,
    exp.ArraySort: _struct_sort,
    exp.Bracket: _element,
    exp.Cast: _without_enum,
    exp.In: _in,
    exp.Length: _size,
    exp.Not: _not,
    exp.RegexpExtract: _with_end_of_text,
    exp.RegexpFullMatch: _full_match,
    exp.RegexpReplace: _with_end_of_text,
    exp.TimeToStr: _time_text,
    exp.Try: _try,
    exp.TryCast: _try_cast,
}
