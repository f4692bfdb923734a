"""PROV-O: the RDF terms of every kind of statement and of every formal argument, in one table.

The source is the W3C Recommendation of 30 April 2013: sections 3.1 to 3.3, Table 2 (qualified influences), and Table 5
in appendix B.1 (names of inverses). PROV-Links defines mention. A relation with nothing but its two main arguments is
one triple. Everything else (identifier, time, role, attributes) belongs to a node, the *qualified* form of the
relation. Names are local names of PROV's namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlflow2prov.prov.kinds import KIND, Argument, ArgumentType
from mlflow2prov.prov.namespaces import PROV

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

TYPE = RDF + "type"


@dataclass(frozen=True)
class Relation:
    """The terms of a kind of relation. The property of its plain triple has the name of the kind.

    Attributes:
        qualifies: the property that leads from the first argument to the node.
        influence: the class of the node.
        object: the property that leads from the node to the second argument.
        others: the properties that lead to further arguments, by the name of the argument.
        keeps_triple: whether the plain triple is written in addition to the node. The ``prov`` library reads such a
            triple of the other kinds as a second statement.
    """

    qualifies: str = ""
    influence: str = ""
    object: str = ""
    others: dict[str, str] = field(default_factory=dict)
    keeps_triple: bool = False


_TIME = {"time": "atTime"}

RELATIONS: dict[str, Relation] = {
    "wasGeneratedBy": Relation("qualifiedGeneration", "Generation", "activity", _TIME),
    "used": Relation("qualifiedUsage", "Usage", "entity", _TIME),
    "wasInformedBy": Relation(
        "qualifiedCommunication", "Communication", "activity", keeps_triple=True
    ),
    "wasStartedBy": Relation(
        "qualifiedStart", "Start", "entity", {"starter": "hadActivity", **_TIME}
    ),
    "wasEndedBy": Relation("qualifiedEnd", "End", "entity", {"ender": "hadActivity", **_TIME}),
    "wasInvalidatedBy": Relation("qualifiedInvalidation", "Invalidation", "activity", _TIME),
    "wasDerivedFrom": Relation(
        "qualifiedDerivation",
        "Derivation",
        "entity",
        {"activity": "hadActivity", "generation": "hadGeneration", "usage": "hadUsage"},
    ),
    "wasAttributedTo": Relation("qualifiedAttribution", "Attribution", "agent", keeps_triple=True),
    "wasAssociatedWith": Relation(
        "qualifiedAssociation", "Association", "agent", {"plan": "hadPlan"}, keeps_triple=True
    ),
    "actedOnBehalfOf": Relation(
        "qualifiedDelegation",
        "Delegation",
        "agent",
        {"activity": "hadActivity"},
        keeps_triple=True,
    ),
    "wasInfluencedBy": Relation("qualifiedInfluence", "Influence", "influencer", keeps_triple=True),
    "specializationOf": Relation(),
    "alternateOf": Relation(),
    "hadMember": Relation(),
    "mentionOf": Relation(others={"bundle": "asInBundle"}),
}

EXTENSIONS = tuple(
    (kind, Relation(namespace + qualifies, object=namespace + object_))
    for namespace in (
        "https://openprovenance.org/ns/provext#",
        "http://openprovenance.org/prov/extension#",
    )
    for kind, qualifies, object_ in (
        ("specializationOf", "qualifiedSpecialization", "generalEntity"),
        ("alternateOf", "qualifiedAlternate", "alternate"),
        ("hadMember", "qualifiedMembership", "member"),
    )
)
"""Kinds and terms of nodes that PROV-O lacks: those of the PROV-JSONLD submission (section 5), also by older names."""

DERIVATIONS = {
    "Revision": "wasRevisionOf",
    "Quotation": "wasQuotedFrom",
    "PrimarySource": "hadPrimarySource",
}
"""The types of a derivation that PROV-O has classes for, and the properties of their plain triples.

