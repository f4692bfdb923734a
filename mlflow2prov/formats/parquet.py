"""Parquet: the statements as one table, for pandas, DuckDB and Spark.

    bundle | kind           | id | ... | entity | activity | time | ... | attributes
           | wasGeneratedBy |    |     | e      | a        |      |     | [{key, value, type, lang}, ...]

A row is a statement, in canonical order. There is a column for each formal argument of PROV-DM, by its name
(:data:`~mlflow2prov.prov.tables.COLUMNS`). The prefixes of the names are JSON in the file's metadata, under
``prov:prefixes``. Files of version 1.0 have columns ``arg1`` to ``arg5`` for the formal arguments of each kind in
their order; they are read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from mlflow2prov import engine
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.parquet_columns import add_batch
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.formats._support.progress import report_progress
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, ArgumentType, Kind
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import RESERVED, Namespaces
from mlflow2prov.prov.tables import COLUMNS, arrow_schema

BATCH_ROWS = 100_000
"""Rows that are read at a time, and that a row group has before the next one begins."""

PREFIXES_KEY = "prov:prefixes"
"""The key, in the metadata of a file, of the prefixes as a JSON object."""

_SPARK_SCHEMA = "org.apache.spark.sql.parquet.row.metadata"
_MAGIC = b"PAR1"

_POSITIONS_OF_1_0 = tuple(f"arg{position}" for position in range(1, 6))
_COLUMNS_OF_1_0 = ("bundle", "kind", "id", *_POSITIONS_OF_1_0, "attributes")


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as Parquet."""
    prefixes = orjson.dumps(document.namespaces.declared, option=orjson.OPT_SORT_KEYS)
    schema = arrow_schema().with_metadata({PREFIXES_KEY: prefixes})
    with pq.ParquetWriter(pa.PythonFile(stream, "w"), schema) as writer:
        for rows in _row_groups(document, schema):
            report_progress(rows.num_rows)
            writer.write_table(rows, row_group_size=rows.num_rows)


