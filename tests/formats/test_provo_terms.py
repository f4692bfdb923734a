"""Every term of PROV-O (W3C Recommendation of 30 April 2013) is read as the statement that it makes."""

import pytest

from mlflow2prov import Attribute, Statement, formats
from mlflow2prov.formats._support import provo
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import KIND
from mlflow2prov.prov.namespaces import PROV
from mlflow2prov.prov.validation import validate

T, U = "2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"
PREFIXES = (
    f"@prefix prov: <{PROV}> . @prefix ex: <http://example.org/> . @prefix rdfs: <{provo.RDFS}> .\n"
    "@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .\n"
)


def read(body):
    return formats.read((PREFIXES + body).encode(), format="turtle")


def statements(body):
    """Return the statements of a Turtle file as PROV-N writes them."""
    return sorted(map(notation, read(body).statements()))


def notation(statement):
    identifier = f"{statement.id}; " if statement.id and not KIND[statement.kind].element else ""
    values = ([statement.id] if KIND[statement.kind].element else []) + list(statement.arguments)
    while values and values[-1] is None:
        values.pop()
    attributes = "".join(f", {a.key}={a.value}" for a in statement.attributes)
    return f"{statement.kind}({identifier}{', '.join(v or '-' for v in values)}{attributes})"


def time(value):
    return f'"{value}"^^xsd:dateTime'


PLAIN = [kind for kind in provo.RELATIONS if kind != "mentionOf"]


@pytest.mark.parametrize("kind", PLAIN)
def test_each_property_between_elements_is_a_relation(kind):
    assert statements(f"ex:x prov:{kind} ex:y .") == [f"{kind}(ex:x, ex:y)"]


@pytest.mark.parametrize(("subtype", "name"), provo.DERIVATIONS.items())
def test_each_special_derivation_has_its_type(subtype, name):
    expected = [f"wasDerivedFrom(ex:x, ex:y, prov:type=prov:{subtype})"]
    assert statements(f"ex:x prov:{name} ex:y .") == expected


QUALIFIED = {
    **{
        (relation.qualifies, relation.influence, relation.object): kind
        for kind, relation in provo.RELATIONS.items()
        if relation.qualifies
    },
    **{(f"qualified{name}", name, "entity"): "wasDerivedFrom" for name in provo.DERIVATIONS},
}


@pytest.mark.parametrize(("terms", "kind"), QUALIFIED.items(), ids=str)
def test_each_qualified_influence_is_a_relation_with_attributes(terms, kind):
    link, influence, influencer = terms
    (relation,) = read(
        f"ex:x prov:{link} [ a prov:{influence} ; prov:{influencer} ex:y ; ex:k 'v' ] ."
    ).statements()
    assert (relation.kind, relation.arguments[:2]) == (kind, ("ex:x", "ex:y"))
    assert Attribute("ex:k", "v") in relation.attributes


@pytest.mark.parametrize("terms", QUALIFIED, ids=str)
def test_the_class_of_a_general_influence_decides_its_kind(terms):
    link, influence, influencer = terms
    special = read(f"ex:x prov:{link} [ a prov:{influence} ; prov:{influencer} ex:y ] .")
    for cited_by in (influencer, "influencer"):
        node = f"[ a prov:{influence} ; prov:{cited_by} ex:y ]"
        assert read(f"ex:x prov:qualifiedInfluence {node} .") == special
        description = f"_:n a prov:{influence} ; prov:{cited_by} ex:y ."
        same_node = f"ex:x prov:{link} _:n ; prov:qualifiedInfluence _:n . {description}"
        assert read(same_node) == special


@pytest.mark.parametrize(
    "class_", ["Influence", "EntityInfluence", "ActivityInfluence", "AgentInfluence"]
)
@pytest.mark.parametrize("cited_by", provo.INFLUENCERS)
def test_a_general_class_of_influence_is_an_influence(class_, cited_by):
    body = f"ex:x prov:wasInfluencedBy ex:y ; prov:qualifiedInfluence [ a prov:{class_} ; prov:{cited_by} ex:y ] ."
    (relation,) = read(body).statements()
    assert (relation.kind, relation.arguments) == ("wasInfluencedBy", ("ex:x", "ex:y"))


def test_superclasses_and_superproperties_that_a_reasoner_adds_make_no_further_relation():
    classes = "prov:Revision, prov:Derivation, prov:EntityInfluence, prov:Influence"
    node = f"a {classes} ; prov:entity ex:y ; prov:influencer ex:y"
    (relation,) = read(
        f"ex:x prov:qualifiedRevision _:n ; prov:qualifiedInfluence _:n . _:n {node} ."
    ).statements()
    assert (relation.kind, relation.arguments[:2]) == ("wasDerivedFrom", ("ex:x", "ex:y"))


