"""Prefixes and their URIs: one prefix per URI, and only prefixes that every format can write."""

import json

import pytest

from mlflow2prov import formats
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.prov.namespaces import MLFLOW2PROV, PROV, Namespaces, adopt

INVALID_PREFIXES = [
    "a b",
    'x"y',
    "xml",
    "xmlns",
    "default",
    "xsi",
    "1x",
    "é",
    "a.",
    "_",
    "x\ny",
    "<",
    "-a",
]
EX = "http://example.org/ns#"


@pytest.mark.parametrize("prefix", INVALID_PREFIXES)
def test_a_prefix_that_some_format_cannot_write_is_rejected(prefix):
    with pytest.raises(NamespaceError, match="is not a valid prefix"):
        Namespaces({prefix: EX})


@pytest.mark.parametrize("prefix", sorted({*INVALID_PREFIXES} - {"_"}))
def test_such_a_prefix_is_replaced_when_a_file_is_read(prefix):
    content = {"prefix": {prefix: EX}, "entity": {f"{prefix}:e": {f"{prefix}:k": "v"}}}
    expected = {"prefix": {"valid": EX}, "entity": {"valid:e": {"valid:k": "v"}}}
    if prefix == "default":
        content["entity"] = {"e": {"k": "v"}}
    documents = [formats.read(json.dumps(document).encode()) for document in (content, expected)]
    assert documents[0] == documents[1]
    assert prefix not in documents[0].namespaces.declared


def test_a_blank_name_cannot_identify_an_element():
    content = {"prefix": {"_": EX}, "entity": {"_:e": {}}}
    with pytest.raises(FormatError, match="entity '_:e' is blank"):
        formats.read(json.dumps(content).encode())


@pytest.mark.parametrize("uri", ["", "http://example.org/a b", "u:<", 'u:"', "u:\n"])
def test_an_invalid_uri_is_rejected(uri):
    with pytest.raises(NamespaceError, match="is not a URI"):
        Namespaces({"ex": uri})


def test_the_prefixes_of_w3c_cannot_be_redefined():
    namespaces = Namespaces({"prov": "http://example.org/other#"})
    assert namespaces.uri("prov:type") == f"{PROV}type"
    assert namespaces.declared == {}


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("ex:a:b", (EX, "a:b")),
        ("ex:", (EX, "")),
        ("a", (MLFLOW2PROV, "a")),
    ],
)
def test_a_name_is_split_at_its_first_colon(name, split):
    assert Namespaces({"": MLFLOW2PROV, "ex": EX}).split(name) == split


def test_the_error_names_an_undeclared_prefix():
    with pytest.raises(
        NamespaceError, match=r"'no:e' is not declared; declare it, or use one of .*prov, xsd"
    ):
        Namespaces().split("no:e")


def test_a_uri_keeps_its_first_prefix_and_a_used_prefix_gets_a_number():
    namespaces = Namespaces({"ex": EX})
    assert namespaces.declare("other", EX) == "ex"
    assert namespaces.declare("ex", "http://example.org/2#") == "ex1"
    assert namespaces.name(EX, "a") == "ex:a"


def test_a_local_part_with_a_colon_needs_a_prefix():
    namespaces = Namespaces({"": MLFLOW2PROV})
    assert namespaces.name(MLFLOW2PROV, "a") == "a"
    assert namespaces.name(MLFLOW2PROV, "a:b") == "ns:a:b"


def test_adopt_returns_the_prefixes_that_change():
    ours = Namespaces({"": MLFLOW2PROV, "a": "http://example.org/a#"})
    theirs = Namespaces({"": EX, "a": "http://example.org/b#", "m": MLFLOW2PROV})
    assert adopt(ours, theirs) == {"": "ns", "a": "a1", "m": ""}
    assert ours.declared == {
        "": MLFLOW2PROV,
        "a": "http://example.org/a#",
        "a1": "http://example.org/b#",
        "ns": EX,
    }
