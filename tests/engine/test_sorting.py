"""Tables in order: the same rows in the same order, whether DuckDB sorts them at once or range by range."""

import random

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

    def fail_at_first(self, name, query):
        if "ORDER BY" in query:
            raise connection.OutOfMemoryError("tables: the memory limit is too low")
        return create(self, name, query)

    schema = Schema("test")
    expected = engine.rows(
        f"SELECT * FROM {engine.create_in_order(schema, 'one', queries(rows), COLUMNS, KEYS)}"
    )
    monkeypatch.setattr(Schema, "create", fail_at_first)
    table = engine.create_in_order(schema, "another", queries(rows), COLUMNS, KEYS)
    assert sorted(engine.rows(f"SELECT * FROM {table}"), key=repr) == sorted(expected, key=repr)


def test_a_failure_leaves_no_table_behind(monkeypatch, rows):
    schema = Schema("test")
    monkeypatch.setattr(sorting, "_insert_in_order", lambda *_: engine.execute("SELECT * FROM no"))
    with pytest.raises(EngineError):
        sorting.create_by_ranges(schema, "half", queries(rows), COLUMNS, KEYS)
    with pytest.raises(EngineError):
        engine.rows(f"SELECT * FROM {schema.table('half')}")


def test_a_query_beyond_the_memory_limit_is_an_error_of_its_own():
    limit = engine.scalar("SELECT current_setting('memory_limit')")
    engine.configure(memory_limit="10MB")
    try:
        with pytest.raises(connection.OutOfMemoryError, match="the memory limit is too low"):
            engine.execute("SELECT list(repeat('x', 1000)) FROM range(100000)")
    finally:
        engine.configure(memory_limit=limit.replace(" ", ""))
