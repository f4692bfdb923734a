"""The drivers of database servers.

A URL such as ``postgresql+psycopg2://`` names the driver of the machine that it was written for. Any driver for
the same database reads the same tables, so an installed one takes its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

from mlflow2prov.errors import SourceError


class Driver(NamedTuple):
    """A driver of a database server."""

    name: str
    """As SQLAlchemy names it in a URL."""
    module: str
    timeout: str
    """The argument for the seconds to wait for a connection."""

    def is_installed(self) -> bool:
        """Return whether the driver can be imported with the libraries that it needs."""
        try:
            import_module(self.module)
        except ImportError:
            return False
        return True


DRIVERS: dict[str, tuple[Driver, ...]] = {
    "postgresql": (
        Driver("psycopg", "psycopg", "connect_timeout"),
        Driver("psycopg2", "psycopg2", "connect_timeout"),
        Driver("pg8000", "pg8000", "timeout"),
    ),
    "mysql": (
        Driver("pymysql", "pymysql", "connect_timeout"),
        Driver("mysqldb", "MySQLdb", "connect_timeout"),
        Driver("mysqlconnector", "mysql.connector", "connection_timeout"),
        Driver("cymysql", "cymysql", "connect_timeout"),
    ),
    "mssql": (
        Driver("pyodbc", "pyodbc", "timeout"),
        Driver("pymssql", "pymssql", "login_timeout"),
    ),
}
"""The drivers for each database, the preferred first."""

_PACKAGES = {
    "postgresql": "'mlflow2prov[postgresql]'",
    "mysql": "'mlflow2prov[mysql]'",
    "mssql": "pyodbc",
}


def installed_driver(
    backend: str, name: str | None, location: str, error: type[SourceError] = SourceError
) -> Driver:
    """Return the driver of this name if it is installed, else another one for the same database.

    Args:
        backend: a key of :data:`DRIVERS`.
        name: the driver that a URL names, or None.
        location: the URL for messages, without credentials.
        error: the class of the error.

    Raises:
        SourceError: no driver for the database is installed.
    """
    for driver in _by_preference(DRIVERS[backend], name):
        if driver.is_installed():
            return driver
    raise error(
        f"{location}: no driver for {backend} is installed; pip install {_PACKAGES[backend]}"
    )


def _by_preference(drivers: Sequence[Driver], name: str | None) -> list[Driver]:
    return sorted(drivers, key=lambda driver: driver.name != name)
