"""Unification, order and differences are the same whether statements are arranged at once or by ranges of keys."""

import pytest
from hypothesis import given

from mlflow2prov import Document, Statement, diff, engine, merge
from mlflow2prov.engine import connection, sorting
from tests.formats.strategies import documents
from tests.property_tests import examples
from tests.prov.statements import document, entity


def arrange_by_ranges(patch):
    """Arrange statements in ranges of a row or two."""
    patch.setattr(engine, "create_in_order", sorting.create_by_ranges)
    patch.setattr(sorting, "ROW_BYTES", 10**12)
    patch.setattr(sorting, "SAMPLE_PERCENT", 100)


@pytest.fixture
def by_ranges(monkeypatch):
    arrange_by_ranges(monkeypatch)


@examples(0.3)
@given(whole=documents())
def test_a_merged_document_is_the_same(whole):
    statements = list(whole.statements())
    parts = [
        Document.from_statements(statements[start::2], whole.namespaces) for start in (0, 1, 0)
    ]
    expected = list(merge(parts).statements())
    with pytest.MonkeyPatch.context() as patch:
        arrange_by_ranges(patch)
        assert list(merge(parts).statements()) == expected


def test_times_of_several_spellings_are_one_statement(by_ranges):
    one, other = (
        Statement("wasGeneratedBy", None, ("e", "a", time))
        for time in ("2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00")
    )
    assert len(merge([document(one), document(other)])) == 1


def test_a_document_that_is_not_unified_is_in_order(by_ranges):
    statements = [entity("b"), entity("a", label="2"), entity("a", label="1"), entity("c")]
    written = [
        (statement.id, [attribute.value for attribute in statement.attributes])
        for statement in document(*statements).statements()
    ]
    assert written == [("a", ["1"]), ("a", ["2"]), ("b", []), ("c", [])]


def test_differences_are_the_same(by_ranges):
    old = document(*(entity(f"e{number}", label="old") for number in range(20)), entity("gone"))
    new = document(*(entity(f"e{number}", label="old") for number in range(20)), entity("new"))
    assert [(change.type, change.statement) for change in diff(old, new).changes] == [
        ("removed", "gone"),
        ("added", "new"),
    ]


def test_what_does_not_fit_into_memory_is_arranged_by_ranges(monkeypatch):
    create = engine.Schema.create

    def fail_at_once(self, name, query, *, is_repeated=True):
        if not is_repeated:
            raise connection.OutOfMemoryError("tables: a step needs more memory")
        return create(self, name, query)

    monkeypatch.setattr(engine.Schema, "create", fail_at_once)
    parts = [document(entity("a", label="1")), document(entity("a", label="2"), entity("b"))]
    assert [statement.id for statement in merge(parts).statements()] == ["a", "b"]
