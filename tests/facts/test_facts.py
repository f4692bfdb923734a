"""The fact tables: what is empty, and what was forgotten."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.facts.views import VIEWS


def test_views_of_empty_tables_are_empty():
    facts = Facts()
    assert all(facts.is_empty(name) for name in VIEWS)
    assert all(facts.query(f"SELECT count(*) FROM {{{name}}}") == [(0,)] for name in VIEWS)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_reads_from_what_it_says(name):
    assert VIEWS[name].sources


def test_a_view_with_rows_is_not_empty():
    facts = Facts()
    with facts:
        facts.add("stores", "f", "u", "sqlite", "3")
        facts.add("experiments", "1", "e", None, "active", None, None, None)
    assert not facts.is_empty("stored_experiments")
    assert not facts.is_empty("mlflow_users")
    assert facts.is_empty("stored_params")
    facts.discard(["experiments"])
    assert facts.is_empty("stored_experiments")
    assert facts.query("SELECT count(*) FROM {experiments}") == [(0,)]
