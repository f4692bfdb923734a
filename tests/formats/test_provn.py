"""PROV-N of other programs: values keep their lexical forms, and no warning is emitted."""

import warnings

import pytest
from prov import _warnings as prov_warnings

from mlflow2prov import formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provn_parser
from mlflow2prov.prov.attributes import Attribute


def statements(body):
    return list(
        formats.read(f"document prefix ex <urn:x:> {body} endDocument".encode()).statements()
    )


@pytest.mark.parametrize(
    ("literal", "value", "datatype"),
    [
        ("5", "5", "xsd:int"),
        ("007", "007", "xsd:int"),
        ('"007" %% xsd:int', "007", "xsd:int"),
        ('"1" %% xsd:long', "1", "xsd:long"),
        ('"1.50" %% xsd:double', "1.50", "xsd:double"),
        ('"1" %% xsd:boolean', "1", "xsd:boolean"),
        ('"2024-01-31T12:00:00.123456789Z" %% xsd:dateTime', "2024-01-31T12:00:00.123456789Z", "xsd:dateTime"),
        ('"urn:x" %% xsd:anyURI', "urn:x", "xsd:anyURI"),
        ('"x" %% xsd:string', "x", None),
        ('"ex:b" %% xsd:QName', "ex:b", "prov:QUALIFIED_NAME"),
        ('"ex:b" %% prov:QUALIFIED_NAME', "ex:b", "prov:QUALIFIED_NAME"),
        ("'ex:b'", "ex:b", "prov:QUALIFIED_NAME"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_lexical_form_and_its_type(literal, value, datatype):
    (entity,) = statements(f"entity(ex:e, [ex:k={literal}])")
    assert entity.attributes == (Attribute("ex:k", value, datatype),)


def test_times_keep_their_lexical_forms():
    times = ("2024-01-31T12:00:00Z", "2024-01-31T12:00:00.123456789+01:00")
    (activity,) = statements(f"activity(ex:a, {', '.join(times)})")
    assert activity.arguments == times


def test_an_error_names_line_and_column():
    with pytest.raises(FormatError, match=r"line 1, column \d+"):
        statements("entity(no:e)")


def test_warnings_of_the_prov_library_are_neither_emitted_nor_filtered_for_the_process(monkeypatch):
    """Other threads may rely on the filters."""
    parse = provn_parser._Parser.parse

    def watched_parse(parser):
        assert warnings.filters is filters
        prov_warnings.warn("a warning of the library", prov_warnings.ProvWarning)
        return parse(parser)

    monkeypatch.setattr(provn_parser._Parser, "parse", watched_parse)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filters = warnings.filters
        assert len(statements("entity(ex:e)")) == 1
