"""DOT: what a picture shows, and that nothing a name or label holds gets out of its quotes."""

import io
import json
import shutil
import subprocess

import pydot
import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, Statement, formats
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import dot
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from tests.formats.strategies import ODD_LOCALS, documents

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")


def written(*statements):
    stream = io.BytesIO()
    dot.write(Document.from_statements(statements), stream)
    return stream.getvalue().decode()


def graph(*statements):
    return pydot.graph_from_dot_data(written(*statements))[0]


def node(*attributes, kind="entity", id="e"):  # noqa: A002
    times = (None, None) if kind == "activity" else ()
    made = graph(Statement(kind, id, times, attributes))
    return next(n for n in made.get_nodes() if n.get_name() not in ("node", "edge", "graph"))


@pytest.mark.parametrize(
    ("kind", "shape", "colour"),
    [("entity", "ellipse", "FFFC87"), ("activity", "box", "9FB1FC"), ("agent", "house", "FED37F")],
)
def test_elements_look_as_in_w3c_s_layout_conventions(kind, shape, colour):
    drawn = node(kind=kind)
    assert drawn.get_shape() == shape
    assert colour in drawn.get_fillcolor()


def test_a_node_shows_label_and_type_and_has_its_identifier_as_tooltip():
    run = Attribute("prov:type", "Run", QUALIFIED_NAME)
    collection = Attribute("prov:type", "prov:Collection", QUALIFIED_NAME)
    drawn = node(Attribute("prov:label", "calm-fox-1"), run, collection, id="Run.4f2b")
    assert drawn.get_label().startswith("<calm-fox-1<br/>")
    assert ">Run</font>" in drawn.get_label()
    assert drawn.get_tooltip() == '"Run.4f2b"'


def test_a_metric_shows_its_value():
    drawn = node(Attribute("prov:label", "r2"), Attribute("value", "0.91", "xsd:double"))
    assert drawn.get_label() == "<r2 = 0.91>"


@pytest.mark.parametrize("label", ["", " ", "\n"])
def test_what_has_no_label_shows_its_identifier(label):
    assert node(Attribute("prov:label", label)).get_label() == "<e>"


def test_long_labels_are_cut():
    assert len(node(Attribute("prov:label", "x" * 500)).get_label()) == 42


def test_an_arrow_goes_from_effect_to_cause_and_names_its_role():
    made = graph(
        Statement("wasAssociatedWith", None, ("a", "g", None), (Attribute("prov:role", "Author"),))
    )
    (edge,) = made.get_edges()
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


def test_what_names_no_cause_has_no_arrow():
    assert graph(Statement("used", None, ("a", None, None))).get_edges() == []


def test_a_bundle_is_a_cluster_with_nodes_of_its_own():
    text = written(Statement("entity", "e"), Statement("entity", "e", (), (), "b"))
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
def test_no_value_gets_out_of_its_quotes(value):
    attributes = (
        Attribute("prov:label", value or "x"),
        Attribute("prov:type", value),
        Attribute("value", value),
    )
    text = written(
        Statement("entity", "e", (), attributes),
        Statement("used", None, ("e", value, None), (Attribute("prov:role", value),)),
    )
    made = json.loads(parsed_by_graphviz(text, "json"))
    assert len(made["objects"]) == 2
    assert len(made["edges"]) == 1


@needs_dot
def test_a_label_is_shown_as_it_is():
    text = written(Statement("entity", "e", (), (Attribute("prov:label", "<b>&amp;"),)))
    drawn = subprocess.run(["dot", "-Tsvg"], input=text.encode(), capture_output=True, check=True)
    assert b"&lt;b&gt;&amp;amp;" in drawn.stdout


@needs_dot
@given(document=documents(ODD_LOCALS))
def test_graphviz_takes_any_document(document):
    stream = io.BytesIO()
    dot.write(document, stream)
    parsed_by_graphviz(stream.getvalue().decode())


def parsed_by_graphviz(text, form="canon"):
    done = subprocess.run(["dot", f"-T{form}"], input=text.encode(), capture_output=True)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout.decode()


def test_D1_dot_is_not_read_and_says_so():
    with pytest.raises(FormatError, match="cannot be read"):
        formats.read(b"digraph { a -> b }", "x.dot")
