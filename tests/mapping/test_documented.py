"""``docs/prov-model.md`` has every word that rules write, and its pictures show the relations that rules make."""

import html
import io
import re
from pathlib import Path

import pytest

from mlflow2prov import formats
from scripts.pictures import EXAMPLES, document_of
from tests.mapping import written_words

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "prov-model.md").read_text(encoding="utf-8")


def test_the_page_has_every_type_role_and_attribute():
    assert written_words() - set(re.findall(r"`([A-Za-z_]+)`", PAGE)) == set()


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_picture_has_the_relations_that_the_rules_make(name):
    stream = io.BytesIO()
    formats.get("dot").write(document_of(EXAMPLES[name]), stream)
    relations = re.findall(r'"([^"]+)" -> "([^"]+)"', stream.getvalue().decode())
    picture = html.unescape((DOCS / "pictures" / f"{name}.svg").read_text()).replace("\xa0", " ")
    edges = re.findall(r"<title>([^<>]+)->([^<>]+)</title>", picture)
    assert relations
    assert sorted(edges) == sorted(relations)
    assert f"(pictures/{name}.svg)" in PAGE
