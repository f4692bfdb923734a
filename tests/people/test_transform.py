"""Transforming a document: agents are merged, then pseudonyms replace names, then duplicates are removed."""

from mlflow2prov import merge, transform
from tests.prov.statements import agent, attributed, document, entity

PEOPLE = (
    agent("g", "User", name="Ada Love", email="ada@x.org"),
    agent("m", "User", username="alove"),
    attributed("e", "g"),
    attributed("e", "m"),
    entity("e", note="by alove"),
    entity("e", note="by alove"),
)
ALL = {
    "use_pseudonyms": True,
    "pseudonym_key": b"k",
    "eliminate_duplicates": True,
    "merge_aliased_agents": {"Ada": ["ada@x.org", "alove"]},
}


def test_the_original_document_is_unchanged():
    original = document(*PEOPLE)
    statements, prefixes = list(original.statements()), original.namespaces.declared
    transform(original, **ALL)
    assert list(original.statements()) == statements
    assert original.namespaces.declared == prefixes


def test_without_options_the_result_is_an_independent_copy():
    original = document(*PEOPLE)
    copy = transform(original)
    assert copy is not original
    assert list(copy.statements()) == list(original.statements())
    copy.extend([entity("new")])
    assert len(original) == len(PEOPLE)


def test_duplicates_are_removed():
    assert len(transform(document(*PEOPLE), eliminate_duplicates=True)) == len(PEOPLE) - 1


def test_agents_are_merged_by_name_before_pseudonyms_replace_the_names():
    result = transform(document(*PEOPLE), **ALL)
    kinds = [s.kind for s in result.statements()]
    assert kinds == ["entity", "agent", "wasAttributedTo"]
    assert "ada" not in repr(list(result.statements())).lower()


def test_documents_with_pseudonyms_of_one_key_merge_as_the_originals_do():
    options = {"use_pseudonyms": True, "pseudonym_key": b"k"}
    documents = [document(*PEOPLE[:3]), document(PEOPLE[0], attributed("f", "g"))]
    merged_last = merge(transform(original, **options) for original in documents)
    merged_first = transform(merge(documents), **options)
    assert merged_last == merged_first
