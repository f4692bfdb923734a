"""Fact tables and views: rows by column name, empty tables, discarded tables."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from mlflow2prov.facts import TABLES, Facts, facts
from mlflow2prov.facts.views import VIEWS


def test_rows_are_inserted_by_column_name():
    with Facts() as filled:
        filled.add("parents", position=0, sha="child", parent="parent", ordinal=1)
    assert filled.rows("SELECT ordinal, sha, parent, position FROM parents") == [
        (1, "child", "parent", 0)
    ]


def test_columns_left_out_are_null():
    with Facts() as filled:
        filled.add("stores", kind="sql")
        filled.add_columns("stores", url=["a", "b"])
    assert filled.rows("SELECT kind, url FROM stores ORDER BY ALL NULLS LAST") == [
        ("sql", None),
        (None, "a"),
        (None, "b"),
    ]


def test_some_rows_are_added_by_column():
    with Facts() as filled:
        filled.extend("parents", 2, ordinal=range(2), sha=["a", "b"])
        filled.add("parents", sha="c", position=0)
        filled.extend("parents", 0, ordinal=[], sha=[])
    assert filled.rows("SELECT ordinal, sha, parent, position FROM parents ORDER BY sha") == [
        (0, "a", None, None),
        (1, "b", None, None),
        (None, "c", None, 0),
    ]


def test_columns_of_other_lengths_are_an_error():
    filled = Facts()
    filled.extend("parents", 2, ordinal=range(2), sha=["a"])
    with pytest.raises(ValueError, match="length"):
        filled.flush()
    assert filled.rows("SELECT count(*) FROM parents") == [(0,)]


def test_some_rows_fill_a_batch(monkeypatch):
    monkeypatch.setattr(facts, "BATCH_ROWS", 3)
    filled = Facts()
    filled.extend("commits", 2, ordinal=range(2))
    assert filled.rows("SELECT count(*) FROM commits") == [(0,)]
    filled.extend("commits", 2, ordinal=range(2, 4))
    assert filled.rows("SELECT ordinal FROM commits") == [(0,), (1,), (2,), (3,)]


@pytest.mark.parametrize("method", ["add", "add_columns"])
def test_unknown_columns_are_an_error(method):
    with pytest.raises(TypeError, match="parents: unknown column 'child'; choose from ordinal"):
        getattr(Facts(), method)("parents", child=[])


def test_rows_keep_their_order_across_batches(monkeypatch):
    monkeypatch.setattr(facts, "BATCH_ROWS", 2)
    filled = Facts()
    for ordinal in range(5):
        filled.add("commits", ordinal=ordinal)
    assert filled.rows("SELECT ordinal FROM commits") == [(0,), (1,), (2,), (3,)]
    filled.flush()
    assert filled.rows("SELECT ordinal FROM commits") == [(0,), (1,), (2,), (3,), (4,)]


def test_two_extractions_have_separate_tables():
    first, second = Facts(), Facts()
    with first:
        first.add("stores", url="first")
    assert first.rows("SELECT url FROM stores") == [("first",)]
    assert second.rows("SELECT url FROM stores") == []


def test_an_error_in_sql_leaves_the_tables_usable():
    filled = Facts()
    with pytest.raises(Exception, match="no_such_table"):
        filled.rows("SELECT * FROM no_such_table")
    assert filled.rows("SELECT count(*) FROM stores") == [(0,)]


def test_views_of_empty_tables_are_empty():
    filled = Facts()
    assert all(filled.is_empty(name) for name in VIEWS)
    assert all(filled.rows(f"SELECT count(*) FROM {name}") == [(0,)] for name in VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_names_the_tables_that_its_rows_come_from(name):
    assert VIEWS[name].rows_from
    assert set(VIEWS[name].rows_from) <= {*TABLES, *VIEWS}


def test_a_view_with_rows_is_not_empty():
    with Facts() as filled:
        filled.add("stores", url="u", kind="sqlite", version="3")
        filled.add("experiments", experiment_id="1", name="e", lifecycle_stage="active")
    assert not filled.is_empty("experiments_of_store")
    assert not filled.is_empty("mlflow_users")
    assert filled.is_empty("params_of_runs")
    filled.discard(["experiments"])
    assert filled.is_empty("experiments_of_store")
    assert filled.rows("SELECT count(*) FROM experiments") == [(0,)]


def test_threads_query_their_own_facts():
    def count_in_own_tables(number):
        filled = Facts()
        filled.add_columns("commits", ordinal=list(range(number)))
        return [filled.rows("SELECT count(*) FROM commits") for _ in range(50)]

    with ThreadPoolExecutor(8) as threads:
        for number, counts in enumerate(threads.map(count_in_own_tables, range(16))):
            assert counts == [[(number,)]] * 50
