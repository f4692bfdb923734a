"""Statements of one kind as Arrow columns, which readers of large files insert thousands at a time.

No Python object is made for a statement. Values have the form that documents keep, and no key of an attribute is
repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.lazy_module import LazyModule
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.prov.lexical import declared, language

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.compute as pc
else:
    pa, pc = LazyModule("pyarrow"), LazyModule("pyarrow.compute")

CHUNK_ROWS = 100_000
"""Statements that are inserted at a time."""

_OUTER_SPACE = r"(?s)\A[ \t\n\r]|[ \t\n\r]\z"
"""A regular expression (RE2) for values that :func:`~mlflow2prov.prov.lexical.declared` may change."""


class AttributeColumn(NamedTuple):
    """The values of one key. The datatype is a column, or one name for all values."""

    key: str
    values: pa.Array
    datatype: pa.Array | str | None = None
    language: pa.Array | None = None


def typed_column(key: str, texts: Sequence[str], datatype: str) -> AttributeColumn:
    """Return the column of values of one datatype, which is not that of names."""
    values = strings(texts)
    if any_match(values, _OUTER_SPACE):
        values = strings([declared(text, datatype)[0] for text in texts])
    return AttributeColumn(key, values, declared("", datatype)[1])


def tagged_column(key: str, texts: Sequence[str], tags: Sequence[str]) -> AttributeColumn:
    """Return the column of texts with language tags; a text with an empty tag has no language.

    Raises:
        FormatError: a language tag is not valid.
    """
    languages = map_distinct(tags, lambda tag: language(tag) if tag else None)
    return AttributeColumn(key, strings(texts), None, languages)


def map_distinct(values: Sequence[str], function: Callable[[str], str | None]) -> pa.Array:
    """Return the column of the results of a function, which is called once for each different value."""
    results = {value: function(value) for value in set(values)}
    return strings([results[value] for value in values])


def strings(values: Sequence[str | None]) -> pa.Array:
    """Return a column of texts."""
    return engine.text_array(values)


def all_match(values: pa.Array, pattern: str) -> bool:
    """Return whether all values that are not NULL match a regular expression."""
    return pc.all(pc.match_substring_regex(values, pattern)).as_py() is not False


def any_match(values: pa.Array, pattern: str) -> bool:
    """Return whether a value matches a regular expression."""
    return pc.any(pc.match_substring_regex(values, pattern)).as_py() is True


def insert(
    document: Document,
    bundle: str,
    kind: Kind,
    columns: dict[str, pa.Array],
    attributes: list[AttributeColumn],
) -> None:
    """Insert statements of one kind and one bundle.

    Args:
        document: receives the statements.
        bundle: their bundle, empty for the document itself.
        kind: their kind.
        columns: the identifiers and the formal arguments, by the names of their columns.
        attributes: their attributes, sorted by key.
    """
    table = dict(columns)
    structs = []
    for number, attribute in enumerate(attributes):
        table[f"value_{number}"] = attribute.values
        datatype = language_tag = Sql("NULL")
        if isinstance(attribute.datatype, str):
            datatype = literal(attribute.datatype)
        elif attribute.datatype is not None:
            datatype = identifier(f"type_{number}")
            table[f"type_{number}"] = attribute.datatype
        if attribute.language is not None:
            language_tag = identifier(f"lang_{number}")
            table[f"lang_{number}"] = attribute.language
        structs.append(
            f"{{'key': {literal(attribute.key)}, 'value': value_{number}, "
            f"'type': {datatype}, 'lang': {language_tag}}}"
        )
    keys = [
        identifier(column) if column in columns else Sql("NULL") for column in kind.key_columns[1:]
    ]
    with engine.registered(pa.table(table)) as rows:
        document.tables.insert(
            kind, f"SELECT {literal(bundle)}, {', '.join(keys)}, [{', '.join(structs)}] FROM {rows}"
        )
