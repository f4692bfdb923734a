"""Statements that are compiled once and executed by the driver of the database, and transactions for them.

SQLAlchemy's own execution takes ten times as long as a statement in SQLite itself: it would be most of the overhead of
a captured call. The pool of connections, the compiler and the types remain SQLAlchemy's, and errors become those of it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.repos.engine import rows_of_capture, translate

if TYPE_CHECKING:
    from sqlalchemy import Dialect
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.sql.expression import ClauseElement

    from mlflow2prov.capture.repos.connections import Connections

Processor = Callable[[Any], Any]


class Transaction:
    """A transaction on a connection of the driver, which is committed at the end, or rolled back after an exception.

    It is a class, because a generator takes as long as the transaction.

    Args:
        connections: the connections of the database.
        where: the repository, for messages.

    Raises:
        CaptureError: the database failed, or a row is not one that capture has written.
    """

    def __init__(self, connections: Connections, where: object) -> None:
        self._connections, self._where = connections, where

    def __enter__(self) -> DBAPIConnection:
        """Return the connection."""
        try:
            self._connection: Any = self._connections.take()
        except Exception as error:
            raise self._translate(error) from error
        connection: DBAPIConnection = self._connection.dbapi_connection
        return connection

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        """Commit; after an exception, return the connection to the pool, which rolls back uncommitted changes."""
        is_committed = False
        try:
            if error is None:
                self._connection.dbapi_connection.commit()
                is_committed = True
        except Exception as failure:
            raise self._translate(failure) from failure
        finally:
            if is_committed:
                self._connections.give_back(self._connection)
            else:
                self._connection.close()
        if isinstance(error, Exception):
            self._check(error)

    def _check(self, error: Exception) -> None:
        """Raise the error of capture for one of the database or of its rows."""
        from sqlalchemy.exc import SQLAlchemyError

        if isinstance(error, SQLAlchemyError):
            raise translate(error, self._where) from error
        with rows_of_capture(type(self._where).__name__):
            raise error

    def _translate(self, error: Exception) -> Exception:
        return translate(wrap(error, self._connections.dialect), self._where)


class Prepared:
    """A statement for the connections of one database.

    Args:
        statement: a statement of SQLAlchemy. It has a parameter for each value, and no other values.
        dialect: the dialect of the database.
        schemas: the names of the schemas of the tables, as ``schema_translate_map`` has them.
    """

    def __init__(
        self, statement: ClauseElement, dialect: Dialect, schemas: Mapping[Any, Any] | None
    ) -> None:
        compiled: Any = statement.compile(
            dialect=dialect,
            schema_translate_map=schemas,
            render_schema_translate=bool(schemas),
        )
        self._dialect = dialect
        self._sql = str(compiled)
        self._is_positional = compiled.positiontup is not None
        self._names = list(compiled.positiontup or compiled.binds)
        processors = [
            compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
            for name in self._names
        ]
        self._processed = [
            (position, process, process(None))
            for position, process in enumerate(processors)
            if process is not None
        ]
        """The positions of the values that are converted, and what null is converted to."""
        self._columns = list(getattr(statement, "selected_columns", ()))
        row: Any = namedtuple("Row", [column.name for column in self._columns])  # type: ignore[misc]
        self._new_row = row._make
        self._processors: list[Processor | None] | None = None

    def execute(self, connection: DBAPIConnection, *rows: Mapping[str, Any]) -> int:
        """Execute the statement once for each row of parameters; those that a row lacks are null.

        Returns:
            the number of rows that it changed.
        """
        cursor: Any = connection.cursor()
        try:
            return sum(self._run(cursor, row).rowcount for row in rows)
        finally:
            cursor.close()

    def first(self, connection: DBAPIConnection, **parameters: Any) -> Any:
        """Return the first row of the result, with an attribute for each column, or None."""
        cursor: Any = connection.cursor()
        try:
            row = self._run(cursor, parameters).fetchone()
            if row is None:
                return None
            if self._processors is None:
                self._processors = [
                    column.type.dialect_impl(self._dialect).result_processor(self._dialect, kind[1])
                    for column, kind in zip(self._columns, cursor.description, strict=True)
                ]
            return self._new_row(
                value if process is None else process(value)
                for value, process in zip(row, self._processors, strict=True)
            )
        finally:
            cursor.close()

    def _run(self, cursor: Any, row: Mapping[str, Any]) -> Any:
        """Execute the statement, and return the cursor."""
        try:
            values: Any = list(map(row.get, self._names))
            for position, process, null in self._processed:
                value = values[position]
                values[position] = null if value is None else process(value)
            if not self._is_positional:
                values = dict(zip(self._names, values, strict=True))
            cursor.execute(self._sql, values)
        except Exception as error:
            raise wrap(error, self._dialect, self._sql) from error
        return cursor


def wrap(error: Exception, dialect: Dialect, statement: str | None = None) -> Exception:
    """Return SQLAlchemy's error for one of the driver, or for a value that the database cannot represent."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError

    base: Any = dialect.loaded_dbapi.Error
    if isinstance(error, SQLAlchemyError):
        return error
    if not isinstance(error, base):
        return StatementError(str(error), statement, None, error)
    wrapped: Exception = DBAPIError.instance(statement, None, error, base, dialect=dialect)
    return wrapped
