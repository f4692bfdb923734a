"""Databases that are damaged, locked or full of odd values, and servers that are none or repeat credentials."""

import os
import random
import sqlite3
import struct
import time
from contextlib import closing

import pytest

from mlflow2prov.errors import InternalError, MLflow2ProvError, TrackingStoreError
from mlflow2prov.secrets import MASK
from mlflow2prov.sources.database import connection
from mlflow2prov.sources.database.driver_calls import run_within
from tests.fuzz.readers import READERS
from tests.sources.mlflow.fake_server import serve_bytes
from tests.sources.mlflow.stores import read

PASSWORD = "pa55word!"
SCHEMES = ("postgresql", "mysql")


def database_url(scheme, url):
    """Return the URL of a database server on the port of another URL."""
    options = "?sslmode=disable" if scheme == "postgresql" else ""
    return f"{scheme}://ada:pa55word%21@{url.removeprefix('http://')}/mlflow{options}"


def message_of(url):
    """Return the message of the error that reading a database raises, which is one line."""
    with pytest.raises(TrackingStoreError) as error:
        read(url)
    message = str(error.value)
    assert message.isprintable() and len(message) < 500
    return message


def postgresql_error(message):
    """Return an ErrorResponse (PostgreSQL documentation, "Message Formats")."""
    fields = b"SFATAL\0VFATAL\0C28P01\0M" + message.encode() + b"\0\0"
    return b"E" + struct.pack("!I", len(fields) + 4) + fields


def mysql_error(message):
    """Return an ERR_Packet (MySQL documentation, "Generic Response Packets")."""
    payload = b"\xff" + struct.pack("<H", 1045) + message.encode()
    return struct.pack("<I", len(payload))[:3] + b"\0" + payload


class TestServers:
    @pytest.fixture(autouse=True)
    def limits(self, monkeypatch):
        monkeypatch.setattr(connection, "MAX_CONNECT_SECONDS", 3)

    @pytest.mark.parametrize(
        ("scheme", "beginning"),
        [
            ("postgresql", b""),
            ("postgresql", b"E\0\0\xff\xff"),
            ("postgresql", b"R\0\0\xff\xff"),
            ("mysql", b""),
            ("mysql", b"\xff\xff\xff\0"),
        ],
    )
    def test_a_server_that_does_not_end_is_an_error(self, scheme, beginning, monkeypatch):
        monkeypatch.setattr(connection, "MAX_CONNECT_SECONDS", 0.5)
        start = time.monotonic()
        with serve_bytes(beginning, *[b"x"] * 50, pause=0.2, greets=scheme == "mysql") as url:
            message = message_of(database_url(scheme, url))
        # The driver for PostgreSQL has a limit of its own, or finds the beginning invalid.
        assert "within 0.5 seconds" in message or scheme == "postgresql"
        assert time.monotonic() - start < 5

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize(
        "content",
        [b"\0" * 100, b"\xff" * 100, b"HTTP/1.1 400 Bad Request\r\n\r\n<html>", os.urandom(1000)],
        ids=["zeros", "ones", "HTTP", "random"],
    )
    def test_a_server_of_another_kind_is_an_error(self, scheme, content):
        with serve_bytes(content, greets=True) as url:
            message_of(database_url(scheme, url))

    @pytest.mark.parametrize("scheme", SCHEMES)
    def test_credentials_that_a_server_repeats_are_masked(self, scheme):
        make = postgresql_error if scheme == "postgresql" else mysql_error
        content = make(f"no ada with {PASSWORD}, or pa55word%21 of\x1b[31m ada:{PASSWORD}\u2028")
        with serve_bytes(content, greets=scheme == "mysql") as url:
            message = message_of(database_url(scheme, url))
        assert f"no ada with {MASK}, or {MASK} of" in message

    def test_secret_parameters_of_a_url_are_masked(self):
        with serve_bytes(postgresql_error("no s3cret-key")) as url:
            message = message_of(f"{database_url('postgresql', url)}&sslpassword=s3cret-key")
        assert f"no {MASK}" in message


