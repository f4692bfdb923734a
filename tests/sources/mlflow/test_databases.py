"""The store of test_stores.py in a database server: PostgreSQL, and MariaDB for MySQL."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import TABLES
from mlflow2prov.sources.mlflow.database.connection import opened
from tests.conftest import free_port, make_store, mlflow_server
from tests.services import databases
from tests.services.databases import PARTLY, READER, DatabaseServer
from tests.services.reading import assert_a_server_says_what_its_store_says, counts, read, rows


class Store(NamedTuple):
    database: DatabaseServer
    folder: Path
    """Where MLflow keeps the artifacts."""

    def read(self, url=None, **wishes):
        """Read the database by an account that may do nothing else."""
        url = url or self.database.url(READER)
        return read(url, artifacts_destination=str(self.folder), **wishes)


@pytest.fixture(scope="session", params=["postgresql", "mariadb"])
def store(request, tmp_path_factory) -> Iterator[Store]:
    """A rich store in a database server."""
    with getattr(databases, request.param)() as server:
        folder = tmp_path_factory.mktemp(request.param)
        make_store(folder, server.url_for_mlflow())
        server.let_read(READER)
        yield Store(server, folder)


def test_it_holds_what_the_same_store_in_sqlite_holds(store, sqlite_store):
    info, facts = store.read()
    _, of_sqlite = read(sqlite_store)
    assert counts(facts) == counts(of_sqlite)
    home = Path(sqlite_store.removeprefix("sqlite:///")).parent
    for table in TABLES.keys() - {"stores"}:
        assert alike(facts, table, store.folder) == alike(of_sqlite, table, home), table
    assert (info.kind, info.left_out, info.notices) == ("sql", [], [])


def alike(facts, table, home):
    """Return a table's rows without what is another each time that a store is made."""

    def general(row):
        row = row.replace(str(home), "HOME")
        row = re.sub(r"[0-9a-f]{32}", "ID", row)
        # All that MLflow did not do at a time of its own was in 2023.
        return re.sub(r"'(?!2023)20\d\d-[^']*\+00:00'", "NOW", row)

    return sorted(map(general, rows(facts, table)))


def test_C5_metric_history_is_every_step(store):
    _, facts = store.read(metric_history=True)
    assert facts.query("SELECT count(*) FROM {metrics} WHERE key = 'loss'") == [(12,)]


def test_numbers_that_are_none_and_infinite_ones(store):
    _, facts = store.read()
    found = dict(
        facts.query("SELECT key, value::VARCHAR FROM {metrics} WHERE key IN ('nan', 'up', 'down')")
    )
    assert found == {"nan": "nan", "up": "inf", "down": "-inf"}


def test_a_server_says_what_its_database_says_but_for_what_it_hides(store):
    _, direct = store.read()
    with mlflow_server(store.database.url_for_mlflow()) as url:
        info, served = read(url)
    assert_a_server_says_what_its_store_says(direct, served)
    assert info.left_out == []


def test_reading_leaves_every_table_as_it_is(store):
    before = contents(store)
    store.read(store.database.url(), metric_history=True)
    assert contents(store) == before


def contents(store):
    engine = sqlalchemy.create_engine(store.database.url_for_mlflow())
    with engine.connect() as connection:
        found = {
            table: sorted(map(repr, connection.execute(sqlalchemy.text(f"SELECT * FROM {table}"))))
            for table in sqlalchemy.inspect(connection).get_table_names()
        }
    engine.dispose()
    return found


@pytest.mark.parametrize(
    "statement", ["DELETE FROM params", "UPDATE runs SET name = 'x'", "CREATE TABLE t (a integer)"]
)
def test_what_was_opened_to_be_read_cannot_be_written_to_even_by_its_owner(store, statement):
    before = contents(store)
    with (
        pytest.raises(TrackingStoreError, match=re.compile("read.only", re.IGNORECASE)),
        opened(store.database.url(), "the store", "default") as database,
    ):
        database._connection.execute(sqlalchemy.text(statement))
    assert contents(store) == before


def test_all_is_read_as_of_one_moment(store):
    engine = sqlalchemy.create_engine(store.database.url_for_mlflow())
    log_late = (
        "INSERT INTO params (run_uuid, {0}, value) SELECT run_uuid, 'late', '' FROM params LIMIT 1"
    )
    key = engine.dialect.identifier_preparer.quote("key")
    with (
        opened(store.database.url(READER), "the store", "default") as database,
        engine.connect() as writer,
    ):
        before = list(database.rows("params", "key"))
        writer.execute(sqlalchemy.text(log_late.format(key)))
        writer.commit()
        try:
            assert list(database.rows("params", "key")) == before
        finally:
            writer.execute(sqlalchemy.text(f"DELETE FROM params WHERE {key} = 'late'"))
            writer.commit()
    engine.dispose()


def test_C9_a_wrong_password_is_one_line_that_does_not_tell_it(store):
    with pytest.raises(TrackingStoreError) as raised:
        read(store.database.url(READER, "wr0ng%40s3cret"))
    message = str(raised.value)
    assert "\n" not in message and READER in message
    assert "password" in message or "denied" in message
    assert not any(secret in message for secret in ("wr0ng", "s3cret"))


@pytest.mark.parametrize(
    ("database", "message"), [("other", "holds no MLflow store"), ("none", "cannot be read")]
)
def test_C9_a_database_that_is_none_of_MLflows(store, database, message):
    with pytest.raises(TrackingStoreError, match=message) as raised:
        read(store.database.url(database=database))
    assert "\n" not in str(raised.value) and "s3cret" not in str(raised.value)


def test_C9_a_url_that_names_no_database_is_one_line(store):
    with pytest.raises(TrackingStoreError) as raised:
        read(store.database.url(database="").removesuffix("/"))
    assert "\n" not in str(raised.value) and "s3cret" not in str(raised.value)


def test_tables_that_an_account_may_not_read_are_not_taken_for_empty_ones(store):
    store.database.let_read(PARTLY, "experiments", "runs")
    with pytest.raises(TrackingStoreError, match=re.compile("denied", re.IGNORECASE)):
        read(store.database.url(PARTLY))


def test_C9_a_server_that_is_down(store):
    down = store.database.url().replace(f":{store.database.port}/", f":{free_port()}/")
    with pytest.raises(TrackingStoreError, match=re.compile("refused", re.IGNORECASE)) as raised:
        read(down)
    assert "\n" not in str(raised.value) and "s3cret" not in str(raised.value)


def test_the_password_is_no_fact(store):
    info, facts = store.read()
    for table in TABLES:
        assert not any("s3cret" in row for row in rows(facts, table))
    assert "s3cret" not in info.url
