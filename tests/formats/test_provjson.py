"""PROV-JSON: reading statements by columns gives the same document as reading them one by one."""

import json

import pytest
from hypothesis import given

from mlflow2prov import Document, Statement, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provjson_columns, statement_columns
from tests.formats import differences, write
from tests.formats.strategies import ODD_LOCALS, documents
from tests.property_tests import examples

PREFIXES = {"default": "http://example.org/", "ex": "http://example.org/ns#", "b-2": "urn:two:"}


class Reading:
    """A document that was read by columns where possible, and the number of statements for which it was."""

    def __init__(self, content, chunk_rows=2, min_batch=1):
        add_statements = provjson_columns.add_statements
        self.by_columns, self.fallbacks = 0, 0

        def count(*arguments):
            try:
                add_statements(*arguments)
            except provjson_columns.FallbackToRowsError:
                self.fallbacks += len(arguments[-1])
                raise
            self.by_columns += len(arguments[-1])

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(provjson_columns, "MIN_BATCH", min_batch)
            patch.setattr(statement_columns, "CHUNK_ROWS", chunk_rows)
            patch.setattr(provjson_columns, "add_statements", count)
            self.document = formats.read(content, format="json")


def read_by_rows(content):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(provjson_columns, "MIN_BATCH", 1_000_000)
        return formats.read(content, format="json")


def content_of(**members):
    return json.dumps({"prefix": PREFIXES, **members}).encode()


def assert_same(content, min_batch=1):
    """Return a reading by columns, after it has been compared with a reading by rows."""
    reading, expected = Reading(content, min_batch=min_batch), read_by_rows(content)
    assert reading.document == expected, differences(expected, reading.document)
    assert list(reading.document.statements()) == list(expected.statements())
    assert reading.document.namespaces == expected.namespaces
    return reading


@examples(0.5)
@given(document=documents())
def test_documents_are_the_same_by_columns_and_by_rows(document):
    reading = assert_same(write(document, "json"))
    assert reading.by_columns + reading.fallbacks == len(document)
    assert reading.document == document


@examples(0.5)
@given(document=documents())
def test_a_document_with_batches_and_single_statements_is_the_same_by_columns_and_by_rows(document):
    # Two more entities of one shape, so that each document has a batch.
    batch = [Statement("entity", f"batch-{number}") for number in range(2)]
    prefixes = {"": "https://w3id.org/mlflow2prov/", **document.namespaces.declared}
    document = Document.from_statements([*document.statements(), *batch], prefixes)
    reading = assert_same(write(document, "json"), min_batch=2)
    assert reading.by_columns >= 2


@examples(0.5)
@given(document=documents(ODD_LOCALS))
def test_names_of_any_characters_are_the_same_by_columns_and_by_rows(document):
    assert_same(write(document, "json"))


def entities(*values):
    """Return a document with an entity for each value of the attribute ``k``."""
    return content_of(entity={f"ex:e{number}": {"k": value} for number, value in enumerate(values)})


