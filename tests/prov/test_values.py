"""Values: of two spellings of one value, documents keep what was declared and compare what it means."""

import pytest

from mlflow2prov import Attribute, Document, Statement, difference
from mlflow2prov.prov.difference import AttributeChange
from mlflow2prov.prov.unify import unify
from tests.prov.statements import document

SAME = [
    ("xsd:int", "007", "7"),
    ("xsd:integer", "+1", "1"),
    ("xsd:long", "-0", "0"),
    ("xsd:unsignedInt", "00", "0"),
    ("xsd:integer", "1" * 100, "0" + "1" * 100),
    ("xsd:decimal", "1.50", "1.5"),
    ("xsd:decimal", "+01.0", "1"),
    ("xsd:decimal", "-.5", "-0.50"),
    ("xsd:decimal", "-0.0", "0"),
    ("xsd:double", "1e3", "1000.0"),
    ("xsd:double", "1.0E0", "1"),
    ("xsd:double", "-0.0", "0"),
    ("xsd:double", "NaN", "NaN"),
    ("xsd:double", "INF", "+INF"),
    ("xsd:float", "0.1", "0.10000000149"),
    ("xsd:boolean", "1", "true"),
    ("xsd:boolean", "True", "true"),
    ("xsd:boolean", "0", "false"),
    ("xsd:dateTime", "2024-01-31T12:00:00Z", "2024-01-31T12:00:00+00:00"),
    ("xsd:dateTime", "2024-01-31T12:00:00+01:00", "2024-01-31T11:00:00Z"),
    ("xsd:dateTime", "2024-01-31T12:00:00.500", "2024-01-31T12:00:00.5"),
    ("xsd:dateTime", "2024-01-31T12:00:00.000Z", "2024-01-31T12:00:00Z"),
    ("xsd:dateTime", "2024-02-28T24:00:00", "2024-02-29T00:00:00"),
    ("xsd:dateTime", "2024-02-28T20:00:00.123456789-04:00", "2024-02-29T00:00:00.1234567890Z"),
    ("xsd:dateTime", "12024-01-31T12:00:00+02:00", "12024-01-31T10:00:00Z"),
]

DIFFERENT = [
    ("xsd:int", "7", "-7"),
    ("xsd:int", "seven", "Seven"),
    ("xsd:int", "1_0", "10"),
    ("xsd:decimal", "1.5", "15"),
    ("xsd:decimal", "0.10", "0.01"),
    ("xsd:double", "0.1", "0.10000000149"),
    ("xsd:double", "INF", "-INF"),
    ("xsd:double", "1_0.5", "10.5"),
    ("xsd:double", "1e400", "-1e400"),
    ("xsd:boolean", "perhaps", "Perhaps"),
    ("xsd:dateTime", "2024-01-31T12:00:00", "2024-01-31T12:00:00Z"),
    ("xsd:dateTime", "2024-01-31T12:00:00.123456789Z", "2024-01-31T12:00:00.123456788Z"),
    ("xsd:dateTime", "someday", "Someday"),
    ("xsd:token", "1.0", "1.00"),
    ("ex:own", "007", "7"),
    (None, "007", "7"),
]


def entity(*attributes):
    return Statement("entity", "e", (), attributes)


def unified(*statements):
    made = document(*statements)
    unify(made)
    return list(made.statements())


@pytest.mark.parametrize(("datatype", "one", "other"), SAME)
def test_two_spellings_of_a_value_are_the_same(datatype, one, other):
    first, second = (entity(Attribute("k", value, datatype)) for value in (one, other))
    assert document(first) == document(second)
    assert difference(document(first), document(second)).is_same
    assert unified(first, second) in ([first], [second])


@pytest.mark.parametrize(("datatype", "one", "other"), DIFFERENT)
def test_two_values_are_not_the_same(datatype, one, other):
    first, second = (entity(Attribute("k", value, datatype)) for value in (one, other))
    assert document(first) != document(second)
    assert not difference(document(first), document(second)).is_same
    assert len(unified(first, second)[0].attributes) == 2


@pytest.mark.parametrize(
    "types", [("xsd:int", "xsd:long"), ("xsd:float", "xsd:double"), (None, "xsd:int")]
)
def test_values_of_two_types_are_not_the_same(types):
    first, second = (entity(Attribute("k", "1", datatype)) for datatype in types)
    assert document(first) != document(second)
    assert len(unified(first, second)[0].attributes) == 2


def test_languages_are_the_same_in_any_case():
    first, second = (entity(Attribute("k", "x", None, tag)) for tag in ("en-GB", "en-gb"))
    assert document(first) == document(second)
    assert unified(first, second) == [first]


TIMES = [
    (one, other) for datatype, one, other in SAME if datatype == "xsd:dateTime" and len(one) < 36
]


@pytest.mark.parametrize(("one", "other"), [times for times in TIMES if times[0][4] == "-"])
def test_two_spellings_of_a_time_are_one_statement(one, other):
    first, second = (Statement("used", None, ("c", "e", time)) for time in (one, other))
    assert unified(first, second) == [min(first, second)]
    assert document(first) == document(second)
    assert difference(document(first), document(second)).is_same
    starts = [Statement("activity", "c", (time, None)) for time in (one, other)]
    assert unified(*starts) == [min(starts)]


def test_only_values_that_differ_are_changes():
    old = entity(Attribute("k", "1.50", "xsd:decimal"), Attribute("n", "1", "xsd:int"))
    new = entity(Attribute("k", "1.5", "xsd:decimal"), Attribute("n", "2", "xsd:int"))
    (change,) = difference(document(old), document(new)).changes
    assert change.attributes == (AttributeChange("n", ("1 %% xsd:int",), ("2 %% xsd:int",)),)


def test_a_document_keeps_every_spelling():
    statement = entity(Attribute("k", "1.50", "xsd:decimal"), Attribute("n", "007", "xsd:long"))
    assert unified(statement) == [statement]
    copy = Document.from_statements([statement], {"": "http://x/"})
    assert list(copy.statements()) == [statement]
