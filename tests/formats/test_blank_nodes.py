"""Blank nodes have names that depend on what is stated about them, and on nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Attribute, formats
from mlflow2prov.formats._support import blank_nodes, provo
from mlflow2prov.formats._support.iri_names import BLANK_NODES
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.namespaces import PROV
from tests.formats import write

PREFIXES = (
    f"@prefix prov: <{PROV}> . @prefix ex: <http://example.org/> . @prefix rdfs: <{provo.RDFS}> .\n"
)


def read(body, name="trig"):
    return formats.read((PREFIXES + body).encode(), format=name)


def described(document):
    """Return the kinds and the attributes of a document's elements, without their names."""
    return sorted((s.kind, *sorted(map(str, s.attributes))) for s in document.statements() if s.id)


REPORT = """
ex:report a prov:Entity ; prov:wasAttributedTo [ a prov:Person ; ex:name "Ann" ] ; prov:wasGeneratedBy _:act .
_:act a prov:Activity ; prov:used ex:data ; prov:wasAssociatedWith _:b .
_:b a prov:SoftwareAgent ; ex:name "robot" .
"""


def test_blank_nodes_are_elements():
    document = read(REPORT)
    assert [kind for kind, *_ in described(document)] == ["activity", "agent", "agent", "entity"]
    assert document.namespaces.declared["genid"] == BLANK_NODES


def test_labels_and_order_do_not_matter():
    lines = [line for line in REPORT.splitlines() if line]
    renamed = "\n".join(reversed(lines)).replace("_:act", "_:x1").replace("_:b", "_:act")
    assert read(renamed) == read(REPORT)


@pytest.mark.parametrize(
    "name", ["turtle", "trig", "nquads", "rdf", "jsonld", "json", "provn", "xml"]
)
def test_documents_with_blank_nodes_can_be_written_in_every_format(name):
    document = read(REPORT)
    assert formats.read(write(document, name), format=name) == document


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("[] a prov:Entity . [] a prov:Entity .", 2),
        ("ex:c prov:hadMember [ a prov:Entity ], [ a prov:Entity ], [ a prov:Entity ] .", 3),
        ("ex:e prov:wasAttributedTo [ a prov:Agent ; ex:name 'Ann' ] . "
         "ex:f prov:wasAttributedTo [ a prov:Agent ; ex:name 'Ann' ] .", 2),
        ("_:a a prov:Entity ; prov:alternateOf _:b . _:b a prov:Entity ; prov:alternateOf _:a .", 2),
        ("_:a a prov:Entity ; prov:wasDerivedFrom _:b . _:b a prov:Entity ; prov:wasDerivedFrom _:c . "
         "_:c a prov:Entity ; prov:wasDerivedFrom _:a .", 3),
        ("[] a prov:Entity ; prov:wasDerivedFrom [ a prov:Entity ] . "
         "[] a prov:Entity ; prov:wasDerivedFrom [ a prov:Entity ] .", 4),
    ],
)  # fmt: skip
def test_nodes_that_look_the_same_stay_apart(body, count):
    document = read(body)
    elements = [s.id for s in document.statements() if s.kind in provo.ELEMENTS]
    assert len(set(elements)) == len(elements) == count
    assert read(body) == document


@given(
    edges=st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1), seed=st.integers()
)
def test_any_graph_of_blank_nodes_has_one_reading(edges, seed):
    """Graphs that are the same except for their labels and their order are the same document."""
    labels = list(range(7))
    random.Random(seed).shuffle(labels)

    def lines(number):
        return [f"_:n{number(a)} prov:wasDerivedFrom _:n{number(b)} ." for a, b in sorted(edges)]

    shuffled = lines(labels.__getitem__)
    random.Random(seed).shuffle(shuffled)
    document = read("\n".join(lines(lambda number: number)))
    assert len({statement.arguments for statement in document.statements()}) == len(edges)
    assert read("\n".join(shuffled)) == document


def test_many_nodes_that_look_the_same_are_distinguished_in_time(monkeypatch):
    count = 3000
    star = "ex:c prov:hadMember " + ", ".join(["[ a prov:Entity ]"] * count) + " ."
    assert len({s.id for s in read(star).statements() if s.kind == "entity"}) == count
    chain = "\n".join(f"_:n{i} prov:wasDerivedFrom _:n{i + 1} ." for i in range(count))
    assert len(read(chain)) == count
    monkeypatch.setattr(blank_nodes, "MAX_COMPARISONS", 100)
    clique = "\n".join(
        f"_:n{i} prov:alternateOf _:n{j} ." for i in range(20) for j in range(20) if i != j
    )
    assert len({s.arguments for s in read(clique).statements()}) == 380


# Values


def test_a_blank_node_as_a_value_becomes_an_entity_with_its_description():
    document = read(
        "ex:e a prov:Entity ; prov:atLocation [ a prov:Location ; rdfs:label 'Paris' ; ex:part [ ex:name 'France' ] ] ."
    )
    entities = {s.id: s for s in document.statements()}
    assert len(entities) == 3
    (location,) = entities["ex:e"].attributes
    assert (location.key, location.type) == ("prov:location", QUALIFIED_NAME)
    paris = entities[location.value]
    assert Attribute("prov:label", "Paris") in paris.attributes
    (part,) = (a.value for a in paris.attributes if a.key == "ex:part")
    assert entities[part].attributes == (Attribute("ex:name", "France"),)


def test_a_blank_node_as_a_role_keeps_its_description():
    document = read(
        "ex:a prov:qualifiedUsage [ prov:entity ex:e ; prov:hadRole [ a prov:Role ; rdfs:label 'input' ] ] ."
    )
    used, role = sorted(document.statements(), key=lambda s: s.kind, reverse=True)
    assert used.attributes == (Attribute("prov:role", role.id, QUALIFIED_NAME),)
    assert Attribute("prov:label", "input") in role.attributes


def test_a_blank_node_of_a_generation_has_the_name_by_which_a_derivation_refers_to_it():
    document = read(
        "ex:e prov:qualifiedGeneration _:g ; prov:qualifiedDerivation [ prov:entity ex:d ; prov:hadGeneration _:g ] . "
        "_:g prov:activity ex:a ."
    )
    generation, derivation = sorted(document.statements(), key=lambda s: s.kind, reverse=True)
    assert generation.id is not None
    assert derivation.arguments[3] == generation.id


def test_a_blank_node_in_two_graphs_is_one_resource():
    document = read(
        "ex:b1 { _:a a prov:Agent ; ex:name 'Ann' } ex:b2 { ex:e prov:wasAttributedTo _:a }"
    )
    agent, attribution = sorted(document.statements(), key=lambda s: s.kind)
    assert (agent.bundle, attribution.bundle) == ("ex:b1", "ex:b2")
    assert attribution.arguments[1] == agent.id


def test_a_blank_node_that_is_no_part_of_the_provenance_is_left_out():
    (entity,) = read("ex:e a prov:Entity . [] ex:about ex:e .").statements()
    assert entity.id == "ex:e"
