"""Reading Parquet by columns: rows whose values need no change, thousands at a time.

Rows that :func:`~mlflow2prov.formats.parquet.write` has written have the form that documents keep, so they are checked
and inserted without a Python object for each value. Rows of any other form are read one by one.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from mlflow2prov.formats._support.statement_columns import all_match, any_match
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, ArgumentType, Kind
from mlflow2prov.prov.lexical import declared

_LEAP_YEAR = "[0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00"
_DATE = (
    "("
    "[0-9]{4}-(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    "|[0-9]{4}-(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|[0-9]{4}-02-(0[1-9]|1[0-9]|2[0-8])"
    f"|({_LEAP_YEAR})-02-29"
    ")"
)
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
_ZONE = r"(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])?"
TIME = rf"\A{_DATE}T{_CLOCK}{_ZONE}\z"
"""A regular expression (RE2) for most times; :func:`~mlflow2prov.prov.lexical.time` decides about the others."""

_OUTER_SPACE = r"(?s)\A[ \t\n\r]|[ \t\n\r]\z"
_YEAR_0 = r"\A0000"


def tables_of_kinds(batch: pa.RecordBatch, unchanged_names: str) -> dict[Kind, pa.Table] | None:
    """Return the rows of each kind with its columns, or None if a row has to be changed or is not valid.

    Args:
        batch: rows with the columns :data:`~mlflow2prov.prov.tables.COLUMNS`.
        unchanged_names: a regular expression for names that need no change.
    """
    kinds = pc.unique(batch.column("kind")).to_pylist()
    if not all(kind in KIND for kind in kinds) or not _are_unchanged(
        batch.column("attributes"), unchanged_names
    ):
        return None
    tables = {}
    for name in kinds:
        kind = KIND[name]
        rows = batch.filter(pc.equal(batch.column("kind"), name))
        if not _is_valid(kind, rows, unchanged_names):
            return None
        columns = {column: rows.column(column) for column in kind.columns}
        columns["bundle"] = pc.fill_null(columns["bundle"], "")
        tables[kind] = pa.table(columns)
    return tables


def _is_valid(kind: Kind, rows: pa.RecordBatch, unchanged_names: str) -> bool:
    """Return whether the names and times of the statements of a kind need no change, and only they are there."""
    times = [argument.column for argument in kind.arguments if argument.type is ArgumentType.TIME]
    names = [column for column in ("id", *kind.argument_columns) if column not in times]
    bundles = rows.column("bundle").filter(pc.not_equal(rows.column("bundle"), ""))
    return (
        not (kind.element and rows.column("id").null_count)
        and all(
            rows.column(column).null_count == rows.num_rows
            for column in ARGUMENT_COLUMNS
            if column not in kind.argument_columns
        )
        and all_match(bundles, unchanged_names)
        and all(all_match(rows.column(column), unchanged_names) for column in names)
        and all(_are_times(rows.column(column)) for column in times)
    )


def _are_times(values: pa.Array) -> bool:
    return all_match(values, TIME) and not any_match(values, _YEAR_0)


def _are_unchanged(attributes: pa.ListArray, unchanged_names: str) -> bool:
    """Return whether attributes have the form that documents keep; those with a language are left to others."""
    if attributes.null_count:
        return False
    keys, values, types, languages = attributes.flatten().flatten()
    distinct_types = pc.unique(types)
    is_name = pc.equal(types, QUALIFIED_NAME)
    return (
        keys.null_count == values.null_count == 0
        and languages.null_count == len(languages)
        and all_match(pc.unique(keys), unchanged_names)
        and all_match(distinct_types, unchanged_names)
        and all(declared("", name)[1] == name for name in distinct_types.to_pylist())
        and all_match(values.filter(is_name), unchanged_names)
        and not any_match(values.filter(pc.is_valid(types)), _OUTER_SPACE)
    )


def add_batch(document: Document, batch: pa.RecordBatch, unchanged_names: str) -> bool:
    """Add the statements of a batch to a document; return whether it was possible without changes."""
    tables = tables_of_kinds(batch, unchanged_names)
    for kind, table in (tables or {}).items():
        document.tables.insert_arrow(kind, table)
    return tables is not None
