"""DOT: the content of a picture, and names and labels that must not leave their quotes."""

import json
import shutil
import subprocess

import pydot
import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, Statement
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from tests.formats import write
from tests.formats.strategies import ODD_LOCALS, documents

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def dot_text(*statements):
    return write(Document.from_statements(statements), "dot").decode()


def graph(*statements):
    return pydot.graph_from_dot_data(dot_text(*statements))[0]


def node(*attributes, kind="entity", id="e"):  # noqa: A002
    times = (None, None) if kind == "activity" else ()
    picture = graph(Statement(kind, id, times, attributes))
    return next(n for n in picture.get_nodes() if n.get_name() not in ("node", "edge", "graph"))


@pytest.mark.parametrize(
    ("kind", "shape", "colour"),
    [("entity", "ellipse", "FFFC87"), ("activity", "box", "9FB1FC"), ("agent", "house", "FED37F")],
)
def test_elements_have_the_shapes_and_colours_of_the_w3c(kind, shape, colour):
    picture_node = node(kind=kind)
    assert picture_node.get_shape() == shape
    assert colour in picture_node.get_fillcolor()


def test_a_node_shows_label_and_type_and_has_its_identifier_as_tooltip():
    run = Attribute("prov:type", "Run", QUALIFIED_NAME)
    collection = Attribute("prov:type", "prov:Collection", QUALIFIED_NAME)
    picture_node = node(Attribute("prov:label", "calm-fox-1"), run, collection, id="Run.4f2b")
    assert picture_node.get_label().startswith("<calm-fox-1<br/>")
    assert ">Run</font>" in picture_node.get_label()
    assert picture_node.get_tooltip() == '"Run.4f2b"'


def test_a_metric_shows_its_value():
    picture_node = node(Attribute("prov:label", "r2"), Attribute("value", "0.91", "xsd:double"))
    assert picture_node.get_label() == "<r2 = 0.91>"


@pytest.mark.parametrize("label", ["", " ", "\n"])
def test_a_node_without_a_visible_label_shows_its_identifier(label):
    assert node(Attribute("prov:label", label)).get_label() == "<e>"


def test_a_long_label_is_shortened():
    assert len(node(Attribute("prov:label", "x" * 500)).get_label()) == 42


def test_an_arrow_goes_from_effect_to_cause_and_names_its_role():
    picture = graph(
        Statement("wasAssociatedWith", None, ("a", "g", None), (Attribute("prov:role", "Author"),))
    )
    (edge,) = picture.get_edges()
    assert (edge.get_source(), edge.get_destination()) == ('"a"', '"g"')
    assert edge.get_label() == '" wasAssociatedWith\\n Author"'


def test_a_relation_of_three_goes_through_a_point():
    edges = graph(Statement("wasAssociatedWith", None, ("a", "g", "p"))).get_edges()
    point = edges[0].get_destination()
    assert [(e.get_source(), e.get_destination()) for e in edges] == [
        ('"a"', point),
        (point, '"g"'),
        (point, '"p"'),
    ]


def test_a_relation_without_a_cause_has_no_arrow():
    assert graph(Statement("used", None, ("a", None, None))).get_edges() == []


def test_a_bundle_is_a_cluster_with_nodes_of_its_own():
    text = dot_text(Statement("entity", "e"), Statement("entity", "e", (), (), "b"))
    assert 'subgraph "cluster_0"' in text
    assert '"b e"' in text


HOSTILE = [
    '"',
    "\\",
    '\\"',
    "a\nb",
    "<b>x</b>",
    "&lt;",
    "]; x [",
    "-->",
    "\x01",
    "ü 漢 🎈",
    "\\N",
    "${x}",
]


@needs_dot
@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_quotes(value):
    attributes = (
        Attribute("prov:label", value or "x"),
        Attribute("prov:type", value),
        Attribute("value", value),
    )
    text = dot_text(
        Statement("entity", "e", (), attributes),
        Statement("used", None, ("e", value, None), (Attribute("prov:role", value),)),
    )
    picture = json.loads(run_graphviz(text, "json"))
    assert len(picture["objects"]) == 2
    assert len(picture["edges"]) == 1


@needs_dot
def test_a_label_is_shown_unchanged():
    text = dot_text(Statement("entity", "e", (), (Attribute("prov:label", "<b>&amp;"),)))
    svg = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True)
    assert b"&lt;b&gt;&amp;amp;" in svg.stdout


@needs_dot
@given(document=documents(ODD_LOCALS))
def test_graphviz_accepts_any_document(document):
    run_graphviz(write(document, "dot").decode())


def run_graphviz(text, form="canon"):
    process = subprocess.run(["dot", f"-T{form}"], input=text.encode(), capture_output=True)
    assert process.returncode == 0 and not process.stderr, process.stderr.decode()
    return process.stdout.decode()
