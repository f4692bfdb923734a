"""Mermaid: the content of a flowchart, texts that must not leave their quotes, and the limits of websites."""

import re
import warnings

import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, Statement
from mlflow2prov.formats import mermaid
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from tests.formats import write
from tests.formats.strategies import ODD_LOCALS, documents

LABEL = r'"(?:[\w ,/.@-]|#\d+;|<br/>)*"'
NODE = rf"n\d+(?:\(\[{LABEL}\]\)|\[{LABEL}\]|\[/{LABEL}\\\])?(?::::(?:entity|activity|agent))?"
LINE = re.compile(
    rf"flowchart RL|  classDef \w+ [\w:#,]+| +{NODE}| +{NODE} (?:-- {LABEL} -->|-\. {LABEL} \.->) {NODE}"
    rf"|  subgraph b\d+\[{LABEL}\]|  end"
)
"""Every line that a flowchart may have: what Mermaid interprets is ours, and the rest is encoded."""


def lines(*statements):
    """Return the lines below the head of the flowchart of statements."""
    text = write(Document.from_statements(statements), "mermaid").decode()
    head, _, rest = text.partition("color:#000000\n  n")
    assert head.startswith("flowchart RL\n")
    return [line.strip() for line in f"n{rest}".splitlines()]


def decoded(line):
    return re.sub(r"#(\d+);", lambda match: chr(int(match[1])), line)


@pytest.mark.parametrize(
    ("kind", "box"),
    [("entity", 'n1(["x"])'), ("activity", 'n1["x"]'), ("agent", 'n1[/"x"\\]')],
)
def test_each_kind_of_element_has_a_shape_and_a_class(kind, box):
    times = (None, None) if kind == "activity" else ()
    assert lines(Statement(kind, "x", times))[-1] == f"{box}:::{kind}"


def test_a_node_shows_label_value_and_type():
    attributes = (
        Attribute("prov:label", "r2"),
        Attribute("value", "0.91", "xsd:double"),
        Attribute("prov:type", "Metric", QUALIFIED_NAME),
    )
    (line,) = lines(Statement("entity", "e", (), attributes))
    assert decoded(line) == 'n1(["r2 = 0.91<br/>Metric"]):::entity'


def test_an_arrow_goes_from_effect_to_cause_and_names_its_roles():
    role = Attribute("prov:role", "Source")
    *_, line = lines(
        Statement("entity", "e"),
        Statement("activity", "a", (None, None)),
        Statement("used", None, ("a", "e", None), (role,)),
    )
    assert line == 'n2 -- "used<br/>Source" --> n1'


def test_a_node_that_only_relations_name_has_a_label():
    first, second = (Statement("used", None, ("a", name, None)) for name in "ef")
    assert lines(first, second) == [
        'n1["a"] -- "used" --> n2["e"]',
        'n1 -- "used" --> n3["f"]',
    ]


def test_a_third_argument_has_a_dotted_arrow_with_its_name():
    *_, to_agent, to_plan = lines(Statement("wasAssociatedWith", None, ("a", "g", "p")))
    assert to_agent == 'n1["a"] -- "wasAssociatedWith" --> n2["g"]'
    assert to_plan == 'n1 -. "plan" .-> n3["p"]'


def test_an_inferred_relation_is_dotted():
    inferred = Attribute("inferred", "by time")
    (line,) = lines(Statement("used", None, ("a", "e", None), (inferred,)))
    assert line == 'n1["a"] -. "used" .-> n2["e"]'


def test_a_bundle_is_a_subgraph_with_nodes_of_its_own():
    assert lines(Statement("entity", "e"), Statement("entity", "e", (), (), "b")) == [
        'n1(["e"]):::entity',
        'subgraph b1["b"]',
        'n2(["e"]):::entity',
        "end",
    ]


HOSTILE = [
    '"',
    "\\",
    "a\nb",
    "<b>x</b>",
    "&lt;",
    "#35;",
    '"]; click n1 href "javascript:alert(1)"',
    "-->",
    "`**x**`",
    "%%{init: {}}%%",
    "style: a#b;",
    "fl°°35¶ß",
    "$$x$$",
    "ü 漢 🎈",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_quotes(value):
    attributes = (Attribute("prov:label", value), Attribute("prov:type", value))
    text = lines(
        Statement("entity", "e", (), attributes),
        Statement("used", None, ("a", value, None), (Attribute("prov:role", value),)),
        Statement("entity", "e", (), (), value),
    )
    assert all(LINE.fullmatch(f"  {line}") or LINE.fullmatch(line) for line in text), text
    label = " ".join(value.split())
    assert decoded(text[0]) == f'n1(["{label}<br/>{label}"]):::entity'


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("1. one", "1#46; one"),
        ("- one", "#45; one"),
        ("__init__.py", "#95;#95;init#95;#95;.py"),
        ("_one_ two_", "#95;one#95; two#95;"),
    ],
)
def test_what_markdown_interprets_is_encoded(text, encoded):
    assert mermaid.label(text) == encoded


@pytest.mark.parametrize("text", ["learning_rate", "src/train.py", "0.5", "a-b", "me@example.org"])
def test_names_paths_and_numbers_stay_readable(text):
    assert mermaid.label(text) == text


def test_control_characters_are_removed():
    assert mermaid.label("a\x1b\u202eb") == "a  b"


@given(document=documents(ODD_LOCALS))
def test_every_line_of_any_document_has_a_form_that_mermaid_knows(document):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = write(document, "mermaid").decode()
    assert [line for line in text.split("\n")[:-1] if not LINE.fullmatch(line)] == []


@pytest.mark.parametrize(
    ("limit", "value"), [("MAX_ARROWS", 0), ("MAX_CHARACTERS", 200)], ids=["arrows", "characters"]
)
def test_a_diagram_that_github_does_not_draw_is_written_with_a_warning(monkeypatch, limit, value):
    document = Document.from_statements([Statement("used", None, ("a", "e", None))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = write(document, "mermaid")
    monkeypatch.setattr(mermaid, limit, value)
    with pytest.warns(UserWarning, match=r"1 arrow and 2\d\d characters.* put lineage"):
        assert write(document, "mermaid") == text
