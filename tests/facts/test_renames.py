"""Exact renames and copies: the source of an added path."""

import pytest

from mlflow2prov.facts import Facts, renames
from mlflow2prov.facts.renames import find_exact_renames

BLOB = "b" * 40


def statuses(*changes):
    """Return (status, path, previous path) of the changes of one commit after exact renames were found."""
    with Facts() as facts:
        for status, path in changes:
            side = {"mode": "100644", "blob": BLOB} if status == "A" else {}
            if status == "D":
                side = {"previous_path": path, "previous_mode": "100644", "previous_blob": BLOB}
            facts.add("changes", ordinal=0, sha="c", position=0, status=status, path=path, **side)
    find_exact_renames(facts)
    return facts.rows("SELECT status, path, previous_path FROM changes ORDER BY path")


def test_the_last_use_of_a_deleted_path_is_a_rename_and_earlier_uses_are_copies():
    assert statuses(("D", "old"), ("A", "x"), ("A", "y")) == [("C", "x", "old"), ("R", "y", "old")]


def test_a_source_with_the_same_base_name_is_preferred():
    assert statuses(("D", "a/other"), ("D", "b/same"), ("A", "c/same")) == [
        ("D", "a/other", "a/other"),
        ("R", "c/same", "b/same"),
    ]


@pytest.mark.parametrize(("max_sources", "source"), [(1, "a/other"), (2, "b/same")])
def test_only_the_first_sources_are_considered(monkeypatch, max_sources, source):
    monkeypatch.setattr(renames, "MAX_SOURCES", max_sources)
    rows = statuses(("D", "a/other"), ("D", "b/same"), ("A", "c/same"))
    assert ("R", "c/same", source) in rows
