"""Prefixes and what they stand for: one URI, one prefix, and nothing that a format cannot write."""

import json

import pytest

from mlflow2prov import formats
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.prov.namespaces import MLFLOW2PROV, PROV, Namespaces, adopt

UNFIT = ["a b", 'x"y', "xml", "xmlns", "default", "xsi", "1x", "é", "a.", "_", "x\ny", "<", "-a"]
EX = "http://example.org/ns#"


@pytest.mark.parametrize("prefix", UNFIT)
def test_a_prefix_that_some_format_cannot_write_is_refused(prefix):
    with pytest.raises(NamespaceError, match="is not a valid prefix"):
        Namespaces({prefix: EX})


@pytest.mark.parametrize("prefix", sorted({*UNFIT} - {"_"}))
def test_of_a_file_it_is_replaced(prefix):
    content = {"prefix": {prefix: EX}, "entity": {f"{prefix}:e": {f"{prefix}:k": "v"}}}
    expected = {"prefix": {"fit": EX}, "entity": {"fit:e": {"fit:k": "v"}}}
    if prefix == "default":
        content["entity"] = {"e": {"k": "v"}}
    read = [formats.read(json.dumps(one).encode()) for one in (content, expected)]
    assert read[0] == read[1]
    assert prefix not in read[0].namespaces.declared


def test_an_element_needs_a_name_of_its_own():
    content = {"prefix": {"_": EX}, "entity": {"_:e": {}}}
    with pytest.raises(FormatError, match="entity '_:e' is blank"):
        formats.read(json.dumps(content).encode())


@pytest.mark.parametrize("uri", ["", "http://example.org/a b", "u:<", 'u:"', "u:\n"])
def test_what_is_no_uri_is_refused(uri):
    with pytest.raises(NamespaceError, match="is not a URI"):
        Namespaces({"ex": uri})


def test_w3c_s_prefixes_are_always_there_and_mean_w3c_s():
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


def test_a_prefix_that_is_not_declared_is_named():
    with pytest.raises(
        NamespaceError, match=r"'no:e' is not declared; declare it, or use one of .*prov, xsd"
    ):
        Namespaces().split("no:e")


def test_a_uri_keeps_its_first_prefix_and_a_taken_prefix_is_numbered():
    namespaces = Namespaces({"ex": EX})
    assert namespaces.declare("other", EX) == "ex"
    assert namespaces.declare("ex", "http://example.org/2#") == "ex1"
    assert namespaces.name(EX, "a") == "ex:a"


def test_a_local_part_with_a_colon_needs_a_prefix():
    namespaces = Namespaces({"": MLFLOW2PROV})
    assert namespaces.name(MLFLOW2PROV, "a") == "a"
    assert namespaces.name(MLFLOW2PROV, "a:b") == "ns:a:b"


def test_adopting_says_which_prefixes_change():
    ours = Namespaces({"": MLFLOW2PROV, "a": "http://example.org/a#"})
    theirs = Namespaces({"": EX, "a": "http://example.org/b#", "m": MLFLOW2PROV})
    assert adopt(ours, theirs) == {"": "ns", "a": "a1", "m": ""}
    assert ours.declared == {
        "": MLFLOW2PROV,
        "a": "http://example.org/a#",
        "a1": "http://example.org/b#",
        "ns": EX,
    }
