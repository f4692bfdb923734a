"""PROV-O: the RDF term for every kind of statement and every formal argument, in one table.

W3C Recommendation of 30 April 2013, sections 3.1 to 3.3 and Table 2 (qualified influences); mention is
of PROV-Links. A relation is one triple from its first to its second formal argument; what more it says
(identifier, time, role, attributes) stands at a node of its own, its *qualified* form.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Relation:
    """How a kind of relation is said in RDF; terms are local names of PROV's namespace.

    ``qualifies`` leads from the first argument to the node, whose class is ``influence``; ``object`` leads
    from there to the second argument, ``others`` to further ones, by argument.
    """

    qualifies: str = ""
    influence: str = ""
    object: str = ""
    others: dict[str, str] = field(default_factory=dict)


_TIME = {"time": "atTime"}

RELATIONS: dict[str, Relation] = {
    "wasGeneratedBy": Relation("qualifiedGeneration", "Generation", "activity", _TIME),
    "used": Relation("qualifiedUsage", "Usage", "entity", _TIME),
    "wasInformedBy": Relation("qualifiedCommunication", "Communication", "activity"),
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
    "wasAttributedTo": Relation("qualifiedAttribution", "Attribution", "agent"),
    "wasAssociatedWith": Relation(
        "qualifiedAssociation", "Association", "agent", {"plan": "hadPlan"}
    ),
    "actedOnBehalfOf": Relation(
        "qualifiedDelegation", "Delegation", "agent", {"activity": "hadActivity"}
    ),
    "wasInfluencedBy": Relation("qualifiedInfluence", "Influence", "influencer"),
    "specializationOf": Relation(),
    "alternateOf": Relation(),
    "hadMember": Relation(),
    "mentionOf": Relation(others={"bundle": "asInBundle"}),
}
"""Kind of relation to its terms; its own name is the property of the plain triple."""

ELEMENTS = {"entity": "Entity", "activity": "Activity", "agent": "Agent"}
"""Kind of element to its class."""

ELEMENT_TIMES = {"startTime": "startedAtTime", "endTime": "endedAtTime"}

CLASSES = {*ELEMENTS.values(), *(relation.influence for relation in RELATIONS.values())} - {""}
"""The classes that tell the kind. Stated as ``prov:type`` by a document, they are no ``rdf:type``."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

ATTRIBUTES = {
    "prov:label": RDFS + "label",
    "prov:location": "http://www.w3.org/ns/prov#atLocation",
    "prov:role": "http://www.w3.org/ns/prov#hadRole",
}
"""The attributes of PROV-DM whose properties are called otherwise."""
