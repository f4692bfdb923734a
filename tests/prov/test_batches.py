"""Statements are inserted in batches, whose size has no effect on the document."""

import pytest

from mlflow2prov import Attribute, Document, Statement
from mlflow2prov.errors import FormatError, StatementError
from mlflow2prov.prov import builder, document
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.namespaces import Namespaces

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
