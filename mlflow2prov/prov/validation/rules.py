"""The rules of PROV-CONSTRAINTS that a document can violate, by number and name."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule of PROV-CONSTRAINTS, such as ``Constraint 23 (key-properties)``.

    Attributes:
        number: the number in the Recommendation; None for the one rule of PROV-LINKS.
        name: the name in the Recommendation.
        part: ``Constraint`` or ``Definition``, or ``PROV-LINKS``.
    """

    number: int | None
    name: str
    part: str = "Constraint"

    def __str__(self) -> str:
        number = "" if self.number is None else f" {self.number}"
        return f"{self.part}{number} ({self.name})"


_CONSTRAINTS = {
    22: "key-object",
    23: "key-properties",
    24: "unique-generation",
    25: "unique-invalidation",
    26: "unique-wasStartedBy",
    27: "unique-wasEndedBy",
    28: "unique-startTime",
    29: "unique-endTime",
    30: "start-precedes-end",
    31: "start-start-ordering",
    32: "end-end-ordering",
    33: "usage-within-activity",
    34: "generation-within-activity",
    35: "wasInformedBy-ordering",
    36: "generation-precedes-invalidation",
    37: "generation-precedes-usage",
    38: "usage-precedes-invalidation",
    39: "generation-generation-ordering",
    40: "invalidation-invalidation-ordering",
    41: "derivation-usage-generation-ordering",
    42: "derivation-generation-generation-ordering",
    43: "wasStartedBy-ordering",
    44: "wasEndedBy-ordering",
    45: "specialization-generation-ordering",
    46: "specialization-invalidation-ordering",
    47: "wasAssociatedWith-ordering",
    48: "wasAttributedTo-ordering",
    49: "actedOnBehalfOf-ordering",
    50: "typing",
    51: "impossible-unspecified-derivation-generation-use",
    52: "impossible-specialization-reflexive",
    53: "impossible-property-overlap",
    54: "impossible-object-property-overlap",
    55: "entity-activity-disjoint",
    56: "membership-empty-collection",
}

CONSTRAINT = {number: Rule(number, name) for number, name in _CONSTRAINTS.items()}
"""The constraints, by number (PROV-CONSTRAINTS section 6)."""

OPTIONAL_PLACEHOLDERS = Rule(4, "optional-placeholders", "Definition")
"""A placeholder may replace only an optional argument (PROV-CONSTRAINTS section 5.1)."""

UNIQUE_MENTION = Rule(None, "unique-mention", "PROV-LINKS")
"""An entity is a mention of at most one entity, in one bundle (PROV-LINKS section 3)."""
