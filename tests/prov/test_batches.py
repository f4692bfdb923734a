"""Statements are inserted in batches, whose size has no effect on the document."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, engine
from mlflow2prov.errors import EngineError, FormatError, StatementError
from mlflow2prov.prov import builder, document, tables
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import KIND, KINDS, ArgumentType
from mlflow2prov.prov.merge import merge, unified
from mlflow2prov.prov.namespaces import Namespaces
from tests.formats.strategies import documents

EX = {"ex": "http://example.org/ns#"}
STATEMENTS = [
    Statement("entity", "ex:1", (), (Attribute("ex:k", "a"), Attribute("ex:k", "b"))),
    Statement("entity", "ex:2"),
    Statement("entity", "ex:3", (), (Attribute("ex:k", "c", None, "en"),)),
    Statement("used", None, ("ex:a", "ex:1", None)),
    Statement("used", "ex:u", ("ex:a", "ex:2", None), (Attribute("prov:role", "d"),)),
    Statement("entity", "ex:1", (), (Attribute("ex:k", "e"),), "ex:bundle"),
    Statement("entity", "ex:2", bundle="ex:bundle"),
]


@pytest.fixture(params=[1, 2, 3, 100])
def rows(request, monkeypatch):
    monkeypatch.setattr(document, "BATCH_ROWS", request.param)
    monkeypatch.setattr(builder, "BATCH_ROWS", request.param)


@pytest.fixture
def two_rows(monkeypatch):
    monkeypatch.setattr(document, "BATCH_ROWS", 2)
    monkeypatch.setattr(builder, "BATCH_ROWS", 2)


@pytest.mark.usefixtures("rows")
def test_a_document_is_extended_by_all_statements():
    mixed = [*STATEMENTS[::2], *STATEMENTS[1::2]]
    extended = Document.from_statements(mixed[:3], EX)
    extended.extend(mixed[3:])
    assert sorted(map(str, extended.statements())) == sorted(map(str, STATEMENTS))


@pytest.mark.usefixtures("rows")
def test_a_builder_returns_all_statements():
    namespaces = Namespaces(EX)
    built = Builder(namespaces)
    for kind, identifier, arguments, attributes, bundle in STATEMENTS:
        built.add(bundle, kind, identifier, arguments, attributes)
    assert sorted(map(str, built.finish().statements())) == sorted(map(str, STATEMENTS))


def failing():
    yield from STATEMENTS
    raise LookupError


@pytest.mark.usefixtures("two_rows")
@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([*STATEMENTS, "entity"], "item 7 is str, not a Statement"),
        ([*STATEMENTS[:5], None, *STATEMENTS[5:]], "item 5 is NoneType, not a Statement"),
        ([*STATEMENTS, ("entity", "ex:4", (), (), "")], "item 7 is tuple, not a Statement"),
        (iter([STATEMENTS[1], STATEMENTS[2], STATEMENTS[1], 4]), "item 3 is int"),
        (7, "int is not an iterable of statements"),
    ],
)
def test_a_document_is_extended_by_all_statements_or_by_none(statements, message):
    extended = Document.from_statements([STATEMENTS[0]], EX)
    with pytest.raises(StatementError, match=message):
        extended.extend(statements)
    assert list(extended.statements()) == [STATEMENTS[0]]


@pytest.mark.usefixtures("two_rows")
def test_an_iterable_that_fails_leaves_the_document_as_it_was():
    extended = Document.from_statements([STATEMENTS[0]], EX)
    with pytest.raises(Exception, match="LookupError"):
        extended.extend(failing())
    assert list(extended.statements()) == [STATEMENTS[0]]


@pytest.mark.usefixtures("two_rows")
@pytest.mark.parametrize(
    "tags", [["no tag", "en", "en"], ["en", "no tag", "en"], ["en", "en", "no tag"]]
)
def test_a_builder_checks_the_language_tags_of_every_batch(tags):
    built = Builder(Namespaces(EX))
    with pytest.raises(FormatError, match="'no tag' is not a language tag"):
        for number, tag in enumerate(tags):
            built.add("", "entity", f"ex:{number}", [], [("ex:k", "v", None, tag)])
        built.finish()


def test_the_statements_of_bundles_follow_those_of_the_document_in_the_order_of_their_names():
    names = ["ex:b", "", "ex:a", "ex:c", "ex:B"]
    entities = [Statement("entity", "ex:e", bundle=name) for name in names]
    activities = [Statement("activity", "ex:x", bundle=name) for name in reversed(names)]
    mixed = Document.from_statements([*activities, *entities], EX)
    assert mixed.bundles() == ["ex:B", "ex:a", "ex:b", "ex:c"]
    assert [(statement.bundle, statement.kind) for statement in mixed.statements()] == [
        (bundle, kind)
        for bundle in ("", "ex:B", "ex:a", "ex:b", "ex:c")
        for kind in ("entity", "activity")
    ]
    frame = mixed.to_pandas()
    assert list(zip(frame["bundle"], frame["kind"], strict=True)) == [
        (statement.bundle, statement.kind) for statement in mixed.statements()
    ]


@pytest.fixture(params=[0, 1_000], ids=["arrow", "json"])
def way(request, monkeypatch):
    monkeypatch.setattr(tables, "MAX_JSON_ROWS", request.param)


@pytest.mark.usefixtures("way")
def test_every_text_survives_the_way_into_a_table():
    texts = ["", " ", '"', "\\", "\x00", "\x7f", "null", "{}", "ü", "\U0001f377", "a\nb", "1e400"]
    statements = [
        Statement("entity", f"ex:{number}", (), (Attribute("ex:k", text, None, None),))
        for number, text in enumerate(texts)
    ]
    document = Document.from_statements(statements, EX)
    assert sorted(s.attributes[0].value for s in document.statements()) == sorted(texts)


@pytest.mark.usefixtures("way")
def test_a_lone_surrogate_is_refused():
    built = Builder(Namespaces(EX))
    built.add("", "entity", "ex:a", (), [("ex:k", "\ud800", None, None)])
    with pytest.raises((EngineError, UnicodeError), match="surrogate"):
        built.finish()


@given(documents(), st.randoms(use_true_random=False))
def test_small_documents_are_unified_by_their_builder(generated, order: random.Random):
    """Python puts statements into the same order as DuckDB does."""
    statements = list(generated.statements())
    order.shuffle(statements)
    built = Builder(Namespaces(generated.namespaces.declared))
    for kind, identifier, arguments, attributes, bundle in statements:
        built.add(bundle, kind, identifier, arguments, attributes)
    document = built.finish()
    unified = merge(document)
    if document.tables.is_unified:
        for kind in document.tables.existing():
            query = f"SELECT * FROM {document.tables.of(kind)}"
            assert engine.rows(query) == engine.rows(f"SELECT * FROM {unified.tables.of(kind)}")


REPEATED = [
    [("entity", "ex:a", ()), ("entity", "ex:a", ())],
    [("activity", "ex:a", ("2024-01-01T00:00:00Z",)), ("activity", "ex:a", ())],
    [
        ("wasGeneratedBy", None, ("ex:a", "ex:b", "2024-01-01T00:00:00Z")),
        ("wasGeneratedBy", None, ("ex:a", "ex:b", "2024-01-01T00:00:00+00:00")),
    ],
]


@pytest.mark.parametrize("statements", REPEATED, ids=["element", "times of one", "spellings"])
def test_statements_that_may_be_the_same_are_left_to_unification(statements):
    built = Builder(Namespaces(EX))
    for kind, identifier, arguments in statements:
        built.add("", kind, identifier, arguments, ())
    document = built.finish()
    assert not document.tables.is_unified and len(merge(document)) == 1


def test_a_second_batch_is_left_to_unification():
    document = Document.from_statements([Statement("entity", "ex:b")], EX)
    assert document.tables.is_unified and unified(document) is document
    document.extend([Statement("entity", "ex:a")])
    assert not document.tables.is_unified


def test_times_are_the_last_arguments_of_a_kind():
    for kind in KINDS:
        is_time = [argument.type is ArgumentType.TIME for argument in kind.arguments]
        assert is_time == sorted(is_time), kind.name


def test_missing_values_come_last_as_in_the_database():
    built = Builder(Namespaces(EX))
    for identifier, entity in ((None, "ex:a"), ("ex:u", None), ("ex:u", "ex:a"), (None, None)):
        built.add("", "used", identifier, ("ex:c", entity, None), ())
    document = built.finish()
    assert document.tables.is_unified
    query = f"SELECT id, entity FROM {document.tables.of(KIND['used'])}"
    rows = engine.rows(query)
    assert rows == [("ex:u", "ex:a"), ("ex:u", None), (None, "ex:a"), (None, None)]
    assert rows == engine.rows(f"{query} ORDER BY id, entity")
