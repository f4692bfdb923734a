"""Values in the form that documents keep."""

import pytest

from mlflow2prov.errors import FormatError
from mlflow2prov.prov import Attribute, Statement
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.lexical import declared, language, time
from mlflow2prov.prov.namespaces import Namespaces

EX = {"ex": "http://example.org/ns#"}


@pytest.mark.parametrize(
    ("value", "datatype", "kept"),
    [
        ("a", None, ("a", None)),
        ("a", "xsd:string", ("a", None)),
        (" a ", "xsd:token", (" a ", "xsd:token")),
        ("+07", "xsd:int", ("+07", "xsd:int")),
        (str(2**31), "xsd:int", (str(2**31), "xsd:int")),
        ("1", "xsd:long", ("1", "xsd:long")),
        ("10", "xsd:integer", ("10", "xsd:integer")),
        ("\n 7 ", "xsd:unsignedInt", ("7", "xsd:unsignedInt")),
        ("1e3", "xsd:double", ("1e3", "xsd:double")),
        ("1.0E0", "xsd:float", ("1.0E0", "xsd:float")),
        ("1.50", "xsd:decimal", ("1.50", "xsd:decimal")),
        ("1", "xsd:boolean", ("1", "xsd:boolean")),
        ("2024-01-31T12:00:00Z", "xsd:dateTime", ("2024-01-31T12:00:00Z", "xsd:dateTime")),
        ("someday", "xsd:dateTime", ("someday", "xsd:dateTime")),
        (" x ", "ex:type", (" x ", "ex:type")),
        ("ex:a", "xsd:QName", ("ex:a", "prov:QUALIFIED_NAME")),
    ],
)
def test_a_value_keeps_its_lexical_form_and_its_type(value, datatype, kept):
    assert declared(value, datatype) == kept


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2024-01-31T12:00:00", "2024-01-31T12:00:00"),
        ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00Z"),
        ("2024-01-31T12:00:00.5+01:00", "2024-01-31T12:00:00.5+01:00"),
        ("2024-01-31T12:00:00.123456789-05:00", "2024-01-31T12:00:00.123456789-05:00"),
        ("2024-02-28T24:00:00Z", "2024-02-28T24:00:00Z"),
        (" 2024-01-31T12:00:00\n", "2024-01-31T12:00:00"),
        ("20240131T120000", "2024-01-31T12:00:00"),
    ],
)
def test_a_time_keeps_its_lexical_form(text, kept):
    assert time(text) == kept


@pytest.mark.parametrize(
    "text", ["", "x", "2024-01-31", "2024-13-01T00:00:00", "12024-01-31T12:00:00", "T", "a\nb"]
)
def test_text_that_is_not_a_time_is_rejected(text):
    with pytest.raises(FormatError, match="is not a time"):
        time(text)


@pytest.mark.parametrize("tag", ["", "e n", "-", "waytoolonglanguage", "en-", 'en"'])
def test_text_that_is_not_a_language_tag_is_rejected(tag):
    with pytest.raises(FormatError, match="is not a language tag"):
        language(tag)


def test_missing_arguments_at_the_end_are_none_and_attributes_are_sorted():
    builder = Builder(Namespaces(EX))
    builder.add("", "wasGeneratedBy", None, ["ex:e", "ex:a"], [])
    builder.add("", "entity", "ex:e", [], [("ex:k", "2", None, None), ("ex:k", "1", None, None)])
    assert list(builder.finish().statements()) == [
        Statement("entity", "ex:e", (), (Attribute("ex:k", "1"), Attribute("ex:k", "2"))),
        Statement("wasGeneratedBy", None, ("ex:e", "ex:a", None)),
    ]


def test_the_time_of_a_statement_keeps_its_lexical_form():
    builder = Builder(Namespaces(EX))
    builder.add("", "used", None, ["ex:a", "ex:e", "2024-01-31T12:00:00Z"], [])
    (used,) = builder.finish().statements()
    assert used.arguments[2] == "2024-01-31T12:00:00Z"


def test_a_statement_whose_time_is_not_a_time_is_rejected():
    with pytest.raises(FormatError, match="'now' is not a time"):
        Builder(Namespaces(EX)).add("", "activity", "ex:a", ["now"], [])
