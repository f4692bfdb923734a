"""Pseudonyms in a history: the people that a tag named before and after a change are hidden everywhere."""

import io

import pytest

from mlflow2prov import formats, history, merge, transform, validate
from mlflow2prov.vocabulary import identifier_digest
from tests.observations import HISTORY, IDENTIFIERS, REGISTRY, changes, document_of

CREATED = "2026-01-01T00:00:00+00:00"
IDENTITY = identifier_digest(CREATED, "model-of-zoltan")
MODEL = {"name": "model-of-zoltan", "is_prompt": False, "identity": IDENTITY}
URI = "models:/model-of-zoltan/1"
PEOPLE = ("zoltan", "ottilie", "wilhelmina", "quentin", "ulrike")
DIGESTS = {IDENTITY, *(identifier_digest(f"models:/wine/2 tag mlflow.user {n}") for n in (0, 1))}

ROWS = [
    *HISTORY,
    *changes("models:/wine/2", "tag", "zoltan", "ottilie", key="mlflow.user"),
    *changes("models:/wine/2", "tag", "7", "8", key="user_id"),
    *changes("models:/wine/2", "param", None, "wilhelmina", key="reviewed-by"),
    *changes("models:/wine", "description", "by quentin@example.org", "Signed-off-by: Ulrike"),
    *(
        row | MODEL | {"uri": URI, "change_id": "vanished", "old_state": "vanished 0"}
        for row in changes("models:/wine/1", "presence", "present", None)
    ),
]


@pytest.fixture(scope="module")
def document():
    return document_of(ROWS, **REGISTRY)


@pytest.fixture(scope="module")
def hidden(document):
    return transform(document, use_pseudonyms=True, pseudonym_key=b"k")


def written(document, name):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue().decode("utf-8", "replace").casefold()


def test_everybody_is_named_before(document):
    assert all(person in written(document, "json") for person in PEOPLE)
    assert all(digest in written(document, "json") for digest in DIGESTS)


@pytest.mark.parametrize("name", formats.READABLE)
def test_nobody_is_named_afterwards(hidden, name):
    text = written(hidden, name)
    assert [person for person in PEOPLE if person in text] == []


def test_no_digest_of_a_name_remains(hidden):
    text = written(hidden, "json")
    assert [digest for digest in DIGESTS if digest in text] == []


def test_a_subject_keeps_its_identifier_if_only_a_value_names_a_person(hidden):
    """So it stays the same in documents of different days under one key."""
    subjects = {
        a.value
        for statement in hidden.statements()
        for a in statement.attributes
        if a.key in ("subject", "registered_model")
    }
    assert {IDENTIFIERS["models:/wine/2"], IDENTIFIERS["models:/wine"]} < subjects


def test_a_number_that_is_a_person_is_hidden_in_states_and_changes(hidden):
    values = {
        a.value
        for statement in hidden.statements()
        if any(a.value == "user_id" for a in statement.attributes)
        for a in statement.attributes
        if a.key in ("value", "old_value", "new_value", "prov:label")
    }
    assert all(value.startswith(("person-", "tag user_id")) for value in values)
    assert "tag user_id" in values and len(values) == 4


def test_the_history_of_pseudonyms_is_connected_and_valid(document, hidden):
    assert validate(hidden).is_valid
    assert len(hidden) == len(document)
    assert merge([hidden, transform(document, use_pseudonyms=True, pseudonym_key=b"k")]) == hidden
    before, after = history(document, "models:/wine/2"), history(hidden, "models:/wine/2")
    assert [change.property for change in after.changes] == [c.property for c in before.changes]
    (user,) = (change for change in after.changes if change.key == "mlflow.user")
    assert user.old_value.startswith("person-") and user.old_value != user.new_value
