"""PROV-O: the RDF terms of every kind of statement and of every formal argument, in one table.

The source is the W3C Recommendation of 30 April 2013, sections 3.1 to 3.3 and Table 2 (qualified influences), and
PROV-Links for mention. A relation with nothing but its two main arguments is one triple. Everything else (identifier,
time, role, attributes) belongs to a node, the *qualified* form of the relation. Names are local names of PROV's
namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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

DERIVATIONS = {
    "Revision": "wasRevisionOf",
    "Quotation": "wasQuotedFrom",
    "PrimarySource": "hadPrimarySource",
}
"""The types of a derivation that PROV-O has classes for, and the properties of their plain triples.

The node of such a derivation is of that class. The property ``qualified`` with the name of the class leads to it.
"""

INVERSES = {"generated": "wasGeneratedBy", "invalidated": "wasInvalidatedBy"}
"""Properties that lead from the second argument of a relation to its first, and the kind of the relation."""

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
                *INVERSES,
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
"""The properties with a meaning of their own. The keys of attributes must not become one of them."""
