"""Reading: Parquet files of documents, in a folder or by a pattern, become one data set.

The files have the columns and the metadata of :mod:`mlflow2prov.formats.parquet`. Each file declares the prefixes of
its names, so that the files of a pattern may come from different documents.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mlflow2prov.errors import FormatError, one_line
from mlflow2prov.formats.parquet import prefixes_in
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS, KIND, KINDS, ArgumentType, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.tables import COLUMNS, KEY_COLUMNS
from mlflow2prov.prov.values import time_value
from mlflow2prov.scale.dataset import Dataset, DatasetTables
from mlflow2prov.scale.merge import union
from mlflow2prov.scale.session import translated_errors
from mlflow2prov.secrets import without_credentials

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_ATTRIBUTES = "ARRAY<STRUCT<key: STRING, value: STRING, type: STRING, lang: STRING>>"
SCHEMA = f"{', '.join(f'{column} STRING' for column in KEY_COLUMNS)}, attributes {_ATTRIBUTES}"
"""The columns of a data set, in Spark's words."""

_TIME_COLUMNS = tuple(
    dict.fromkeys(
        argument.column
        for kind in KINDS
        for argument in kind.arguments
        if argument.type is ArgumentType.TIME
    )
)

_SPECIAL = re.compile(r"[\[\]{}*?\\]")
"""The characters of patterns of paths (Hadoop's FileSystem.globStatus)."""

MAX_KINDS = 1000
"""The most distinct kinds that are read from a file, before an unknown one is refused."""


def read(spark: SparkSession, address: str) -> Dataset:
    """Read the Parquet files at an address: a file, a folder of files, or a pattern such as ``s3a://bucket/*.parquet``.

    The name of an existing file or folder is not a pattern, whatever characters it contains.

    The columns of the arguments are checked by one pass over the files; attributes are read when they are needed.

    Raises:
        FormatError: there is no file, or one of them is not a document.
    """
    name = without_credentials(address)
    frame, files = _frame_and_files(spark, address, name)
    groups: dict[tuple[tuple[str, str], ...], list[str]] = defaultdict(list)
    for file in files:
        groups[tuple(sorted(_prefixes(spark, file, name).items()))].append(file)
    # Spark would read the name of a folder such as kind=entity as the value of a column.
    is_as_found = len(groups) == 1 and not any("=" in file for file in files)
    with translated_errors():
        frames = [
            frame if is_as_found else _frame(spark, *(_path(spark, file) for file in group))
            for group in groups.values()
        ]
        datasets = [
            Dataset(
                Namespaces(dict(prefixes)),
                DatasetTables(frame.selectExpr("coalesce(bundle, '') AS bundle", *COLUMNS[1:])),
            )
            for prefixes, frame in zip(groups, frames, strict=True)
        ]
    dataset = union(datasets)
    return Dataset(dataset.namespaces, _checked(dataset.tables, name))


def _frame(spark: SparkSession, *paths: str) -> DataFrame:
    return spark.read.schema(SCHEMA).parquet(*paths)


def _frame_and_files(spark: SparkSession, address: str, name: str) -> tuple[DataFrame, list[str]]:
    """Return the rows and the files at an address. Each file is a URI, in which characters are encoded."""
    from pyspark.errors import AnalysisException

    try:
        with translated_errors():
            frame = _frame(spark, _literal_if_exists(spark, address))
            files: list[str] = sorted(frame.inputFiles())
    except Exception as error:
        if isinstance(error.__cause__, AnalysisException):
            raise FormatError(f"{name}: there is no such file") from error
        raise
    if not files:
        raise FormatError(f"{name}: there are no Parquet files")
    return frame, files


def _literal_if_exists(spark: SparkSession, address: str) -> str:
    """Return an address, in which the characters of patterns are escaped if a file or folder has this name."""
    if not _SPECIAL.search(address):
        return address
    path = spark.sparkContext._jvm.org.apache.hadoop.fs.Path(address)  # type: ignore[union-attr]
    files = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
    return _path_of(files.makeQualified(path).toUri()) if files.exists(path) else address


