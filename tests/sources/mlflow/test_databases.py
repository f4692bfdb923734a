"""The store of test_stores.py in a database server: PostgreSQL, and MariaDB for MySQL."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import TABLES
from mlflow2prov.sources.database.connection import open_database
from mlflow2prov.sources.mlflow.database.reader import MLFLOW_STORE
from tests.conftest import free_port, make_store, mlflow_server
from tests.services import databases
from tests.services.databases import PARTIAL_READER, READER, DatabaseServer
from tests.sources.mlflow.stores import (
    assert_a_server_shows_its_store,
    count_rows,
    read,
    rows,
)

pytestmark = pytest.mark.slow


class Store(NamedTuple):
    database: DatabaseServer
    folder: Path
    """The folder of the artifacts."""

    def read(self, url=None, **options):
        """Read the database with an account that has no other rights."""
        url = url or self.database.url(READER)
        return read(url, artifacts_destination=str(self.folder), **options)


@pytest.fixture(scope="session", params=["postgresql", "mariadb"])
def store(request, tmp_path_factory) -> Iterator[Store]:
    """A rich store in a database server."""
    with getattr(databases, request.param)() as server:
        folder = tmp_path_factory.mktemp(request.param)
        make_store(folder, server.url_for_mlflow())
        server.grant_read(READER)
        yield Store(server, folder)


def test_a_database_server_has_the_facts_of_the_same_store_in_sqlite(store, sqlite_store):
    report, facts = store.read()
    _, sqlite_facts = read(sqlite_store)
    assert count_rows(facts) == count_rows(sqlite_facts)
    sqlite_folder = Path(sqlite_store.removeprefix("sqlite:///")).parent
    for table in TABLES.keys() - {"stores"}:
        expected = comparable_rows(sqlite_facts, table, sqlite_folder)
        assert comparable_rows(facts, table, store.folder) == expected, table
    assert (report.kind, report.omissions, report.notices) == ("sql", [], [])


def comparable_rows(facts, table, folder):
    """Return the rows of a table without the values that differ between any two stores."""

    def generalize(row):
        row = row.replace(str(folder), "FOLDER")
        row = re.sub(r"\b(?:[0-9a-f]{32}|[0-9a-f]{24})\b", "ID", row)
        # The times that the script of the store sets are all in 2023.
        return re.sub(r"'(?!2023)20\d\d-[^']*\+00:00'", "NOW", row)

    return sorted(map(generalize, rows(facts, table)))


def test_the_metric_history_has_every_step(store):
    _, facts = store.read(metric_history=True)
    assert facts.rows("SELECT count(*) FROM metrics WHERE key = 'loss'") == [(12,)]


def test_metrics_can_be_infinite_or_not_a_number(store):
    _, facts = store.read()
    metrics = facts.rows(
        "SELECT key, value::VARCHAR FROM metrics WHERE key IN ('nan', 'up', 'down')"
    )
    assert dict(metrics) == {"nan": "nan", "up": "inf", "down": "-inf"}


def test_a_server_shows_its_database_except_for_the_facts_that_it_hides(store):
    _, direct = store.read()
    with mlflow_server(store.database.url_for_mlflow()) as url:
        report, served = read(url)
    assert_a_server_shows_its_store(direct, served)
    assert report.omissions == []


def test_reading_changes_no_table(store):
    before = contents(store)
    store.read(store.database.url(), metric_history=True)
    assert contents(store) == before


def contents(store):
    """Return the rows of all tables."""
    engine = sqlalchemy.create_engine(store.database.url_for_mlflow())
    with engine.connect() as connection:
        tables = {
            table: sorted(map(repr, connection.execute(sqlalchemy.text(f"SELECT * FROM {table}"))))
            for table in sqlalchemy.inspect(connection).get_table_names()
        }
    engine.dispose()
    return tables


@pytest.mark.parametrize(
    "statement", ["DELETE FROM params", "UPDATE runs SET name = 'x'", "CREATE TABLE t (a integer)"]
)
def test_not_even_the_owner_can_write_through_the_connection(store, statement):
    before = contents(store)
    with (
        pytest.raises(TrackingStoreError, match=re.compile("read.only", re.IGNORECASE)),
        open_database(store.database.url(), "the store", MLFLOW_STORE) as database,
    ):
        database._call(lambda: database._connection.execute(sqlalchemy.text(statement)))
    assert contents(store) == before


def test_all_tables_are_read_as_of_one_moment(store):
    engine = sqlalchemy.create_engine(store.database.url_for_mlflow())
    key = engine.dialect.identifier_preparer.quote("key")
    insert = f"INSERT INTO params (run_uuid, {key}, value) SELECT run_uuid, 'late', '' FROM params LIMIT 1"
    with (
        open_database(store.database.url(READER), "the store", MLFLOW_STORE) as database,
        engine.connect() as writer,
    ):
        before = list(database.read_rows("params", "key"))
        writer.execute(sqlalchemy.text(insert))
        writer.commit()
        try:
            assert list(database.read_rows("params", "key")) == before
        finally:
            writer.execute(sqlalchemy.text(f"DELETE FROM params WHERE {key} = 'late'"))
            writer.commit()
    engine.dispose()


def test_a_wrong_password_is_an_error_in_one_line_without_the_password(store):
    with pytest.raises(TrackingStoreError) as error:
        read(store.database.url(READER, "wr0ng%40s3cret"))
    message = str(error.value)
    assert "\n" not in message and READER in message
    assert "password" in message or "denied" in message
    assert not any(secret in message for secret in ("wr0ng", "s3cret"))


@pytest.mark.parametrize(
    ("database", "message"), [("other", "not an MLflow store"), ("none", "cannot be read")]
)
def test_a_database_that_is_missing_or_not_an_mlflow_store_is_an_error(store, database, message):
    with pytest.raises(TrackingStoreError, match=message) as error:
        read(store.database.url(database=database))
    assert "\n" not in str(error.value) and "s3cret" not in str(error.value)


def test_a_url_without_a_database_is_an_error(store):
    with pytest.raises(TrackingStoreError, match="does not name a database") as error:
        read(store.database.url(database="").removesuffix("/"))
    assert "\n" not in str(error.value) and "s3cret" not in str(error.value)


def test_tables_that_an_account_may_not_read_do_not_count_as_empty(store):
    store.database.grant_read(PARTIAL_READER, "experiments", "runs")
    with pytest.raises(TrackingStoreError, match=re.compile("denied", re.IGNORECASE)):
        read(store.database.url(PARTIAL_READER))


def test_a_server_that_is_down_is_an_error(store):
    url = store.database.url().replace(f":{store.database.port}/", f":{free_port()}/")
    with pytest.raises(TrackingStoreError, match=re.compile("refused", re.IGNORECASE)) as error:
        read(url)
    assert "\n" not in str(error.value) and "s3cret" not in str(error.value)


def test_the_password_is_not_a_fact(store):
    report, facts = store.read()
    for table in TABLES:
        assert not any("s3cret" in row for row in rows(facts, table))
    assert "s3cret" not in report.location
