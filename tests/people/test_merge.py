"""Merging aliased agents: the agents of one entry become one agent, and all other agents stay."""

from itertools import permutations

import pytest

from mlflow2prov import Statement, transform
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from tests.prov.statements import agent, attributed, document, entity

PEOPLE = (
    agent("g", "User", name="Ada L.", email="Ada@x.org"),
    agent("m", "User", username="ada"),
    agent("b", "User", name="Bob"),
    attributed("e", "g"),
    attributed("e", "m"),
    attributed("e", "b"),
)
ADA = {"Ada": ["ada@X.org", "ADA"]}


def agents(document_):
    """Return the attribute values of each agent by its identifier."""
    return {
        s.id: {a.value for a in s.attributes} for s in document_.statements() if s.kind == "agent"
    }


def merge_agents(*statements, aliases=ADA, **options):
    return transform(document(*statements, **options), merge_aliased_agents=aliases)


def test_users_of_git_and_mlflow_become_one_agent_and_others_stay():
    result = merge_agents(*PEOPLE)
    values_by_agent = agents(result)
    assert values_by_agent.pop("b") == {"Bob", "User"}
    ((ada, values),) = values_by_agent.items()
    assert values == {"Ada", "Ada L.", "Ada@x.org", "ada", "User"}
    attributions = [s.arguments for s in result.statements() if s.kind == "wasAttributedTo"]
    assert sorted(attributions) == sorted([("e", "b"), ("e", ada)])


@pytest.mark.parametrize(
    "text", ["", "[]\n", "# no entries yet\n", "- name: Not in the document\n"]
)
def test_a_file_that_names_no_agent_of_the_document_merges_none(tmp_path, text):
    (tmp_path / "a.yaml").write_text(text)
    original = document(*PEOPLE)
    assert transform(original, merge_aliased_agents=tmp_path / "a.yaml") == original


def test_each_entry_merges_only_its_own_agents():
    aliases = {"Ada Lovelace": ["ada@x.org"], "Adam": ["ada"]}
    values_by_agent = agents(merge_agents(*PEOPLE, aliases=aliases))
    assert sorted(sorted(values - {"User"}) for values in values_by_agent.values()) == [
        ["Ada L.", "Ada Lovelace", "Ada@x.org"],
        ["Adam", "ada"],
        ["Bob"],
    ]


def test_every_reference_leads_to_the_merged_agent():
    result = merge_agents(
        *PEOPLE[:2],
        Statement("wasAssociatedWith", "w", ("a", "m", "p")),
        Statement("actedOnBehalfOf", None, ("b", "m", "a")),
        Statement("wasInfluencedBy", None, ("e", "g")),
        entity("e", **{"ex:who": "m"}),
    )
    (ada,) = agents(result)
    assert {n for s in result.statements() for n in (s.id, *s.arguments)} & {"g", "m"} == set()
    assert {s.arguments for s in result.statements() if s.kind not in ("agent", "entity")} == {
        ("a", ada, "p"),
        ("b", ada, "a"),
        ("e", ada),
    }
    # Text that equals an identifier is not a reference.
    assert [a.value for s in result.statements() if s.id == "e" for a in s.attributes] == ["m"]


def test_the_result_depends_neither_on_the_order_of_statements_nor_on_that_of_aliases():
    results = [merge_agents(*order) for order in permutations(PEOPLE[:4])]
    with_reversed_aliases = merge_agents(*PEOPLE[:4], aliases={"Ada": ["ADA", "ada@X.org"]})
    expected = list(with_reversed_aliases.statements())
    assert all(list(result.statements()) == expected for result in results)


def test_an_agent_of_a_bundle_is_merged_within_its_bundle():
    result = merge_agents(
        agent("g", bundle="b", name="Ada L.", email="ada@x.org"), attributed("e", "g", "b")
    )
    assert {s.bundle for s in result.statements()} == {"b"}
    assert {"Ada", "Ada L."} < next(iter(agents(result).values()))


def test_the_name_of_the_entry_replaces_the_label():
    result = merge_agents(agent("g", email="ada@x.org", **{"prov:label": "Ada L."}))
    (labels,) = (
        [a.value for a in s.attributes if a.key == "prov:label"] for s in result.statements()
    )
    assert labels == ["Ada"]


def test_software_agents_and_names_with_other_prefixes_match_too():
    result = merge_agents(
        agent("bot", "prov:SoftwareAgent", name="ada"), agent("f", **{"ex:name": " ADA "})
    )
    assert len(agents(result)) == 1


def test_without_a_default_namespace_the_merged_agent_is_in_the_mlflow2prov_namespace():
    result = merge_agents(agent("ex:g", **{"ex:name": "Ada"}), prefixes={"ex": "http://x/"})
    (statement,) = result.statements()
    assert result.namespaces.uri(statement.id).startswith(f"{MLFLOW2PROV}User.")
    assert f"{MLFLOW2PROV}name" in {result.namespaces.uri(a.key) for a in statement.attributes}


def test_an_agent_that_matches_two_entries_is_an_error():
    with pytest.raises(
        ConfigurationError, match=r"the agent g belongs to 'Ada' and, by its 'Ada@x\.org', to 'Liz'"
    ):
        merge_agents(*PEOPLE, aliases={"Ada": ["ada l."], "Liz": ["ada@x.org"]})


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- name: A\n  aliases: [x]\n- name: B\n  aliases: [X]\n", ": 'X' belongs to 'A' and to 'B'"),
        ("- name: A\n- nam: B\n", ":2: expected the keys `name` and `aliases`, not 'nam'"),
        ("- name: A\n- aliases: [x]\n", ":2: expected a `name` in each entry"),
        ("- name: A\n  aliases: x\n", ":2: expected a list after `aliases`"),
        ("- name: A\n  aliases:\n  - x\n  - 3\n", ":4: expected text in `aliases`, not '3'"),
        ("- name: A\n  aliases: [[x]]\n", ":2: expected text in `aliases`, not a list"),
        ("- name: 3\n", ":1: expected text in `name`, not '3'"),
        ("- name: ' '\n", ":1: expected text in `name`"),
        ("- name: A\n  name: B\n", ":2: 'name' occurs twice; keep one"),
        ("name: A\naliases: [x]\n", ":1: expected a list of"),
        ("- A\n", ":1: expected `name: …`"),
        ("- name: A\n  aliases: [\n", ":3: not YAML"),
        (
            "- name: !!python/object/apply:os.getcwd []\n",
            ":1: the tag !!python/object/apply:os.getcwd is not supported",
        ),
        ("[" * 5000, ":1: nested more than 20 levels deep"),
        ("\x00", ":1: not YAML"),
    ],
)  # fmt: skip
def test_an_invalid_file_is_reported_with_the_line_and_the_expected_content(tmp_path, text, error):
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as raised:
        transform(document(*PEOPLE), merge_aliased_agents=path)
    assert str(raised.value).startswith(f"{path}{error}")
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_reported(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml: cannot be read"):
        transform(document(*PEOPLE), merge_aliased_agents=tmp_path / "nothing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"- name: Jos\xe9\n")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        transform(document(*PEOPLE), merge_aliased_agents=tmp_path / "latin.yaml")