@pytest.mark.parametrize(
    "values",
    [
        ("x", "y", "", "ü 漢 🎈", "a\nb", "it's"),
        ({"$": "x", "type": "xsd:string"}, {"$": "", "type": "xsd:string"}),
        ({"$": "x", "lang": "en"}, {"$": "y", "lang": "zh-hant"}, {"$": "z", "lang": ""}),
        ({"lang": "en", "$": "x"}, {"lang": "de", "$": "y"}),
        ({"$": "7", "type": "xsd:int"}, {"$": "-3", "type": "xsd:int"}),
        ({"type": "xsd:int", "$": "7"}, {"type": "xsd:int", "$": "8"}),
        ({"$": " 007 ", "type": "xsd:int"}, {"$": str(2**40), "type": "xsd:int"}),
        ({"$": str(2**70), "type": "xsd:long"}, {"$": "1", "type": "xsd:long"}),
        ({"$": "1", "type": "xsd:integer"}, {"$": "not a number", "type": "xsd:integer"}),
        ({"$": "1e3", "type": "xsd:double"}, {"$": "INF", "type": "xsd:double"}),
        ({"$": "true", "type": "xsd:boolean"}, {"$": "false", "type": "xsd:boolean"}),
        ({"$": "1", "type": "xsd:boolean"}, {"$": "maybe", "type": "xsd:boolean"}),
        ({"$": "2024-01-01T00:00:00Z", "type": "xsd:dateTime"},),
        ({"$": "2024-01-01T24:00:00", "type": "xsd:dateTime"},),
        ({"$": "1", "type": "xsd:int"}, {"$": "1.0", "type": "xsd:double"}),
        ({"$": "1", "type": "xsd:int"}, {"$": "x", "type": "xsd:anyURI"}),
        ({"$": "ex:a", "type": "prov:QUALIFIED_NAME"}, {"$": "b", "type": "prov:QUALIFIED_NAME"}),
        ({"$": "ex:a b", "type": "xsd:QName"}, {"$": "b-2:c", "type": "xsd:QName"}),
        ({"$": "urn:x", "type": "xsd:anyURI"}, {"$": "", "type": "xsd:anyURI"}),
        ({"$": "1.50", "type": "xsd:decimal"}, {"$": "x", "type": "xsd:decimal"}),
        ({"$": "x", "type": "ex:own"}, {"$": "'", "type": "ex:own"}),
    ],
    ids=json.dumps,
)
def test_usual_values_are_read_by_columns(values):
    reading = assert_same(entities(*values))
    assert (reading.by_columns, reading.fallbacks) == (len(values), 0)


@pytest.mark.parametrize(
    "values",
    [
        (1, 2),
        (True, False),
        (0.5, 2**63),
        (1e300, 2**80),
        ("x", 1),
        (["x", "y"], ["z"]),
        ("x", {"$": "x", "type": "xsd:string"}),
        ({"$": "x", "lang": "en"}, {"lang": "en", "$": "x"}),
        ({"$": "x", "lang": "en"}, {"$": "1", "type": "xsd:int"}),
        ({"$": "x", "lang": "en", "type": "prov:InternationalizedString"},),
        ({"$": "x"}, {"$": "y"}),
        ({"$": 1, "type": "xsd:int"}, {"$": 2, "type": "xsd:int"}),
        ({"$": "1", "type": "xsd:int"}, {"$": "ex:a", "type": "xsd:QName"}),
    ],
    ids=json.dumps,
)
def test_unusual_values_are_read_by_rows(values):
    reading = assert_same(entities(*values))
    assert reading.by_columns == 0
    assert reading.fallbacks >= len(values)


def test_formal_arguments_are_read_by_columns():
    time = "2024-01-01T00:00:00Z"
    use = {"prov:activity": "a", "prov:entity": "ex:e", "prov:time": time}
    mention = {"prov:specificEntity": "e", "prov:generalEntity": "ex:e", "prov:bundle": "ex:b"}
    reading = assert_same(
        content_of(
            activity={
                "a": {"prov:startTime": time, "prov:endTime": "2024-01-02T00:00:00"},
                "b": {"prov:startTime": "2024-01-01T00:00:00.5+05:30", "prov:endTime": time},
            },
            used={"_:use": use, "ex:use": {**use, "prov:activity": "b"}},
            mentionOf={"_:mention": mention},
        )
    )
    assert (reading.by_columns, reading.fallbacks) == (5, 0)
    identifiers = [statement.id for statement in reading.document.statements()]
    assert identifiers == ["a", "b", "ex:use", None, None]


def test_statements_of_different_shapes_are_read_separately():
    reading = assert_same(
        content_of(
            entity={
                "ex:a": {"k": "1", "l": "2"},
                "ex:b": {"l": "2", "k": "1"},
                "ex:c": {},
                "ex:d": {"k": 3},
                "ex:e": [{"k": "1", "l": "2"}, {"k": ["3", "4"]}],
            }
        )
    )
    assert (reading.by_columns, reading.fallbacks) == (4, 2)