def _row_groups(document: Document, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the statements in canonical order, in tables of at least :data:`BATCH_ROWS` rows, except for the last."""
    batches: list[pa.RecordBatch] = []
    for query in document.tables.parts_in_order():
        rows = f"SELECT * REPLACE (kind::VARCHAR AS kind) FROM ({query})"
        for batch in engine.stream(rows, BATCH_ROWS):
            batches.append(_with_all_columns(batch, schema))
            if sum(batch.num_rows for batch in batches) >= BATCH_ROWS:
                yield pa.Table.from_batches(batches)
                batches.clear()
    if batches:
        yield pa.Table.from_batches(batches)


def _with_all_columns(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return a batch with the columns of ``schema``; those that it does not have are null."""
    columns = [
        batch.column(field.name)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def read(content: bytes) -> Document:
    """Read a Parquet file with the columns and the metadata that :func:`write` writes.

    Raises:
        FormatError: the content is not Parquet, lacks a column or the metadata, or has a row that is not a statement.
    """
    return _read(pa.BufferReader(content))


def read_file(path: Path) -> Document:
    """Read a Parquet file like :func:`read`, a part of it at a time."""
    with pa.OSFile(str(path)) as file:
        return _read(file)


def _read(source: pa.NativeFile) -> Document:
    try:
        with pq.ParquetFile(source) as file:
            columns = _columns(file.schema_arrow)
            return document_of(
                file.iter_batches(BATCH_ROWS, columns=list(columns)),
                _prefixes(file.schema_arrow),
                columns,
            )
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FormatError(f"not valid Parquet: {error}") from error


def document_of(
    batches: Iterable[pa.RecordBatch],
    prefixes: dict[str, str],
    columns: tuple[str, ...] = COLUMNS,
) -> Document:
    """Return the document of some rows.

    Args:
        batches: the rows, one for each statement, with the types of :func:`~mlflow2prov.prov.tables.arrow_schema`, or
            types that can be cast to these.
        prefixes: the prefixes of their names, prefix to URI.
        columns: the columns of the rows: those of today, or those of version 1.0.

    Raises:
        FormatError: a row is not a statement.
    """
    full = arrow_schema()
    schema = pa.schema(
        [
            (name, full.field("attributes" if name == "attributes" else "id").type)
            for name in columns
        ]
    )
    namespaces = Namespaces()
    scope = PrefixScope(namespaces, prefixes)
    builder = Builder(namespaces)
    reader = _RowReader(scope, builder)
    unchanged_names = scope.unchanged_names if columns == COLUMNS else None
    for batch in batches:
        rows = batch.cast(schema)
        if unchanged_names is None or not add_batch(builder.document, rows, unchanged_names):
            for row in rows.to_pylist():
                reader.read(row)
    return reader.finish()


def _columns(schema: pa.Schema) -> tuple[str, ...]:
    """Return the columns to read: the present ones, or those of version 1.0."""
    if set(_COLUMNS_OF_1_0) <= set(schema.names):
        return _COLUMNS_OF_1_0
    if missing := [column for column in COLUMNS if column not in schema.names]:
        raise FormatError(f"Parquet, but not a document; missing columns: {', '.join(missing)}")
    return COLUMNS


def _prefixes(schema: pa.Schema) -> dict[str, str]:
    """Return the prefixes in the metadata of a file."""
    metadata = schema.metadata or {}
    names = (PREFIXES_KEY, _SPARK_SCHEMA)
    return prefixes_in(
        {name: metadata[name.encode()].decode() for name in names if name.encode() in metadata}
    )


def prefixes_in(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes in the metadata of a file, prefix to URI.

    Spark cannot add metadata to a file, but keeps those of a column; it writes the schema with them as JSON.

    Raises:
        FormatError: they are missing or not valid.
    """
    try:
        text = (
            metadata.get(PREFIXES_KEY) or _metadata_of_spark(metadata[_SPARK_SCHEMA])[PREFIXES_KEY]
        )
        prefixes = orjson.loads(text)
    except (KeyError, TypeError, orjson.JSONDecodeError) as error:
        raise FormatError(
            f"Parquet, but not a document: its metadata has no {PREFIXES_KEY}"
        ) from error
    if not isinstance(prefixes, dict) or not all(isinstance(uri, str) for uri in prefixes.values()):
        raise FormatError(
            f"Parquet, but not a document: {PREFIXES_KEY} does not map prefixes to URIs"
        )
    return {prefix: uri for prefix, uri in prefixes.items() if prefix not in RESERVED}


def _metadata_of_spark(schema: str) -> dict[str, str]:
    """Return the metadata of the column ``kind`` in a schema of Spark's."""
    for column in orjson.loads(schema)["fields"]:
        if column["name"] == "kind":
            return dict(column["metadata"])
    raise KeyError("kind")


class _RowReader:
    """Reads the rows of a file into a document."""

    def __init__(self, scope: PrefixScope, builder: Builder) -> None:
        self._resolve = scope.resolve
        self._builder = builder

    def read(self, row: dict[str, Any]) -> None:
        kind = KIND.get(row["kind"])
        if kind is None:
            raise FormatError(f"{row['kind']!r} is not a kind of statement")
        if kind.element and row["id"] is None:
            raise FormatError(f"{kind.name} without an identifier")
        self._builder.add(
            self._resolve(row["bundle"]) if row["bundle"] else "",
            kind.name,
            self._name(row["id"]),
            self._arguments(kind, row),
            [self._attribute(kind, **attribute) for attribute in row["attributes"] or ()],
        )

    def finish(self) -> Document:
        return self._builder.finish()

    def _arguments(self, kind: Kind, row: dict[str, Any]) -> list[str | None]:
        if _POSITIONS_OF_1_0[0] in row:
            all_columns = _POSITIONS_OF_1_0
            columns = all_columns[: len(kind.arguments)]
        else:
            all_columns, columns = ARGUMENT_COLUMNS, kind.argument_columns
        for column in all_columns:
            if column not in columns and row[column] is not None:
                raise FormatError(
                    f"{kind.name} has a value for {column}, which is not one of its arguments"
                )
        return [
            row[column] if argument.type is ArgumentType.TIME else self._name(row[column])
            for argument, column in zip(kind.arguments, columns, strict=True)
        ]

    def _name(self, name: str | None) -> str | None:
        return None if name is None else self._resolve(name)

    def _attribute(
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
            return self._resolve(key), value, None, lang
        text, datatype = declared(value, None if type is None else self._resolve(type))
        is_name = datatype == QUALIFIED_NAME
        return self._resolve(key), self._resolve(text) if is_name else text, datatype, None


def recognises(head: bytes) -> bool:
    """Return whether a file begins like Parquet."""
    return head.startswith(_MAGIC)


FORMATS = (Format("parquet", ".parquet", "Parquet", write, read, recognises, read_file=read_file),)
