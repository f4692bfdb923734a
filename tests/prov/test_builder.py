"""Values in the one form that Documents keep."""

import pytest

from mlflow2prov.errors import FormatError
from mlflow2prov.prov import Attribute, Statement
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.lexical import date_time, language, normal, time
from mlflow2prov.prov.namespaces import Namespaces

EX = {"ex": "http://example.org/ns#"}


@pytest.mark.parametrize(
    ("value", "datatype", "kept"),
    [
        ("a", None, ("a", None)),
        ("a", "xsd:string", ("a", None)),
        ("+07", "xsd:int", ("7", "xsd:int")),
        (str(2**31), "xsd:int", (str(2**31), "xsd:long")),
        (str(2**63), "xsd:long", (str(2**63), "xsd:integer")),
        ("7", "xsd:integer", ("7", "xsd:int")),
        ("seven", "xsd:int", ("seven", "xsd:int")),
        ("1_000", "xsd:int", ("1_000", "xsd:int")),
        ("٣", "xsd:int", ("٣", "xsd:int")),
        ("1e3", "xsd:double", ("1000.0", "xsd:double")),
        ("1_0.5", "xsd:double", ("1_0.5", "xsd:double")),
        ("NaN", "xsd:double", ("NaN", "xsd:double")),
        ("-INF", "xsd:double", ("-INF", "xsd:double")),
        ("0.1", "xsd:decimal", ("0.1", "xsd:decimal")),
        (" True ", "xsd:boolean", ("true", "xsd:boolean")),
        ("0", "xsd:boolean", ("false", "xsd:boolean")),
        ("perhaps", "xsd:boolean", ("perhaps", "xsd:boolean")),
        ("2024-01-31T12:00:00Z", "xsd:dateTime", ("2024-01-31T12:00:00+00:00", "xsd:dateTime")),
        ("someday", "xsd:dateTime", ("someday", "xsd:dateTime")),
        ("ex:a", "xsd:QName", ("ex:a", "prov:QUALIFIED_NAME")),
    ],
)
def test_a_value_has_one_form(value, datatype, kept):
    assert normal(value, datatype) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024-01-31T12:00:00", "2024-01-31T12:00:00"),
        ("2024-01-31T12:00:00.5+01:00", "2024-01-31T12:00:00.500000+01:00"),
        ("2024-02-28T24:00:00Z", "2024-02-29T00:00:00+00:00"),
        ("9999-12-31T24:00:00", "9999-12-31T24:00:00"),
        ("12024-01-31T12:00:00", "12024-01-31T12:00:00"),
    ],
)
def test_a_time_keeps_its_instant_and_its_offset(written, kept):
    assert date_time(written) == kept


@pytest.mark.parametrize("written", ["", "x", "2024-01-31", "2024-13-01T00:00:00", "T", "a\nb"])
def test_what_is_no_time_is_refused(written):
    with pytest.raises(FormatError, match="is not a time"):
        time(written)


@pytest.mark.parametrize("tag", ["", "e n", "-", "waytoolonglanguage", "en-", 'en"'])
def test_what_is_no_language_is_refused(tag):
    with pytest.raises(FormatError, match="is not a language tag"):
        language(tag)


def test_arguments_that_are_left_out_are_not_given():
    builder = Builder(Namespaces(EX))
    builder.add("", "wasGeneratedBy", None, ["ex:e", "ex:a"], [])
    builder.add("", "entity", "ex:e", [], [("ex:k", "2", None, None), ("ex:k", "1", None, None)])
    assert list(builder.finish().statements()) == [
        Statement("entity", "ex:e", (), (Attribute("ex:k", "1"), Attribute("ex:k", "2"))),
        Statement("wasGeneratedBy", None, ("ex:e", "ex:a", None)),
    ]


def test_a_statement_s_time_is_brought_into_form_and_one_that_is_none_is_refused():
    builder = Builder(Namespaces(EX))
    builder.add("", "used", None, ["ex:a", "ex:e", "2024-01-31T12:00:00Z"], [])
    (used,) = builder.finish().statements()
    assert used.arguments[2] == "2024-01-31T12:00:00+00:00"
    with pytest.raises(FormatError):
        builder.add("", "activity", "ex:a", ["now"], [])