def test_a_shape_of_one_statement_is_read_by_rows_between_batches():
    reading = assert_same(
        content_of(
            entity={
                "ex:z": {"k": "1"},
                "ex:y": {"l": {"$": "2", "type": "xsd:int"}},
                "ex:x": {"k": "3"},
                "ex:w": {"l": "4", "b-2:m": {"$": "ex:v", "type": "prov:QUALIFIED_NAME"}},
            },
            used={
                "_:1": {"prov:activity": "a", "prov:time": "2024-01-01T00:00:00Z"},
                "_:2": {"prov:activity": "a", "prov:entity": "ex:x"},
                "_:3": {"prov:activity": "b", "prov:time": "2024-01-02T00:00:00+02:00"},
            },
        ),
        min_batch=2,
    )
    assert (reading.by_columns, reading.fallbacks) == (4, 0)
    assert len(reading.document) == 7


def test_statements_of_bundles_are_read_by_columns():
    bundle = {"entity": {"ex:e": {"k": "1"}, "ex:f": {"k": "2"}}}
    reading = assert_same(content_of(entity={"ex:e": {}}, bundle={"ex:b": bundle, "c": bundle}))
    assert (reading.by_columns, reading.fallbacks) == (5, 0)
    assert reading.document.bundles() == ["c", "ex:b"]


def test_a_bundle_that_redefines_a_prefix_is_read_by_rows():
    bundle = {"prefix": {"ex": "urn:other:"}, "entity": {"ex:e": {"ex:k": "1"}}}
    reading = assert_same(content_of(entity={"ex:e": {"ex:k": "1"}}, bundle={"ex:b": bundle}))
    assert (reading.by_columns, reading.fallbacks) == (1, 1)


def test_a_membership_of_several_entities_becomes_several_statements():
    members = {"_:m": {"prov:collection": "c", "prov:entity": ["ex:a", "ex:b"]}}
    reading = assert_same(content_of(hadMember=members))
    assert reading.fallbacks == 1
    assert [s.arguments for s in reading.document.statements()] == [("c", "ex:a"), ("c", "ex:b")]


def test_the_columns_of_several_chunks_are_all_read():
    values = [str(number) for number in range(5)]
    reading = Reading(entities(*values), chunk_rows=2)
    assert reading.by_columns == 5
    assert [s.attributes[0].value for s in reading.document.statements()] == values


def test_no_chunk_is_read_twice_if_a_later_one_falls_back():
    reading = assert_same(entities("0", "1", "2", "3", 4))
    assert reading.by_columns == 0
    assert len(reading.document) == 5


@pytest.mark.parametrize("number", [199, 200])
def test_a_shape_of_200_statements_is_read_by_columns_by_default(monkeypatch, number):
    calls = []
    monkeypatch.setattr(
        provjson_columns, "add_statements", lambda *arguments: calls.append(arguments[-1])
    )
    formats.read(entities(*["x"] * number), format="json")
    assert [len(bodies) for bodies in calls] == ([number] if number >= 200 else [])


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"entity": {"ex:e": {"k": {"$": "x", "lang": "not a tag"}}}}, "not a language tag"),
        ({"activity": {"a": {"prov:startTime": "yesterday"}}}, "'yesterday' is not a time"),
        ({"entity": {"no:e": {}}}, "needs the prefix 'no'"),
        ({"entity": {"ex:e": {"no:k": "x"}}}, "needs the prefix 'no'"),
        ({"entity": {"ex:e": {"k": {"$": "x", "type": "no:t"}}}}, "needs the prefix 'no'"),
        (
            {"entity": {"ex:e": {"k": {"$": "no:x", "type": "prov:QUALIFIED_NAME"}}}},
            "needs the prefix 'no'",
        ),
        ({"used": {"_:u": {"prov:activity": "no:a"}}}, "needs the prefix 'no'"),
        ({"used": {"_:u": {"prov:activity": 3}}}, "prov:activity of used _:u is not text"),
    ],
    ids=str,
)
def test_errors_are_the_same_by_columns_and_by_rows(members, message):
    content = content_of(**members)
    with pytest.raises(FormatError, match=message) as by_rows:
        read_by_rows(content)
    with pytest.raises(FormatError, match=message) as by_columns:
        Reading(content)
    assert str(by_columns.value) == str(by_rows.value)


@pytest.mark.parametrize("name", ["@context", "@graph", "@id"])
def test_names_that_are_keywords_of_json_ld_are_names(name):
    content = json.dumps({"prefix": {"default": "http://x/"}, "entity": {name: {}}}).encode()
    (statement,) = formats.read(content).statements()
    assert statement.id == name
