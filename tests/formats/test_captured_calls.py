"""Captured calls in every format: the document that is read is the one that was written, and its bytes are the same."""

import pytest

from mlflow2prov import formats, validate
from tests.call_documents import document_of_calls
from tests.formats import differences, write


@pytest.fixture(scope="module")
def document():
    return document_of_calls()


def test_the_document_has_every_statement_of_calls_and_is_valid(document):
    kinds = {s.kind for s in document.statements()}
    types = {
        str(a.value) for s in document.statements() for a in s.attributes if a.key == "prov:type"
    }
    assert {"Call", "Function", "Argument", "Result", "Content", "Artifact", "Dataset"} <= types
    assert {
        "used", "wasGeneratedBy", "wasDerivedFrom", "wasInformedBy", "wasStartedBy", "wasAssociatedWith",
        "specializationOf", "alternateOf", "hadMember",
    } <= kinds  # fmt: skip
    assert validate(document).is_valid


@pytest.mark.parametrize("name", formats.READABLE)
def test_it_is_the_same_after_writing_and_reading(document, name):
    result = formats.read(write(document, name))
    assert result == document, differences(document, result)
    assert validate(result).is_valid


@pytest.mark.parametrize("name", formats.READABLE)
def test_its_bytes_do_not_depend_on_the_order_in_which_calls_were_read(document, name):
    backwards = document_of_calls(lambda rows: reversed(list(rows)))
    assert write(backwards, name) == write(document, name)
