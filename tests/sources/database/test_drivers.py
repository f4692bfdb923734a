"""Drivers of database servers: the one that a URL names, or another that is installed."""

import pytest

from mlflow2prov.errors import SourceError, TrackingStoreError
from mlflow2prov.sources.database import drivers
from mlflow2prov.sources.database.drivers import DRIVERS, Driver, installed_driver


@pytest.fixture
def installed(monkeypatch):
    """Return a set of modules that alone can be imported."""
    modules = set()

    def import_module(name):
        if name not in modules:
            raise ImportError(name)

    monkeypatch.setattr(drivers, "import_module", import_module)
    return modules


@pytest.mark.parametrize(
    ("backend", "name", "modules", "expected"),
    [
        ("postgresql", None, {"psycopg", "psycopg2"}, "psycopg"),
        ("postgresql", "psycopg2", {"psycopg", "psycopg2"}, "psycopg2"),
        ("postgresql", "psycopg2", {"psycopg"}, "psycopg"),
        ("postgresql", "psycopg", {"psycopg2"}, "psycopg2"),
        ("postgresql", None, {"pg8000"}, "pg8000"),
        ("postgresql", "asyncpg", {"asyncpg", "psycopg"}, "psycopg"),
        ("mysql", "pymysql", {"pymysql", "MySQLdb"}, "pymysql"),
        ("mysql", "mysqlconnector", {"pymysql"}, "pymysql"),
        ("mysql", "mysqldb", {"mysql.connector"}, "mysqlconnector"),
        ("mssql", "pyodbc", {"pymssql"}, "pymssql"),
    ],
)
def test_the_named_driver_is_used_if_it_is_installed_and_else_another(
    installed, backend, name, modules, expected
):
    installed |= modules
    assert installed_driver(backend, name, "db").name == expected


@pytest.mark.parametrize(
    ("backend", "package"),
    [
        ("postgresql", r"'mlflow2prov\[postgresql\]'"),
        ("mysql", r"'mlflow2prov\[mysql\]'"),
        ("mssql", "pyodbc"),
    ],
)
def test_without_a_driver_the_package_is_named(installed, backend, package):
    message = f"^db: no driver for {backend} is installed; pip install {package}$"
    for error in (SourceError, TrackingStoreError):
        with pytest.raises(error, match=message) as info:
            installed_driver(backend, "any", "db", error)
        assert info.type is error


def test_a_driver_whose_libraries_are_missing_is_not_installed(tmp_path, monkeypatch):
    (tmp_path / "broken_driver.py").write_text("raise ImportError('no library found')")
    monkeypatch.syspath_prepend(tmp_path)
    assert not Driver("broken", "broken_driver", "timeout").is_installed()


@pytest.mark.parametrize("driver", [driver for group in DRIVERS.values() for driver in group])
def test_sqlalchemy_knows_every_driver(driver):
    from sqlalchemy.dialects import registry

    (backend,) = (name for name, group in DRIVERS.items() if driver in group)
    assert registry.load(f"{backend}.{driver.name}").driver == driver.name
