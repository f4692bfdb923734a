"""The registration of formats: every name has a module, and every module has the same shape."""

from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest

from mlflow2prov import FormatError, formats, load, save
from tests.analysis.graphs import project
from tests.prov.statements import document, entity

FOLDER = Path(formats.__file__).parent


def test_every_name_has_a_module():
    assert get_args(formats.FormatName) == tuple(formats.MODULES)


def test_every_module_is_registered():
    modules = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "files"}
    assert modules == set(formats.MODULES.values())


@pytest.mark.parametrize("name", formats.MODULES)
def test_a_format_has_its_registered_name(name):
    assert formats.get(name).name == name


def test_a_module_defines_no_other_format():
    defined = [
        file_format.name
        for module in dict.fromkeys(formats.MODULES.values())
        for file_format in import_module(f"mlflow2prov.formats.{module}").FORMATS
    ]
    assert sorted(defined) == sorted(formats.MODULES)


def test_the_readable_formats_are_those_with_a_reader():
    readable = {name for name in formats.MODULES if formats.get(name).read is not None}
    assert set(formats.READABLE) == readable


def test_no_two_formats_have_the_same_extension():
    extensions = [formats.get(name).extension for name in formats.MODULES]
    assert len(set(extensions)) == len(extensions)


def test_the_extension_decides_if_the_content_does_not():
    assert formats.recognise(b"anything", "graph.dot").name == "dot"
    assert formats.recognise(b"anything", "graph.TTL").name == "turtle"
    assert formats.recognise(b"anything", "graph.nt").name == "nquads"
    assert formats.recognise(b"anything", "graph.txt") is None


def test_aliases_name_formats():
    assert {formats.get(alias).name for alias in formats.ALIASES} == {"turtle", "ntriples"}
    assert set(formats.READABLE_ALIASES.values()) <= set(formats.READABLE)
    assert not set(formats.ALIASES) & set(formats.MODULES)


def test_n_triples_are_n_quads_of_one_graph(tmp_path):
    graph = project()
    save(graph, tmp_path / "graph", ["ttl", "nt", "nquads"])
    assert (tmp_path / "graph.nt").read_bytes() == (tmp_path / "graph.nq").read_bytes()
    assert load(tmp_path / "graph.nt") == load(tmp_path / "graph.ttl", format="ttl") == graph
    assert load(tmp_path / "graph.nt", format="nt") == graph


def test_n_triples_have_no_place_for_bundles(tmp_path):
    bundles = document(entity("a", bundle="b"))
    with pytest.raises(FormatError, match="N-Triples has one graph"):
        save(bundles, tmp_path / "graph.nt")
    assert not list(tmp_path.iterdir())


def test_the_extension_of_the_output_decides_the_format(tmp_path):
    names = ("a.ttl", "b.NQ", "c.json", "d.v2", "e")
    paths = [path.name for name in names for path in save(project(), tmp_path / name)]
    assert paths == ["a.ttl", "b.NQ", "c.json", "d.v2.json", "e.json"]
    assert save(project(), tmp_path / "f.ttl", "json")[0].name == "f.ttl.json"
