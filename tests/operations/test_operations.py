"""Merge, unify, merged agents, pseudonyms, statistics: documents in, a document or a table out."""

import hashlib

import pytest
from hypothesis import HealthCheck, given, settings

from mlflow2prov import Document, Literal, Statement, merge, statistics, transform
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.operations.pseudonyms import KEY_VARIABLE, read_key
from mlflow2prov.operations.unify import unify
from tests.formats.strategies import documents

some = settings(
    max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
X = {"": "http://x/"}
T, U = "2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"


def document(*statements, prefixes=X):
    return Document.from_statements(statements, prefixes)


def unified(*statements):
    made = document(*statements)
    unify(made)
    return list(made.statements())


def entity(identifier, /, **attributes):
    literals = tuple(
        Literal(k, v) for k, vs in attributes.items() for v in ([vs] if isinstance(vs, str) else vs)
    )
    return Statement("entity", identifier, (), literals)


# Unify


def test_an_element_that_is_said_twice_is_one_with_the_attributes_of_both():
    assert unified(entity("a", k="1"), entity("a", k="2"), entity("b")) == [
        entity("a", k=["1", "2"]),
        entity("b"),
    ]


def test_relations_are_one_when_all_arguments_are():
    used = Statement("used", None, ("c", "a", T))
    later = Statement("used", None, ("c", "a", U))
    assert unified(used, used, later) == [used, later]


def test_a_start_and_an_end_that_are_given_apart_come_together():
    assert unified(
        Statement("activity", "c", (T, None)), Statement("activity", "c", (None, U))
    ) == [Statement("activity", "c", (T, U))]


def test_times_that_contradict_each_other_both_stay():
    both = [Statement("activity", "c", (T, None)), Statement("activity", "c", (U, None))]
    assert unified(*both) == both


@some
@given(documents())
def test_to_unify_again_changes_nothing(made):
    before = list(made.statements())
    made.is_unified = False
    unify(made)
    assert list(made.statements()) == before


# Merge


@some
@given(documents(), documents(), documents())
def test_merge_does_not_depend_on_order_or_grouping(one, two, three):
    assert merge([one, two]) == merge([two, one])
    assert merge([merge([one, two]), three]) == merge([one, merge([two, three])])
    assert merge([one, one]) == one


def test_a_prefix_that_means_something_else_is_renamed():
    one = document(entity("ex:a"), prefixes={"ex": "http://one/"})
    two = document(entity("ex:a"), prefixes={"ex": "http://two/"})
    merged = merge([one, two])
    assert {merged.namespaces.uri(s.id) for s in merged.statements()} == {
        "http://one/a",
        "http://two/a",
    }


def test_names_meet_by_what_they_mean():
    one = document(entity("a", k="1"), prefixes={"": "http://x/"})
    two = document(entity("p:a", **{"p:k": "2"}), prefixes={"p": "http://x/"})
    (statement,) = merge([one, two]).statements()
    assert {literal.value for literal in statement.attributes} == {"1", "2"}


def test_merging_leaves_what_was_merged_as_it_was():
    one = document(entity("a", k="1"))
    merge([one, document(entity("a", k="2"))])
    assert list(one.statements()) == [entity("a", k="1")]


def test_of_nothing_the_merge_is_empty():
    assert len(merge([])) == 0


# Aliases


def user(identifier, /, **attributes):
    return Statement("agent", identifier, (), tuple(Literal(k, v) for k, v in attributes.items()))


PEOPLE = (
    user("g", name="Ada L.", email="Ada@x.org"),
    user("m", username="ada"),
    user("b", name="Bob"),
    Statement("wasAttributedTo", None, ("e", "g")),
    Statement("wasAttributedTo", None, ("e", "m")),
    Statement("wasAttributedTo", None, ("e", "b")),
)


def test_A8_users_of_git_and_mlflow_become_one_and_others_stay():
    merged = transform(document(*PEOPLE), merge_aliased_agents={"Ada": ["ada@x.org", "ADA"]})
    agents = {
        s.id: {a.value for a in s.attributes} for s in merged.statements() if s.kind == "agent"
    }
    assert agents.pop("b") == {"Bob"}
    ((one, values),) = agents.items()
    assert values == {"Ada", "Ada L.", "Ada@x.org", "ada"}
    attributed = [s.arguments[1] for s in merged.statements() if s.kind == "wasAttributedTo"]
    assert sorted(attributed) == sorted(["b", one])


@pytest.mark.parametrize("text", ["", "[]\n"])
def test_A8_an_empty_file_merges_nobody(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    made = document(*PEOPLE)
    assert transform(made, merge_aliased_agents=tmp_path / "a.yaml") == made


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("- name: A\n  aliases: [x]\n- name: B\n  aliases: [X]\n", "claimed"),
        ("- nam: A\n", "expected `name`"),
        ("- name: A\n  aliases: x\n", "no list"),
        ("- [", "a.yaml:1: not YAML"),
        ("- name: 3\n", "no text"),
    ],
)
def test_aliases_that_are_not_what_they_should_be(tmp_path, text, word):
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=word.replace("[", r"\[")):
        transform(document(*PEOPLE), merge_aliased_agents=tmp_path / "a.yaml")