def _path(spark: SparkSession, file: str) -> str:
    """Return the path of a file as Spark reads paths: nothing is encoded, and what may be a pattern is escaped."""
    return _path_of(spark.sparkContext._jvm.java.net.URI.create(file))  # type: ignore[union-attr]


def _path_of(uri: Any) -> str:
    path = _SPECIAL.sub(r"\\\g<0>", uri.getPath())
    return f"{uri.getScheme()}://{uri.getAuthority() or ''}{path}"


def _prefixes(spark: SparkSession, file: str, name: str) -> dict[str, str]:
    """Return the prefixes that a file declares, after a check of its columns."""
    columns, metadata = _footer(spark, file, name)
    if missing := [column for column in COLUMNS if column not in columns]:
        raise FormatError(
            f"{name}: Parquet, but not a document; missing columns: {', '.join(missing)}"
        )
    try:
        return prefixes_in(metadata)
    except FormatError as error:
        raise FormatError(f"{name}: {error}") from error


def _footer(spark: SparkSession, file: str, name: str) -> tuple[list[str], dict[str, str]]:
    """Return the columns and the metadata of a file, wherever Hadoop can read it."""
    from py4j.protocol import Py4JJavaError

    jvm: Any = spark.sparkContext._jvm
    hadoop = jvm.org.apache.hadoop
    conf = spark.sparkContext._jsc.hadoopConfiguration()
    parquet = jvm.org.apache.parquet.hadoop
    try:
        path = hadoop.fs.Path(jvm.java.net.URI.create(file))
        reader = parquet.ParquetFileReader.open(parquet.util.HadoopInputFile.fromPath(path, conf))
        try:
            meta = reader.getFileMetaData()
            columns = [
                meta.getSchema().getFieldName(i) for i in range(meta.getSchema().getFieldCount())
            ]
            return columns, dict(meta.getKeyValueMetaData())
        finally:
            reader.close()
    except Py4JJavaError as error:
        reason = one_line(without_credentials(str(error.java_exception.getMessage())))
        raise FormatError(f"{name}: not valid Parquet: {reason}") from error


def _checked(tables: DatasetTables, name: str) -> DatasetTables:
    """Return the statements with what is known about them, after a check that each has the arguments of its kind only.

    Raises:
        FormatError: a row is not a statement.
    """
    counts = ", ".join(f"count({column}) AS {column}" for column in ARGUMENT_COLUMNS)
    spellings = " OR ".join(f"{column} <> {time_value(column)}" for column in _TIME_COLUMNS)
    results = tables.fetch(
        f"""
        SELECT kind, count(*) - count(id) AS unnamed, count(*) FILTER ({spellings}) AS respelled, {counts}
        FROM {tables.union()}
        GROUP BY kind
        LIMIT {MAX_KINDS}
        """
    )
    kinds = {_checked_kind(name, *row) for row in results}
    return DatasetTables(
        tables.frame,
        tuple(kind for kind in KINDS if kind in kinds),
        has_plain_times=not any(respelled for _, _, respelled, *_ in results),
    )


def _checked_kind(
    name: str, kind_name: str, unnamed: int, _respelled: int, *argument_counts: int
) -> Kind:
    kind = KIND.get(kind_name)
    if kind is None:
        raise FormatError(f"{name}: {str(kind_name)[:80]!r} is not a kind of statement")
    if kind.element and unnamed:
        raise FormatError(f"{name}: {kind.name} without an identifier")
    for column, count in zip(ARGUMENT_COLUMNS, argument_counts, strict=True):
        if count and column not in kind.argument_columns:
            raise FormatError(
                f"{name}: {kind.name} has a value for {column}, which is not one of its arguments"
            )
    return kind
