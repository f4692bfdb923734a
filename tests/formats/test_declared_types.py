"""Declared datatypes and lexical forms survive reading and writing in every format.

The documents of the ``prov`` library's own tests have every datatype of XML Schema that PROV uses.
"""

import warnings
from pathlib import Path

import prov.tests
import pytest
from prov.model import ProvDocument

from mlflow2prov import Attribute, Document, Statement, formats, load
from mlflow2prov.errors import FormatError
from tests.formats import write

VALUES = [
    ("1", "xsd:long"),
    ("10", "xsd:integer"),
    ("007", "xsd:int"),
    ("+1", "xsd:int"),
    ("10", "xsd:unsignedInt"),
    ("1.50", "xsd:decimal"),
    ("1.50", "xsd:double"),
    ("1e3", "xsd:double"),
    ("1.0E0", "xsd:float"),
    ("1", "xsd:boolean"),
    ("2024-01-31T12:00:00Z", "xsd:dateTime"),
    ("2023-09-27T21:28:13.821355019-05:00", "xsd:dateTime"),
    ("2024-02-28T24:00:00", "xsd:dateTime"),
    ("P0Y0M0DT0H0M12.225S", "xsd:duration"),
    ("not a number", "xsd:int"),
]


@pytest.mark.parametrize("name", formats.READABLE)
def test_values_and_times_are_the_same_after_writing_and_reading(name):
    statements = [
        Statement(
            "entity",
            "ex:e",
            (),
            [Attribute(f"ex:k{place}", *value) for place, value in enumerate(VALUES)],
        ),
        Statement(
            "activity", "ex:a", ("2023-09-27T21:28:13.821355019-05:00", "2024-01-31T12:00:00.50Z")
        ),
        Statement("used", None, ("ex:a", "ex:e", "2024-02-28T24:00:00")),
    ]
    document = Document.from_statements(statements, {"ex": "http://x/"})
    copy = list(formats.read(write(document, name), format=name).statements())
    assert [set(s.attributes) for s in copy] == [set(s.attributes) for s in statements]
    assert [s.arguments for s in copy] == [s.arguments for s in statements]


DOCUMENTS = sorted((Path(prov.tests.__file__).parent / "json").glob("*.json"))
PROV_O = {"nquads", "rdf", "trig", "turtle"}
"""PROV-O has no relation without its first argument, and RDF/XML and Turtle have no bundles."""


@pytest.mark.slow
def test_documents_of_the_prov_library_are_read_like_the_library_reads_them():
    assert len(DOCUMENTS) >= 398
    different = [path.name for path in DOCUMENTS if load(path).to_prov() != oracle(path)]
    assert not different


@pytest.mark.slow
@pytest.mark.parametrize("name", formats.READABLE)
def test_documents_of_the_prov_library_are_the_same_in_every_format(name):
    """Each format has its share of the documents."""
    place = formats.READABLE.index(name)
    copies = {path: copied(path, name) for path in DOCUMENTS[place :: len(formats.READABLE)]}
    assert sum(copy is None for copy in copies.values()) < (
        len(copies) / 4 if name in PROV_O else 1
    )
    assert not [path.name for path, copy in copies.items() if copy not in (None, oracle(path))]


# Three documents with every datatype.
@pytest.mark.parametrize("stem", ["attr_entity0", "attr_activity0", "attr_usage0"])
@pytest.mark.parametrize("name", formats.READABLE)
def test_every_datatype_of_the_prov_library_is_the_same_in_every_format(name, stem):
    (path,) = (path for path in DOCUMENTS if path.stem == stem)
    assert copied(path, name) == oracle(path)


def copied(path, name):
    """Return the document of a file after writing and reading, None if the format cannot contain it."""
    try:
        content = write(load(path), name)
    except FormatError:
        return None
    return formats.read(content, format=name).to_prov()


def oracle(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ProvDocument.deserialize(str(path), format="json")
