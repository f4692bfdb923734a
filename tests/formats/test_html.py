"""HTML: a page that contains every statement and its own scripts, and nothing else that could run."""

import base64
import hashlib
import json
import re
import warnings
from pathlib import Path

import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, FormatError, Statement
from mlflow2prov.formats import html
from mlflow2prov.prov.kinds import KIND
from tests.formats import write
from tests.formats.strategies import ODD_LOCALS, documents

FOLDER = Path(html.__file__).parent / "_support" / "explorer"
DAGRE_SHA256 = "54a503e346f93ca0bb10abe7999587e037262935687aca45eb4e4b0f64bbb578"
"""The digest of dist/dagre.min.js in the npm package @dagrejs/dagre 3.1.3."""

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x>",
    "]]>",
    '"}',
    "\\u003c",
    "\u2028",
    "ü 🎈",
]


def page(*statements):
    return write(Document.from_statements(statements), "html").decode()


def content(text):
    """Return the JSON of a page, read as a browser reads it: up to the first end of a script."""
    _, _, rest = text.partition('<script type="application/json" id="graph">')
    return json.loads(rest[: re.search("</script", rest, re.I).start()])


def statements(text):
    """Return the statements of a page."""
    for block in content(text)["blocks"]:
        assert block["arguments"] == [argument.name for argument in KIND[block["kind"]].arguments]
        for name, values, attributes in block["rows"]:
            parts = tuple(Attribute(*attribute) for attribute in attributes)
            yield Statement(block["kind"], name, tuple(values), parts, block["bundle"])


def inline(text, tag):
    """Return the contents of the elements ``style`` or ``script`` that a browser applies."""
    return re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)


def digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@given(document=documents(ODD_LOCALS))
def test_a_page_contains_every_statement(document):
    assert set(statements(write(document, "html").decode())) == set(document.statements())


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_leaves_its_string(value):
    attributes = (Attribute("prov:label", value), Attribute(value, value, "xsd:string"))
    originals = [
        Statement("entity", value, (), attributes),
        Statement("used", None, ("a", value, None), (), value),
        Statement("entity", "e", (), (Attribute("x", value, None, "en"),)),
    ]
    text = page(*originals)
    assert set(statements(text)) == set(Document.from_statements(originals).statements())
    frame = page()
    assert text.lower().count("<script") == frame.lower().count("<script") == 3
    assert text.count("<") == frame.count("<")


def test_the_policy_allows_exactly_the_style_and_the_scripts_of_the_page():
    text = page(Statement("entity", "e"))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives == {
        "default-src": "'none'",
        "script-src": " ".join(map(digest, inline(text, "script"))),
        "style-src": " ".join(map(digest, inline(text, "style"))),
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert len(inline(text, "script")) == 2 and len(inline(text, "style")) == 1
    assert text.index("Content-Security-Policy") < text.index("<style")


def test_a_page_names_no_other_file_and_no_address():
    frame = page()
    assert re.findall(r'\b(?:src|href|action|on\w+|style)\s*=\s*["\']', frame) == []
    for script in inline(frame, "script"):
        assert "sourceMappingURL" not in script
        assert not re.search(
            r"\b(?:fetch|XMLHttpRequest|WebSocket|eval|importScripts|innerHTML)\b", script
        )
    # The names of SVG and of PROV's namespaces are no addresses that a page requests.
    namespaces = {"http://www.w3.org/2000/svg", *content(frame)["prefixes"].values()}
    assert set(re.findall(r"https?://[^\s\"'<>\\]+", frame)) <= namespaces


def test_the_library_is_the_released_one_and_comes_with_its_licence():
    code = (FOLDER / "dagre" / "dagre.min.js").read_bytes()
    assert hashlib.sha256(code).hexdigest() == DAGRE_SHA256
    licence = (FOLDER / "dagre" / "LICENSE").read_text("utf-8")
    assert licence.startswith("Copyright (c) 2012-2014 Chris Pettitt")
    assert "3.1.3" in (FOLDER / "dagre" / "README.md").read_text("utf-8")
    assert licence in inline(page(), "script")[0]


def test_the_same_statements_give_the_same_bytes():
    originals = [Statement("entity", "e"), Statement("used", None, ("a", "e", None))]
    assert page(*originals) == page(*reversed(originals))


def test_a_document_without_statements_is_a_page():
    assert content(page())["blocks"] == []


def test_a_large_page_is_written_with_one_line_of_advice(monkeypatch):
    document = Document.from_statements([Statement("entity", "a"), Statement("entity", "b")])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = write(document, "html")
    monkeypatch.setattr(html, "MAX_QUICK_STATEMENTS", 1)
    with pytest.warns(UserWarning, match="html: a page with 2 statements .* put lineage"):
        assert write(document, "html") == text


def test_a_document_that_no_browser_can_hold_is_refused(monkeypatch):
    document = Document.from_statements([Statement("entity", "a"), Statement("entity", "b")])
    monkeypatch.setattr(html, "MAX_STATEMENTS", 1)
    with pytest.raises(
        FormatError, match=r"2 statements are too many for a page \(1 at most\); put"
    ):
        write(document, "html")
