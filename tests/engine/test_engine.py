"""The engine: its functions, schemas and registrations, and SQL made of values and names."""

import gc
import threading

import pyarrow as pa
import pytest

from mlflow2prov import engine
from mlflow2prov.errors import ConfigurationError, EngineError


def schemas(prefix):
    query = "SELECT schema_name FROM duckdb_schemas() WHERE starts_with(schema_name, ?)"
    return {name for (name,) in engine.rows(query, [prefix])}


@pytest.mark.parametrize(
    "value", ["", "plain", "it's", "''", 'a "b"', "a\nb", "\\", "; DROP TABLE x"]
)
def test_literals_and_identifiers_quote_any_text(value):
    assert engine.scalar(f"SELECT {engine.literal(value)}") == value
    if value:
        name = engine.identifier(value)
        assert engine.rows(f"SELECT {name} FROM (SELECT 1 AS {name})") == [(1,)]


def test_rows_come_as_tuples_arrays_frames_and_batches():
    query = "SELECT range AS number FROM range(5)"
    assert engine.rows(query) == [(0,), (1,), (2,), (3,), (4,)]
    assert engine.rows("SELECT ?, ?", ["a", 1]) == [("a", 1)]
    assert engine.arrays(query)["number"].tolist() == [0, 1, 2, 3, 4]
    assert engine.frame(query)["number"].tolist() == [0, 1, 2, 3, 4]
    assert [batch.num_rows for batch in engine.stream(query, 2)] == [5] or sum(
        batch.num_rows for batch in engine.stream(query, 2)
    ) == 5


def test_a_stream_is_not_disturbed_by_other_queries():
    stream = engine.stream("SELECT range FROM range(10000)", 1000)
    first = next(stream)
    assert engine.scalar("SELECT 1") == 1
    assert first.num_rows + sum(batch.num_rows for batch in stream) == 10_000


def test_a_schema_is_dropped_with_its_owner():
    schema = engine.Schema("owned")
    table = schema.create("things", "SELECT 1 AS number")
    assert engine.scalar(f"SELECT number FROM {table}") == 1
    name = schema.name
    assert name in schemas("owned")
    del schema
    gc.collect()
    assert name not in schemas("owned")


def test_a_schema_whose_owner_goes_during_a_query_is_dropped_after_it():
    schema = engine.Schema("during")
    stream = engine.stream(
        f"SELECT * FROM {schema.create('rows', 'SELECT range FROM range(9999)')}", 1000
    )
    next(stream)
    name = schema.name
    del schema
    gc.collect()
    assert sum(batch.num_rows for batch in stream) > 0
    assert name not in schemas("during")


def test_a_registered_table_has_a_name_of_its_own_for_the_length_of_a_block():
    table = pa.table({"a": [1, 2]})
    with engine.registered(table) as one, engine.registered(table) as other:
        assert one != other
        assert engine.scalar(f"SELECT sum(x.a + y.a) FROM {one} x JOIN {other} y ON x.a = y.a") == 6
    with pytest.raises(EngineError):
        engine.rows(f"SELECT * FROM {one}")


def test_a_registered_table_is_gone_after_an_error():
    with pytest.raises(ZeroDivisionError), engine.registered(pa.table({"a": [1]})) as name:
        _ = 1 / 0
    with pytest.raises(EngineError):
        engine.rows(f"SELECT * FROM {name}")


def test_functions_are_known_to_all_threads_for_the_length_of_a_block():
    results = []
    with engine.functions(str.upper, str.title) as (upper, title):
        query = f"SELECT {upper}('ab cd'), {title}('ab cd')"
        threads = [
            threading.Thread(target=lambda: results.append(engine.rows(query)[0])) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [("AB CD", "Ab Cd")] * 4
    with pytest.raises(EngineError):
        engine.rows(query)


def test_errors_of_the_database_are_one_line_of_our_own():
    with pytest.raises(EngineError) as error:
        engine.rows("SELECT * FROM nowhere")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", ["", "much", "-1", "1 apple", "\ud800", 7, b"1GB"])
def test_a_memory_limit_must_be_a_size(size):
    with pytest.raises(ConfigurationError, match="memory limit"):
        engine.configure(memory_limit=size)


def test_the_memory_limit_can_be_set():
    before = engine.scalar("SELECT current_setting('memory_limit')")
    try:
        engine.configure(memory_limit="512MiB")
        assert engine.scalar("SELECT current_setting('memory_limit')") == "512.0 MiB"
    finally:
        engine.configure(memory_limit=before.replace(" ", ""))


@pytest.mark.parametrize("folder", ["/nowhere/at/all", "\0", 7])
def test_a_temporary_folder_must_be_a_folder(folder):
    with pytest.raises(ConfigurationError, match="temporary folder"):
        engine.configure(temporary_folder=folder)


def test_macros_compare_names_by_their_local_part():
    attributes = (
        "[{'key': 'prov:type', 'value': 'prov:Collection'}, {'key': 'prov:type', 'value': 'x:Run'}, "
        "{'key': 'x:name', 'value': 'first'}, {'key': 'name', 'value': 'second'}]"
    )
    assert engine.rows(
        f"SELECT is_a(a, 'Run'), is_a(a, 'un'), domain_type(a), attr(a, 'name'), attr(a, 'prov:type'), "
        f"attr(a, 'x:other'), len(attrs(a, 'name')), local_name('a:b:c'), is_named('x:Run', 'Run') "
        f"FROM (SELECT {attributes} AS a)"
    ) == [(True, False, "Run", "first", "prov:Collection", None, 2, "c", True)]


def test_a_transaction_that_fails_has_no_effect():
    schema = engine.Schema("test")
    table = schema.create("numbers", "SELECT 1 AS number")
    with pytest.raises(EngineError), engine.transaction():
        engine.execute(f"DROP TABLE {table}")
        engine.execute("SELECT * FROM no_such_table")
    assert engine.rows(f"SELECT * FROM {table}") == [(1,)]
    with engine.transaction():
        engine.execute(f"INSERT INTO {table} VALUES (2)")
    assert len(engine.rows(f"SELECT * FROM {table}")) == 2
