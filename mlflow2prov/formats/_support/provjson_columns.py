"""Reading PROV-JSON by columns: statements that look alike, thousands at once.

Statements of one kind with the same members in the same order have one *shape*. What is usual in a shape
(names, plain strings, literals of one form) becomes columns without a look at each statement; of
anything else :func:`add` says so, and the shape is read statement by statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.prov import Document
from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import language, normal, time

MIN_BATCH = 200
"""How many statements of a shape make columns worth their while."""

_ROWS = 100_000
_LITERALS = {("$", "type"), ("type", "$"), ("$", "lang"), ("lang", "$")}
# Values that are in normal form by their look; those of other datatypes have but one form.
_NORMAL = {
    literals.XSD_INT: r"\A(0|-?[1-9][0-9]{0,8})\z",
    literals.XSD_BOOLEAN: r"\A(true|false)\z",
}
_REWRITTEN = {
    literals.XSD_INT,
    literals.XSD_LONG,
    literals.XSD_INTEGER,
    literals.XSD_DOUBLE,
    literals.XSD_BOOLEAN,
    literals.XSD_DATETIME,
}


class FallbackToRowsError(Exception):
    """A shape is to be read statement by statement."""


class _Column(NamedTuple):
    """The values of one key: columns, or one datatype for all."""

    key: str
    value: pa.Array
    datatype: pa.Array | str | None = None
    language: pa.Array | None = None


def add(
    document: Document,
    bundle: str,
    kind: Kind,
    scope: PrefixScope,
    names: list[str],
    bodies: list[dict[str, Any]],
) -> None:
    """Add the statements ``names`` and ``bodies``, which are of one shape, to ``document``.

    Raises:
        FallbackToRowsError: nothing is added; something in them is right or wrong in a way that wants a look at each.
    """
    fit = scope.unchanged_names
    if fit is None:
        raise FallbackToRowsError
    chunks = [
        _chunk(kind, fit, scope, names[at : at + _ROWS], bodies[at : at + _ROWS])
        for at in range(0, len(names), _ROWS)
    ]
    for columns, attributes in chunks:
        _insert(document, bundle, kind, columns, attributes)


def _chunk(
    kind: Kind, fit: str, scope: PrefixScope, names: list[str], bodies: list[dict[str, Any]]
) -> tuple[dict[str, pa.Array], list[_Column]]:
    times = {f"prov:{a.name}": a.type is ArgumentType.TIME for a in kind.arguments}
    blank = [name.startswith("_:") for name in names]
    columns = {"id": _named([None if b else n for b, n in zip(blank, names, strict=True)], fit)}
    attributes = []
    for key in bodies[0]:
        values = list(map(itemgetter(key), bodies))
        if key not in times:
            attributes.append(_attribute(scope.resolve(key), values, fit, scope))
        elif set(map(type, values)) != {str}:
            raise FallbackToRowsError
        elif times[key]:
            columns[kind.column(key.removeprefix("prov:"))] = _mapped(values, time)
        else:
            columns[kind.column(key.removeprefix("prov:"))] = _named(values, fit)
    # Keys are different, so that their order is that of the literals.
    return columns, sorted(attributes, key=lambda column: column.key)


def _named(values: list[str | None], fit: str) -> pa.Array:
    names = _strings(values)
    _demand(names, fit)
    return names


def _attribute(key: str, values: list[Any], fit: str, scope: PrefixScope) -> _Column:
    of = set(map(type, values))
    if of == {str}:
        return _Column(key, _strings(values))
    if of != {dict}:
        raise FallbackToRowsError
    forms = set(map(tuple, values))
    if len(forms) != 1 or not forms <= _LITERALS:
        raise FallbackToRowsError
    lexical = list(map(itemgetter("$"), values))
    annotation = "type" if "type" in values[0] else "lang"
    annotations = list(map(itemgetter(annotation), values))
    if set(map(type, lexical)) != {str} or set(map(type, annotations)) != {str}:
        raise FallbackToRowsError
    different = set(annotations)
    if annotation == "lang":
        for tag in different - {""}:
            language(tag)
        return _Column(key, _strings(lexical), None, _strings([tag or None for tag in annotations]))
    if len(different) > 1:
        types = {written: scope.resolve(written) for written in different}
        if not set(types.values()) <= _REWRITTEN:
            raise FallbackToRowsError
        return _rewritten(key, lexical, [types[written] for written in annotations])
    return _of_one_type(key, lexical, scope.resolve(annotations[0]), fit)


def _of_one_type(key: str, lexical: list[str], datatype: str, fit: str) -> _Column:
    values = _strings(lexical)
    if datatype == literals.XSD_STRING:
        return _Column(key, values)
    if datatype in (literals.QUALIFIED_NAME, literals.XSD_QNAME):
        _demand(values, fit)
        return _Column(key, values, literals.QUALIFIED_NAME)
    if datatype not in _REWRITTEN or (
        datatype in _NORMAL and _all_match(values, _NORMAL[datatype])
    ):
        return _Column(key, values, datatype)
    return _rewritten(key, lexical, [datatype] * len(lexical))


def _rewritten(key: str, lexical: list[str], types: list[str]) -> _Column:
    forms = [normal(value, datatype) for value, datatype in zip(lexical, types, strict=True)]
    return _Column(key, _strings(map(itemgetter(0), forms)), _strings(map(itemgetter(1), forms)))


def _mapped(values: list[str], function: Callable[[str], str]) -> pa.Array:
    results = {value: function(value) for value in set(values)}
    return _strings([results[value] for value in values])


def _strings(values: Iterable[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


def _all_match(values: pa.Array, pattern: str) -> bool:
    return pc.all(pc.match_substring_regex(values, pattern)).as_py() is not False


def _demand(names: pa.Array, fit: str) -> None:
    if not _all_match(names, fit):
        raise FallbackToRowsError


def _insert(
    document: Document,
    bundle: str,
    kind: Kind,
    columns: dict[str, pa.Array],
    attributes: list[_Column],
) -> None:
    table = dict(columns)
    structs = []
    for number, column in enumerate(attributes):
        table[f"value{number}"] = column.value
        datatype = "NULL" if column.datatype is None else f"type{number}"
        if isinstance(column.datatype, str):
            datatype = literal(column.datatype)
        elif column.datatype is not None:
            table[datatype] = column.datatype
        language = "NULL"
        if column.language is not None:
            language = f"lang{number}"
            table[language] = column.language
        structs.append(
            f"{{'key': {literal(column.key)}, 'value': value{number}, 'type': {datatype}, 'lang': {language}}}"
        )
    keys = [name if name in columns else "NULL" for name in kind.key_columns[1:]]
    with engine.registered(pa.table(table)) as rows:
        document.tables.insert(
            kind, f"SELECT {literal(bundle)}, {', '.join(keys)}, [{', '.join(structs)}] FROM {rows}"
        )