The node of such a derivation is of that class. The property ``qualified`` with the name of the class leads to it.
"""

INVERSES = {
    "generated": "wasGeneratedBy",
    "invalidated": "wasInvalidatedBy",
    "influenced": "wasInfluencedBy",
    "wasUsedBy": "used",
    "informed": "wasInformedBy",
    "started": "wasStartedBy",
    "ended": "wasEndedBy",
    "hadDerivation": "wasDerivedFrom",
    "hadRevision": "wasRevisionOf",
    "quotedAs": "wasQuotedFrom",
    "wasPrimarySourceOf": "hadPrimarySource",
    "contributed": "wasAttributedTo",
    "wasAssociateFor": "wasAssociatedWith",
    "hadDelegate": "actedOnBehalfOf",
    "generalizationOf": "specializationOf",
    "wasMemberOf": "hadMember",
    "qualifiedGenerationOf": "qualifiedGeneration",
    "qualifiedUsingActivity": "qualifiedUsage",
    "qualifiedCommunicationOf": "qualifiedCommunication",
    "qualifiedStartOf": "qualifiedStart",
    "qualifiedEndOf": "qualifiedEnd",
    "qualifiedInvalidationOf": "qualifiedInvalidation",
    "qualifiedDerivationOf": "qualifiedDerivation",
    "revisedEntity": "qualifiedRevision",
    "qualifiedQuotationOf": "qualifiedQuotation",
    "qualifiedSourceOf": "qualifiedPrimarySource",
    "qualifiedAttributionOf": "qualifiedAttribution",
    "qualifiedAssociationOf": "qualifiedAssociation",
    "qualifiedDelegationOf": "qualifiedDelegation",
    "qualifiedInfluenceOf": "qualifiedInfluence",
    "entityOfInfluence": "entity",
    "activityOfInfluence": "activity",
    "agentOfInfluence": "agent",
    "hadInfluence": "influencer",
    "wasActivityOfInfluence": "hadActivity",
    "generatedAsDerivation": "hadGeneration",
    "wasUsedInDerivation": "hadUsage",
    "wasPlanOf": "hadPlan",
    "wasRoleIn": "hadRole",
    "locationOf": "atLocation",
}
"""The names of inverse properties, and the properties that they are the inverses of."""

INFLUENCERS = ("influencer", "entity", "activity", "agent")
"""The properties that lead from a node to the second argument: the general one and its special forms."""

EVENT_TIMES = {"generatedAtTime": "wasGeneratedBy", "invalidatedAtTime": "wasInvalidatedBy"}
"""The properties of an entity that are short for a node with a time, and the kind of the node's relation."""

ELEMENTS = {"entity": "Entity", "activity": "Activity", "agent": "Agent"}
"""The classes of the kinds of elements."""

ELEMENT_TIMES = {"startTime": "startedAtTime", "endTime": "endedAtTime"}
"""The properties of the formal arguments of an activity."""

IMPLIED_KINDS = {
    "Collection": "entity",
    "EmptyCollection": "entity",
    "Plan": "entity",
    "Bundle": "entity",
    "Person": "agent",
    "Organization": "agent",
    "SoftwareAgent": "agent",
}
"""The subclasses of PROV-O, and the kind of a resource that has no other class of an element."""


def _kind_of(argument: Argument) -> str | None:
    """Return the kind of the elements that a formal argument refers to, if it is only one."""
    match argument.type:
        case ArgumentType.ENTITY | ArgumentType.BUNDLE:
            return "entity"
        case ArgumentType.ACTIVITY:
            return "activity"
        case ArgumentType.AGENT:
            return "agent"
    return None


def _domains() -> dict[str, str | None]:
    domains: dict[str, str | None] = {"value": "entity", "asInBundle": "entity"}
    domains |= dict.fromkeys(EVENT_TIMES, "entity") | dict.fromkeys(
        ELEMENT_TIMES.values(), "activity"
    )
    for kind, relation in RELATIONS.items():
        domains[kind] = domains[relation.qualifies] = _kind_of(KIND[kind].arguments[0])
    for subtype, name in DERIVATIONS.items():
        domains[name] = domains[f"qualified{subtype}"] = "entity"
    return domains


def _ranges() -> dict[str, str | None]:
    ranges: dict[str, str | None] = dict.fromkeys(DERIVATIONS.values(), "entity")
    for kind, relation in RELATIONS.items():
        _, second, *others = KIND[kind].arguments
        ranges[kind] = ranges[relation.object] = _kind_of(second)
        ranges |= {relation.others[argument.name]: _kind_of(argument) for argument in others}
    return ranges


DOMAINS = {term: kind for term, kind in _domains().items() if term and kind}
"""The kind of a resource that has a property."""

RANGES = {term: kind for term, kind in _ranges().items() if term and kind}
"""The kind of a resource that is the value of a property."""

CLASSES = {*ELEMENTS.values(), *(relation.influence for relation in RELATIONS.values())} - {""}
"""The classes that determine a kind. An attribute ``prov:type`` with such a value does not become an ``rdf:type``."""

ATTRIBUTES = {
    "prov:label": RDFS + "label",
    "prov:location": PROV + "atLocation",
    "prov:role": PROV + "hadRole",
}
"""The attributes of PROV-DM whose properties have other names."""

STRUCTURE = frozenset(
    {
        TYPE,
        *ATTRIBUTES.values(),
        *(
            PROV + term
            for term in (
                "asInBundle",
                *RELATIONS,
                "generated",
                "invalidated",
                *DERIVATIONS.values(),
                *(f"qualified{name}" for name in DERIVATIONS),
                *ELEMENT_TIMES.values(),
                *(relation.qualifies for relation in RELATIONS.values()),
                *(relation.object for relation in RELATIONS.values()),
                *(term for relation in RELATIONS.values() for term in relation.others.values()),
            )
            if term
        ),
    }
)
"""The properties with a meaning of their own. The keys of attributes must not become one of them.

The other names of inverses and :data:`EVENT_TIMES` may be keys, because they mean the same as a property.
"""
