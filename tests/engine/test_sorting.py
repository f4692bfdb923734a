"""Tables in order: the same rows in the same order, whether DuckDB sorts them at once or range by range."""

import random

import duckdb
import pytest

from mlflow2prov import engine
from mlflow2prov.engine import Schema, connection, sorting
from mlflow2prov.errors import EngineError

COLUMNS = ("bundle", "id", "time", "attributes")
KEYS = ("bundle", "id", "time")


def queries(rows):
    """Return a query for the first half of some rows, and one for the second, which has no times."""
    half = len(rows) // 2
    return [query(rows[:half], "moment"), query(rows[half:], "NULL")]


def query(rows, time):
    literals = ", ".join(
        f"({bundle!r}, {'NULL' if name is None else repr(name)}, {moment!r})"
        for bundle, name, moment in rows
    )
    return (
        f"SELECT bundle, id, {time}, [{{'key': 'k', 'value': moment}}] "
        f"FROM (VALUES {literals}) AS given(bundle, id, moment)"
    )


@pytest.fixture
def rows():
    numbers = random.Random(1)
    names = ["a", "a b", "ab", "b", "é", "z\U0001f600", None]
    return [
        (numbers.choice(["", "x"]), numbers.choice(names), f"{numbers.randrange(50):02}")
        for _ in range(300)
    ]


@pytest.mark.parametrize(("row_bytes", "percent"), [(10**8, 100), (10**10, 100), (10**8, 0)])
def test_ranges_give_the_order_of_one_sort(monkeypatch, rows, row_bytes, percent):
    monkeypatch.setattr(sorting, "ROW_BYTES", row_bytes)
    monkeypatch.setattr(sorting, "SAMPLE_PERCENT", percent)
    schema = Schema("test")
    one = engine.create_in_order(schema, "one", queries(rows), COLUMNS, KEYS)
    several = sorting.create_by_ranges(schema, "several", queries(rows), COLUMNS, KEYS)
    expected = engine.rows(f"SELECT bundle, id, time FROM {one}")
    assert engine.rows(f"SELECT bundle, id, time FROM {several}") == expected
    assert len(expected) == len(rows)
    both = f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {several}"
    assert engine.rows(both) == []


def test_rows_that_do_not_fit_into_memory_are_sorted_by_ranges(monkeypatch, rows):
    create = Schema.create

    def fail_at_first(self, name, query, **_):
        if "ORDER BY" in query:
            raise connection.OutOfMemoryError("tables: a step needs more memory")
        return create(self, name, query)

    schema = Schema("test")
    expected = engine.rows(
        f"SELECT * FROM {engine.create_in_order(schema, 'one', queries(rows), COLUMNS, KEYS)}"
    )
    monkeypatch.setattr(Schema, "create", fail_at_first)
    table = engine.create_in_order(schema, "another", queries(rows), COLUMNS, KEYS)
    assert sorted(engine.rows(f"SELECT * FROM {table}"), key=repr) == sorted(expected, key=repr)


def arrange(max_rows):
    """Return a function that orders rows by their keys, and fails for more than ``max_rows``."""

    def query(rows):
        if engine.scalar(f"SELECT count(*) FROM {rows}") > max_rows:
            raise connection.OutOfMemoryError("tables: a step needs more memory")
        return f"SELECT bundle, id, time, attributes FROM {rows} ORDER BY bundle, id, time"

    return query


@pytest.mark.parametrize("max_rows", [200, 40])
def test_a_range_that_does_not_fit_into_memory_is_split(monkeypatch, rows, max_rows):
    monkeypatch.setattr(sorting, "SAMPLE_PERCENT", 100)
    schema = Schema("test")
    one = engine.create_in_order(schema, "one", queries(rows), COLUMNS, KEYS)
    split = engine.create_in_order(schema, "split", queries(rows), COLUMNS, KEYS, arrange(max_rows))
    expected = engine.rows(f"SELECT bundle, id, time FROM {one}")
    assert engine.rows(f"SELECT bundle, id, time FROM {split}") == expected


def test_rows_of_one_key_are_not_split_for_ever(rows):
    with pytest.raises(connection.OutOfMemoryError):
        engine.create_in_order(
            Schema("test"), "same", [query(rows[:1] * 100, "moment")], COLUMNS, KEYS, arrange(10)
        )


def test_a_query_that_runs_out_of_memory_is_run_again_by_one_thread(monkeypatch):
    threads = []

    class Connection:
        def execute(self, *_):
            threads.append(engine_threads())
            if len(threads) == 1:
                raise duckdb.OutOfMemoryException("Out of Memory Error: no")

    def engine_threads():
        with connection._connection().cursor() as settings:
            return settings.execute("SELECT current_setting('threads')").fetchall()[0][0]

    default = engine_threads()
    engine.execute("SELECT 1")  # drops what other tests have left
    monkeypatch.setattr(connection, "_thread_connection", Connection)
    engine.execute("SELECT 1")
    assert threads == [default, 1]
    assert engine_threads() == default


def test_a_failure_leaves_no_table_behind(monkeypatch, rows):
    schema = Schema("test")
    monkeypatch.setattr(sorting, "_insert_range", lambda *_: engine.execute("SELECT * FROM no"))
    with pytest.raises(EngineError):
        sorting.create_by_ranges(schema, "half", queries(rows), COLUMNS, KEYS)
    with pytest.raises(EngineError):
        engine.rows(f"SELECT * FROM {schema.table('half')}")


def test_a_query_beyond_the_memory_limit_is_an_error_of_its_own():
    limit = engine.scalar("SELECT current_setting('memory_limit')")
    engine.configure(memory_limit="10MB")
    try:
        with pytest.raises(
            connection.OutOfMemoryError,
            match=r"a step needs more memory than the limit of 9\.5 MiB",
        ):
            engine.execute("SELECT list(repeat('x', 1000)) FROM range(100000)")
    finally:
        engine.configure(memory_limit=limit.replace(" ", ""))
