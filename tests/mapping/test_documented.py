"""``docs/prov-model.md`` says all that is built, and its pictures are what the templates draw."""

import html
import io
import re
from pathlib import Path

import pytest

from mlflow2prov import formats
from scripts.pictures import EXAMPLES, document_of
from tests.mapping import written_words

DOCS = Path(__file__).parents[2] / "docs"


def test_every_type_role_and_attribute_is_in_the_page():
    said = set(re.findall(r"`([A-Za-z_]+)`", (DOCS / "prov-model.md").read_text()))
    assert written_words() - said == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_shows_what_the_templates_make(name):
    stream = io.BytesIO()
    formats.get("dot").write(document_of(EXAMPLES[name]), stream)
    made = re.findall(r'"([^"]+)" -> "([^"]+)"', stream.getvalue().decode())
    picture = html.unescape((DOCS / "pictures" / f"{name}.svg").read_text())
    drawn = re.findall(r"<title>([^<>]+)->([^<>]+)</title>", picture)
    assert made and sorted(drawn) == sorted(made)
    assert f"(pictures/{name}.svg)" in (DOCS / "prov-model.md").read_text()