# Pseudonyms

WHO = hashlib.sha256(b"Ann Onym\x1fann@secret.org").hexdigest()[:24]
HIDING_PLACES = (
    user(f"User.{WHO}", name="Ann Onym", email="ann@secret.org"),
    user("User." + "0" * 24, username="aonym"),
    Statement(
        "activity",
        "Commit.1",
        (None, None),
        (
            Literal("message", "x\n\nSigned-off-by: Carl Hidden <carl@hidden.org>\nSeen-by: Dora"),
            Literal("title", "thanks to ann onym and ANN@SECRET.ORG"),
        ),
    ),
    entity("RunTag.1", name="mlflow.user", value="eveuser"),
    entity("Artifact.aonym", uri="file:///home/frank/project/x", path="runs/aonym2/x"),
    entity(
        "b",
        where="C:\\Users\\gertrude\\x",
        other="/Users/henrik/a",
        link="mailto:zoe%40q.org?ann%20onym",
    ),
    entity("c", stray="mail some.body+tag@example.co.uk today"),
    Statement("wasAttributedTo", None, ("Artifact.aonym", f"User.{WHO}")),
)
WANTED = (
    "Ann Onym", "ann@secret.org", "aonym", "Carl", "Hidden", "carl@hidden.org", "Dora", "eveuser", "frank",
    "gertrude", "henrik", "some.body", "example.co.uk", WHO, "ann%20onym",
)  # fmt: skip


def test_A9_whoever_hides_anywhere_is_not_found():
    hidden = transform(document(*HIDING_PLACES), use_pseudonyms=True)
    everything = repr(list(hidden.statements())).lower()
    assert [person for person in WANTED if person.lower() in everything] == []
    assert len(hidden) == len(HIDING_PLACES)


def test_A9_the_same_person_is_the_same_and_others_are_others():
    hidden = transform(document(*HIDING_PLACES), use_pseudonyms=True, pseudonym_key=b"k")
    (artifact,) = (s for s in hidden.statements() if s.id and s.id.startswith("Artifact."))
    (attribution,) = (s for s in hidden.statements() if s.kind == "wasAttributedTo")
    agents = {s.id for s in hidden.statements() if s.kind == "agent"}
    assert attribution.arguments[0] == artifact.id and attribution.arguments[1] in agents
    assert len(agents) == 2


def test_A9_pseudonyms_depend_on_the_key_and_on_nothing_else():
    def hide(key):
        return transform(document(*HIDING_PLACES), use_pseudonyms=True, pseudonym_key=key)

    assert hide(b"one") == hide(b"one")
    assert hide(b"one") != hide(b"two")
    assert hide(None) != hide(None)
    plain = hashlib.sha256(b"ann@secret.org").hexdigest()
    assert plain[:16] not in repr(list(hide(b"one").statements()))


def test_what_is_hidden_leaves_hashes_and_the_document_given_alone():
    sha = "ada" * 13 + "f"
    made = document(user("g", username="ada"), entity("Commit." + sha, sha=sha))
    hidden = transform(made, use_pseudonyms=True)
    assert sha in repr(list(hidden.statements()))
    assert "username" in repr(list(made.statements()))


def test_the_key_comes_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert read_key() is None
    monkeypatch.setenv(KEY_VARIABLE, "one")
    assert read_key() == b"one"
    (tmp_path / "key").write_text("two\n")
    assert read_key(tmp_path / "key") == b"two"
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ConfigurationError, match="empty"):
        read_key(tmp_path / "key")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key(tmp_path / "nothing")


# Statistics


def test_statistics_count_what_is_said_twice_once():
    made = document(entity("a"), entity("a"), Statement("used", None, ("c", "a", None)))
    assert statistics(made).rows == [("entity", 1), ("activity", 0), ("agent", 0), ("relation", 1)]


def test_fine_statistics_count_by_type():
    run = Literal("prov:type", "Run", "prov:QUALIFIED_NAME")
    made = document(Statement("entity", "a", (), (run,)), entity("b"))
    assert statistics(made, "fine").rows == [("entity", "-", 1), ("entity", "Run", 1)]
    assert list(statistics(made, "fine").to_pandas().columns) == ["kind", "type", "count"]
