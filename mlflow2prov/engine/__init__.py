"""The engine: the DuckDB database in which fact tables and Documents live as tables.

A process has one database, in memory. What outgrows the memory limit goes to a temporary folder, so
the disk bounds the size of the data. Every thread has its own connection to the database, and a
stream of rows has one of its own, so the functions below may be called from any thread.

    execute, rows, scalar, arrays, stream   run SQL
    transaction                             makes the effects of several statements visible at once
    Schema                                  owns tables and drops them with itself
    AttachedFile, attach_for_reading        own database files
    create_in_order                         creates a table whose rows are in order
    interrupt                               stops running queries
    registered, functions                   lend Arrow tables and Python functions to SQL, for the length of a block
    literal, identifier, Sql                make SQL out of values and names
    text_array, integer_array, number_array make Arrow columns out of Python values and NumPy arrays
    configure                               sets the memory limit and the temporary folder
"""

from mlflow2prov.engine.arrow import integer_array, number_array, text_array
from mlflow2prov.engine.attachment import AttachedFile, attach_for_reading
from mlflow2prov.engine.connection import (
    arrays,
    configure,
    execute,
    frame,
    function,
    functions,
    interrupt,
    registered,
    rows,
    scalar,
    stream,
    transaction,
)
from mlflow2prov.engine.schema import Schema
from mlflow2prov.engine.sorting import create_in_order
from mlflow2prov.engine.sql import Sql, identifier, literal

__all__ = [
    "AttachedFile",
    "Schema",
    "Sql",
    "arrays",
    "attach_for_reading",
    "configure",
    "create_in_order",
    "execute",
    "frame",
    "function",
    "functions",
    "identifier",
    "integer_array",
    "interrupt",
    "literal",
    "number_array",
    "registered",
    "rows",
    "scalar",
    "stream",
    "text_array",
    "transaction",
]
