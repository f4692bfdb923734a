"""PROV-O: the RDF terms of every kind of statement and every formal argument, in one table.

W3C Recommendation of 30 April 2013, sections 3.1 to 3.3 and Table 2 (qualified influences); mention is
of PROV-Links. A relation that says nothing but its two main arguments is one triple. What more it says
(identifier, time, role, attributes) stands at a node of its own, its *qualified* form. Names here are
local names of PROV's namespace.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from mlflow2prov.prov.namespaces import PROV

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"


@dataclass(frozen=True)
class Relation:
    """How a kind of relation is said in RDF; its own name is the property of the plain triple.

    ``qualifies`` leads from the first argument to the node, whose class is ``influence``; ``object`` leads
    from there to the second argument, ``others`` to further ones, by argument. ``keeps_triple`` is
    true where the plain triple stands beside the node; elsewhere the ``prov`` library would read it
    as a second statement.
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
"""``prov:type`` of a derivation that PROV-O has a class for, to the property of the plain triple.

The node of such a derivation is of that class, and ``qualified`` with its name leads to it.
"""

INVERSES = {"generated": "wasGeneratedBy", "invalidated": "wasInvalidatedBy"}
"""Properties of PROV-O that say a kind of relation from its second argument to its first."""

ELEMENTS = {"entity": "Entity", "activity": "Activity", "agent": "Agent"}
"""Kind of element to its class."""

IMPLIED = {
    "Collection": "entity",
    "EmptyCollection": "entity",
    "Plan": "entity",
    "Bundle": "entity",
    "Person": "agent",
    "Organization": "agent",
    "SoftwareAgent": "agent",
}
"""Subclass of PROV-O's own to the kind of element that it makes what is of no other kind."""

ELEMENT_TIMES = {"startTime": "startedAtTime", "endTime": "endedAtTime"}

CLASSES = {*ELEMENTS.values(), *(relation.influence for relation in RELATIONS.values())} - {""}
"""The classes that tell the kind. Stated as ``prov:type`` by a document, they are no ``rdf:type``."""

TYPE = RDF + "type"

ATTRIBUTES = {
    "prov:label": RDFS + "label",
    "prov:location": PROV + "atLocation",
    "prov:role": PROV + "hadRole",
}
"""The attributes of PROV-DM whose properties are called otherwise."""

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
"""Properties that have a meaning of their own: an attribute may not be called so."""