@pytest.mark.parametrize(("inverse", "forward"), provo.INVERSES.items())
def test_each_inverse_states_the_same_as_its_property(inverse, forward):
    """The subject is the node of a relation, so that properties of nodes have a meaning too."""
    links = "".join(
        f"ex:x prov:{link} ex:s . " for link, _, influencer in QUALIFIED if influencer == forward
    )
    links = links or "ex:d prov:qualifiedDerivation ex:s . ex:d prov:qualifiedAssociation ex:s ."
    expected = read(f"{links} ex:s prov:{forward} ex:o .")
    assert len(expected)
    assert read(f"{links} ex:o prov:{inverse} ex:s .") == expected
    assert read(f"{links} ex:o prov:{inverse} ex:s . ex:s prov:{forward} ex:o .") == expected
    attributes = {a.key for s in expected.statements() for a in s.attributes}
    assert f"prov:{inverse}" not in attributes


def test_an_inverse_with_a_literal_stays_an_attribute():
    assert statements("ex:a a prov:Activity ; prov:generated 'x' .") == [
        "activity(ex:a, prov:generated=x)"
    ]


# Times of entities


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("generatedAtTime", "wasGeneratedBy", "qualifiedGeneration"),
        ("invalidatedAtTime", "wasInvalidatedBy", "qualifiedInvalidation"),
    ],
)
def test_the_time_of_an_entity_is_that_of_its_event(name, kind, link):
    at = f"ex:e prov:{name} {time(T)} ."
    node = f"ex:e prov:{link} [ prov:activity ex:a ]"
    assert statements(at) == [f"{kind}(ex:e, -, {T})"]
    assert statements(f"{at} ex:e prov:{kind} ex:a .") == [f"{kind}(ex:e, ex:a, {T})"]
    assert statements(f"{at} {node} .") == [f"{kind}(ex:e, ex:a, {T})"]
    assert statements(
        f"{at} ex:e prov:{kind} ex:a ; prov:{link} [ prov:activity ex:a ; prov:atTime {time(T)} ] ."
    ) == [f"{kind}(ex:e, ex:a, {T})"]
    assert statements(f"{at} ex:e prov:{kind} ex:a, ex:b .") == [
        f"{kind}(ex:e, -, {T})",
        f"{kind}(ex:e, ex:a)",
        f"{kind}(ex:e, ex:b)",
    ]


def test_the_time_of_an_entity_that_is_no_time_stays_an_attribute():
    assert statements("ex:e a prov:Entity ; prov:generatedAtTime '2012'^^xsd:gYear .") == [
        "entity(ex:e, prov:generatedAtTime=2012)"
    ]


# Several values where PROV has one


@pytest.mark.parametrize(
    "body",
    [
        f"ex:a a prov:Activity ; prov:startedAtTime {time(U)}, {time(T)} .",
        f"ex:a a prov:Activity ; prov:endedAtTime {time(U)}, {time(T)} .",
        "ex:a prov:qualifiedUsage [ prov:entity ex:e, ex:f ] .",
        f"ex:a prov:qualifiedUsage [ prov:entity ex:e ; prov:atTime {time(U)}, {time(T)} ] .",
        f"ex:a prov:qualifiedUsage ex:u . ex:u prov:entity ex:e ; prov:atTime {time(U)}, {time(T)} .",
        f"ex:e prov:wasGeneratedBy ex:a ; prov:generatedAtTime {time(U)}, {time(T)} .",
        f"ex:e prov:qualifiedGeneration [ prov:activity ex:a ; prov:atTime {time(T)} ] . "
        f"ex:e prov:generatedAtTime {time(U)} .",
        "ex:a prov:qualifiedAssociation [ prov:agent ex:g ; prov:hadPlan ex:p, ex:q ] .",
        "ex:g prov:qualifiedDelegation [ prov:agent ex:h ; prov:hadActivity ex:a, ex:b ] .",
        "ex:e prov:qualifiedDerivation [ prov:entity ex:f ; prov:hadActivity ex:a, ex:b ] .",
    ],
)
def test_two_values_are_two_statements_that_validation_reports(body):
    document = read(body)
    assert len(document) == 2
    assert not validate(document).is_valid


def test_two_values_share_the_other_arguments_and_attributes():
    assert statements(
        f"ex:a prov:qualifiedUsage ex:u . ex:u prov:entity ex:f, ex:e ; prov:atTime {time(T)} ; ex:k 'v' ."
    ) == [f"used(ex:u; ex:a, ex:e, {T}, ex:k=v)", f"used(ex:u; ex:a, ex:f, {T}, ex:k=v)"]


def test_two_bundles_of_a_mention_are_two_mentions():
    body = "ex:x prov:mentionOf ex:y ; prov:asInBundle ex:c, ex:b ."
    assert statements(body) == ["mentionOf(ex:x, ex:y, ex:b)", "mentionOf(ex:x, ex:y, ex:c)"]


