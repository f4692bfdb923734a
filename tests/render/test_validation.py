"""Validation reports as text and JSON."""

import json

import pytest

from mlflow2prov import formats, validate
from mlflow2prov.render.validation import as_json, as_text

INVALID = b"""document
  prefix ex <http://example.org/>
  specializationOf(ex:a, ex:a)
  specializationOf(ex:b, ex:b)
endDocument
"""


@pytest.fixture(scope="module")
def document():
    return formats.read(INVALID)


def test_a_valid_document_is_one_line():
    document = formats.read(b"document\n  default <http://x/>\n  entity(e)\nendDocument\n")
    text = as_text([(document, validate(document))])
    assert text == "valid: 1 statement, no violation of PROV-CONSTRAINTS\n"


def test_violations_are_quoted_in_prov_n(document):
    lines = as_text([(document, validate(document))]).splitlines()
    assert lines[0] == "not valid: 2 statements, 2 violations of PROV-CONSTRAINTS"
    assert "    specializationOf(ex:a, ex:a)" in lines
    assert "    specializationOf(ex:b, ex:b)" in lines


def test_the_text_states_how_many_violations_it_describes(document):
    lines = as_text([(document, validate(document, limit=1))]).splitlines()
    assert any(line.endswith(": 2, of which the first 1") for line in lines)
    assert "    specializationOf(ex:b, ex:b)" not in lines


def test_several_documents_are_numbered(document):
    text = as_text([(document, validate(document))] * 2)
    assert text.startswith("document 1: not valid: ") and "\ndocument 2: not valid: " in text


def test_json_has_an_entry_for_each_document(document):
    output = json.loads(as_json([(document, validate(document))] * 2))
    assert output["valid"] is False
    first, second = output["documents"]
    assert first == second
    assert first["counts"][0]["count"] == 2
    assert first["violations"][0]["statements"] == ["specializationOf(ex:a, ex:a)"]