def test_a_call_without_end_is_abandoned():
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        run_within(0.05, lambda: time.sleep(3))
    assert time.monotonic() - start < 2
    assert run_within(10, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        run_within(10, lambda: 1 / 0)


def make_database(file, script=""):
    """Make a database with the tables that every store has."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript(
            "CREATE TABLE experiments (experiment_id, name, lifecycle_stage);"
            "INSERT INTO experiments VALUES (0, 'Default', 'active');"
            f"CREATE TABLE runs (run_uuid, experiment_id, name, user_id, start_time, status); {script}"
        )
    return f"sqlite:///{file}"


class TestFiles:
    @pytest.mark.parametrize("bytes_changed", [1, 10, 100])
    def test_a_damaged_file_is_read_or_an_error(self, bytes_changed, tmp_path):
        (content,) = READERS["database"].seeds().values()
        source = random.Random(bytes_changed)
        for number in range(5):
            damaged = bytearray(content)
            for _ in range(bytes_changed):
                damaged[source.randrange(100, len(damaged))] = source.randrange(256)
            file = tmp_path / f"{number}.db"
            file.write_bytes(damaged)
            try:
                read(f"sqlite:///{file}")
            except MLflow2ProvError as error:
                assert not isinstance(error, InternalError)

    @pytest.mark.parametrize("size", [0, 16, 100, 600, 5000])
    def test_a_file_that_is_cut_off_is_an_error(self, size, tmp_path):
        (content,) = READERS["database"].seeds().values()
        (tmp_path / "m.db").write_bytes(content[:size])
        message_of(f"sqlite:///{tmp_path}/m.db")

    def test_a_database_that_stays_locked_is_an_error(self, tmp_path, monkeypatch):
        monkeypatch.setattr(connection, "_BUSY_SECONDS", 0.1)
        url = make_database(tmp_path / "m.db")
        with closing(sqlite3.connect(tmp_path / "m.db")) as writer:
            writer.execute("BEGIN EXCLUSIVE")
            assert "database is locked" in message_of(url)

    @pytest.mark.parametrize("storage", ["VIRTUAL", "STORED"])
    def test_computed_columns_are_not_read(self, storage, tmp_path):
        columns = f"run_uuid, experiment_id, name AS (printf('%.*c', 20, 'x')) {storage}"
        url = make_database(
            tmp_path / "m.db",
            f"DROP TABLE runs; CREATE TABLE runs ({columns}); INSERT INTO runs VALUES ('r', 0)",
        )
        report, facts = read(url)
        assert facts.rows("SELECT run_id, name FROM runs") == [("r", None)]
        assert report.omissions == [
            f"{url}: runs.name is computed, and only stored values are read"
        ]

    def test_the_size_of_a_value_is_limited(self, tmp_path, monkeypatch):
        monkeypatch.setattr(connection, "MAX_VALUE_BYTES", 10_000)
        url = make_database(
            tmp_path / "m.db", "INSERT INTO runs VALUES (printf('%.*c', 20000, 'x'), 0, 1, 1, 1, 1)"
        )
        assert "too big" in message_of(url)

    def test_a_table_that_repeats_itself_is_an_error(self, tmp_path, monkeypatch):
        url = make_database(tmp_path / "m.db", "INSERT INTO runs SELECT 1, 1, 1, 1, 1, 1")
        monkeypatch.setattr(connection, "_file_size", lambda _: 0)
        assert "damaged: the table experiments has more rows" in message_of(url)

    @pytest.mark.parametrize(
        "value",
        [
            "x'ff'",
            "cast(x'ff61' AS TEXT)",
            "cast(x'eda080' AS TEXT)",
            "char(0)",
            "char(27) || '[31m'",
            "9e999",
            "-9223372036854775808",
            "'1e400'",
            "zeroblob(100)",
            "'[' || char(10) || '{'",
        ],
    )
    def test_any_value_may_be_in_any_column(self, value, tmp_path):
        url = make_database(
            tmp_path / "m.db",
            f"""
            CREATE TABLE params (key, value, run_uuid);
            CREATE TABLE tags (key, value, run_uuid);
            CREATE TABLE latest_metrics (key, value, timestamp, step, is_nan, run_uuid);
            CREATE TABLE model_versions (name, version, creation_time, source, run_id, status);
            CREATE TABLE datasets (dataset_uuid, name, digest);
            CREATE TABLE inputs (input_uuid, source_type, source_id, destination_type, destination_id);
            INSERT INTO experiments VALUES ({value}, {value}, {value});
            INSERT INTO runs VALUES ({value}, {value}, {value}, {value}, {value}, {value});
            INSERT INTO runs VALUES ('r', 0, {value}, {value}, {value}, {value});
            INSERT INTO params VALUES ({value}, {value}, 'r'), ('k', 'v', {value});
            INSERT INTO tags VALUES ('mlflow.user', {value}, 'r'), ({value}, {value}, {value});
            INSERT INTO latest_metrics VALUES ({value}, {value}, {value}, {value}, {value}, 'r');
            INSERT INTO model_versions VALUES ({value}, {value}, {value}, {value}, {value}, {value});
            INSERT INTO datasets VALUES ('d', {value}, {value});
            INSERT INTO inputs VALUES ({value}, 'DATASET', 'd', 'RUN', {value});
            """,
        )
        _, facts = read(url)
        assert ("r",) in facts.rows("SELECT run_id FROM runs")

    @pytest.mark.parametrize(
        "table", ["params", "tags", "model_versions", "inputs", "latest_metrics"]
    )
    def test_a_view_named_like_a_table_is_an_omission(self, table, tmp_path):
        url = make_database(tmp_path / "m.db", f"CREATE VIEW {table} AS SELECT 1 AS key")
        report, _ = read(url)
        assert report.omissions == [f"{url}: {table} is a view, and only tables are read"]

    @pytest.mark.parametrize("table", ["experiments", "runs"])
    def test_a_view_in_place_of_a_table_that_every_store_has_is_an_error(self, table, tmp_path):
        endless = (
            "WITH RECURSIVE r(run_uuid) AS (VALUES (1) UNION ALL SELECT 1 FROM r) SELECT * FROM r"
        )
        url = make_database(
            tmp_path / "m.db", f"DROP TABLE {table}; CREATE VIEW {table} AS {endless}"
        )
        assert message_of(url) == f"{url}: {table} is a view, and only tables are read"

    def test_views_of_other_names_are_ignored(self, tmp_path):
        url = make_database(tmp_path / "m.db", "CREATE VIEW run_names AS SELECT name FROM runs")
        report, _ = read(url)
        assert report.omissions == []

    def test_a_virtual_table_is_not_a_way_out(self, tmp_path):
        virtual = "DROP TABLE runs; CREATE VIRTUAL TABLE runs USING fts5(run_uuid)"
        _, facts = read(make_database(tmp_path / "m.db", virtual))
        assert facts.rows("SELECT * FROM runs") == []
