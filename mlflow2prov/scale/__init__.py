"""Scale: operations on documents that do not fit a machine, on a cluster of Apache Spark.

A :class:`~mlflow2prov.scale.dataset.Dataset` is a document as a table of Spark, with the columns of our Parquet files.
The operations have the definitions that they have on DuckDB: the same SQL, translated by
:mod:`~mlflow2prov.scale.dialect`. Spark decides when and where to run it, so nothing happens until a result is written
or printed.
"""

FORMATS = ("parquet", "nquads")
"""The formats of data sets. Other files cannot be written in parts."""
