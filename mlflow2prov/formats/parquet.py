"""Parquet: the statements as one table, for pandas, DuckDB and Spark.

    bundle | kind           | id | ... | entity | activity | time | ... | attributes
           | wasGeneratedBy |    |     | e      | a        |      |     | [{key, value, type, lang}, ...]

A row is a statement, in canonical order. There is a column for each formal argument of PROV-DM, by
its name (:data:`~mlflow2prov.prov.tables.COLUMNS`). The prefixes of the names are JSON in the
file's metadata, under ``prov:prefixes``. Files of version 1.0 have columns ``arg1`` to ``arg5`` for
the formal arguments of each kind in their order; they are read as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from mlflow2prov import engine
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.scope import Scope
from mlflow2prov.formats._support.text_stream import tell_written
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, ArgumentType, Kind
from mlflow2prov.prov.lexical import normal
from mlflow2prov.prov.namespaces import RESERVED, Namespaces
from mlflow2prov.prov.tables import ARROW_SCHEMA, COLUMNS

_PREFIXES = b"prov:prefixes"
_MAGIC = b"PAR1"
_ROWS = 100_000

_PLACES_OF_1_0 = tuple(f"arg{place}" for place in range(1, 6))
_COLUMNS_OF_1_0 = ("bundle", "kind", "id", *_PLACES_OF_1_0, "attributes")


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as Parquet."""
    prefixes = orjson.dumps(document.namespaces.declared, option=orjson.OPT_SORT_KEYS)
    schema = ARROW_SCHEMA.with_metadata({_PREFIXES: prefixes})
    rows = f"SELECT * REPLACE (kind::VARCHAR AS kind) FROM ({document.tables.in_order()})"
    with pq.ParquetWriter(pa.PythonFile(stream, "w"), schema) as writer:
        for batch in engine.stream(rows, _ROWS):
            tell_written(batch.num_rows)
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))


def read(content: bytes) -> Document:
    """Read Parquet that :func:`write` wrote, or what has its columns and its metadata.

    Raises:
        FormatError: it is none, or says what no document says.
    """
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            columns = _columns(file.schema_arrow)
            schema = pa.schema(
                [
                    (name, ARROW_SCHEMA.field("attributes" if name == "attributes" else "id").type)
                    for name in columns
                ]
            )
            namespaces = Namespaces()
            rows = _Rows(Scope(namespaces, _prefixes(file.schema_arrow)), Builder(namespaces))
            for batch in file.iter_batches(_ROWS, columns=list(columns)):
                rows.add(batch.cast(schema).to_pylist())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FormatError(f"not Parquet that can be read: {error}") from error
    return rows.finish()


def _columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns to read: those of today, or those of version 1.0."""
    if set(_COLUMNS_OF_1_0) <= set(schema.names):
        return _COLUMNS_OF_1_0
    if missing := [column for column in COLUMNS if column not in schema.names]:
        raise FormatError(f"Parquet, but not a document: it has no column {', '.join(missing)}")
    return COLUMNS


def _prefixes(schema: pa.Schema) -> dict[str, str]:
    """Return the prefixes in the metadata of a file."""
    try:
        prefixes = orjson.loads((schema.metadata or {})[_PREFIXES])
    except (KeyError, orjson.JSONDecodeError) as error:
        raise FormatError(
            f"Parquet, and no document: its metadata has no {_PREFIXES.decode()}"
        ) from error
    if not isinstance(prefixes, dict) or not all(isinstance(uri, str) for uri in prefixes.values()):
        raise FormatError(f"its {_PREFIXES.decode()} are no map of prefixes to URIs")
    return {prefix: uri for prefix, uri in prefixes.items() if prefix not in RESERVED}


class _Rows:
    """Takes the rows of a file into a document, by its names."""

    def __init__(self, scope: Scope, builder: Builder) -> None:
        self._scope = scope
        self._builder = builder

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        for row in rows:
            kind = KIND.get(row["kind"])
            if kind is None:
                raise FormatError(f"{row['kind']!r} is no kind of statement")
            if kind.element and row["id"] is None:
                raise FormatError(f"{kind.name} without an identifier")
            attributes = [self._literal(kind, **literal) for literal in row["attributes"] or ()]
            self._builder.add(
                self._scope(row["bundle"]) if row["bundle"] else "",
                kind.name,
                self._name(row["id"]),
                self._arguments(kind, row),
                attributes,
            )

    def finish(self) -> Document:
        return self._builder.finish()

    def _arguments(self, kind: Kind, row: dict[str, Any]) -> list[str | None]:
        places = _PLACES_OF_1_0 if _PLACES_OF_1_0[0] in row else None
        columns = places[: len(kind.arguments)] if places else kind.argument_columns
        for column in places or ARGUMENT_COLUMNS:
            if column not in columns and row[column] is not None:
                raise FormatError(f"{kind.name} with {column}, which is not one of its arguments")
        return [
            row[column] if argument.type is ArgumentType.TIME else self._name(row[column])
            for argument, column in zip(kind.arguments, columns, strict=True)
        ]

    def _name(self, name: str | None) -> str | None:
        return None if name is None else self._scope(name)

    def _literal(
        self,
        kind: Kind,
        key: str | None,
        value: str | None,
        type: str | None,  # noqa: A002
        lang: str | None,
    ) -> AttributeTuple:
        if key is None or value is None:
            raise FormatError(f"an attribute of {kind.name} without a key or a value")
        if lang is not None:
            return self._scope(key), value, None, lang
        found, datatype = normal(value, None if type is None else self._scope(type))
        is_name = datatype == QUALIFIED_NAME
        return self._scope(key), self._scope(found) if is_name else found, datatype, None


def recognises(head: bytes) -> bool:
    """Return whether a file begins like Parquet."""
    return head.startswith(_MAGIC)


FORMATS = {"parquet": Format("parquet", ".parquet", "Parquet", write, read, recognises)}
