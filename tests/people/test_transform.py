"""Transform: a changed copy; people are merged first, then hidden, then duplicates go."""

from mlflow2prov import transform
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


def test_the_document_given_is_left_as_it_was():
    made = document(*PEOPLE)
    before, prefixes = list(made.statements()), made.namespaces.declared
    transform(made, **ALL)
    assert list(made.statements()) == before and made.namespaces.declared == prefixes


def test_nothing_asked_for_is_a_copy():
    made = document(*PEOPLE)
    copy = transform(made)
    assert copy is not made and list(copy.statements()) == list(made.statements())
    copy.extend([entity("new")])
    assert len(made) == len(PEOPLE)


def test_duplicates_go():
    assert len(transform(document(*PEOPLE), eliminate_duplicates=True)) == len(PEOPLE) - 1


def test_people_are_merged_by_their_names_before_these_are_hidden():
    result = transform(document(*PEOPLE), **ALL)
    kinds = [s.kind for s in result.statements()]
    assert kinds == ["entity", "agent", "wasAttributedTo"]
    assert "ada" not in repr(list(result.statements())).lower()


def test_A9_graphs_under_one_key_still_merge():
    from mlflow2prov import merge

    one = document(*PEOPLE[:3])
    two = document(PEOPLE[0], attributed("f", "g"))
    apart = merge(transform(d, use_pseudonyms=True, pseudonym_key=b"k") for d in (one, two))
    together = transform(merge([one, two]), use_pseudonyms=True, pseudonym_key=b"k")
    assert apart == together