# Classes that domains and ranges imply


@pytest.mark.parametrize(
    ("body", "kinds"),
    [
        *(
            (f"ex:x prov:{term} ex:y ; rdfs:label 'x' .", {kind})
            for term, kind in provo.DOMAINS.items()
            if term not in (*provo.EVENT_TIMES, *provo.ELEMENT_TIMES.values(), "value")
        ),
        *(
            (
                f"ex:s prov:qualifiedAssociation ex:n . ex:n prov:{term} ex:x . ex:x rdfs:label 'x' .",
                {kind},
            )
            for term, kind in provo.RANGES.items()
            if term in ("agent", "hadPlan", "activity", "entity", "hadActivity")
        ),
        *(
            (f"ex:y prov:{term} ex:x . ex:x rdfs:label 'x' .", {kind})
            for term, kind in provo.RANGES.items()
            if term in provo.RELATIONS or term in provo.DERIVATIONS.values()
        ),
        (f"ex:x prov:startedAtTime {time(T)} .", {"activity"}),
        (f"ex:x prov:endedAtTime {time(T)} .", {"activity"}),
        (f"ex:x prov:generatedAtTime {time(T)} ; rdfs:label 'x' .", {"entity"}),
        ("ex:x prov:value 'x' .", {"entity"}),
        ("ex:x a ex:Script . ex:y prov:hadPrimarySource ex:x .", {"entity"}),
        (
            "ex:x prov:actedOnBehalfOf ex:y ; ex:name 'x' . ex:e prov:wasDerivedFrom ex:x .",
            {"agent", "entity"},
        ),
        ("ex:x a prov:Person ; ex:name 'x' . ex:x prov:wasDerivedFrom ex:y .", {"agent"}),
        ("ex:x prov:wasInfluencedBy ex:y ; rdfs:label 'x' .", set()),
        ("ex:x rdfs:label 'x' . ex:e a prov:Entity ; ex:about ex:x .", set()),
    ],
)
def test_a_described_resource_has_the_kinds_that_its_properties_imply(body, kinds):
    assert {s.kind for s in read(body).statements() if s.id == "ex:x"} == kinds


def test_a_described_resource_keeps_its_description():
    assert statements(
        f"ex:e prov:wasGeneratedBy ex:a ; rdfs:label 'model' . ex:a a ex:Run ; prov:startedAtTime {time(T)} ."
    ) == [
        f"activity(ex:a, {T}, prov:type=ex:Run)",
        "entity(ex:e, prov:label=model)",
        "wasGeneratedBy(ex:e, ex:a)",
    ]


def test_a_resource_that_only_relations_name_gets_no_element():
    assert statements("ex:a prov:used ex:e .") == ["used(ex:a, ex:e)"]


# Lists


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("ex:e a prov:Entity ; ex:k ( 1 2 1 ) .", ["entity(ex:e, ex:k=1, ex:k=2)"]),
        ("ex:e a prov:Entity ; ex:k ( 'a' ( 'b' ) ) .", ["entity(ex:e, ex:k=a, ex:k=b)"]),
        ("ex:a prov:used ( ex:e ex:f ) .", ["used(ex:a, ex:e)", "used(ex:a, ex:f)"]),
        ("ex:e a prov:Entity ; ex:k () .", ["entity(ex:e, ex:k=rdf:nil)"]),
    ],
)
def test_a_list_is_read_as_its_members(body, expected):
    assert statements(body) == expected


def test_a_list_that_contains_itself_ends():
    rdf = f"@prefix rdf: <{provo.RDF}> . "
    body = "ex:e a prov:Entity ; ex:k _:l . _:l rdf:first 1 ; rdf:rest _:l ."
    assert statements(rdf + body) == ["entity(ex:e, ex:k=1)"]


def test_nodes_that_prov_jsonld_adds_to_prov_o_are_relations():
    ext = "@prefix provext: <https://openprovenance.org/ns/provext#> . "
    assert statements(
        f"{ext} ex:c provext:qualifiedMembership [ a provext:Membership ; provext:member ex:e ] ; "
        "provext:qualifiedSpecialization [ provext:generalEntity ex:g ] ; "
        "provext:qualifiedAlternate [ provext:alternate ex:h ] ."
    )[1:] == ["hadMember(ex:c, ex:e, prov:type=provext:Membership)", "specializationOf(ex:c, ex:g)"]


def test_types_of_a_statement_are_names():
    (entity,) = read("ex:e a prov:Entity, ex:Model .").statements()
    assert entity == Statement(
        "entity", "ex:e", (), (Attribute("prov:type", "ex:Model", QUALIFIED_NAME),)
    )
