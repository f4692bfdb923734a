"""Inferences (PROV-CONSTRAINTS section 5), as far as the validity of an instance depends on them.

Many inferences add statements about things of which only the existence is known: an entity has some
generation, a communication passes on some entity. Such a statement matters only if it can be merged
with another one, order events, or give a type. These rules are applied:

- Definitions 1 to 4: each absent optional argument becomes a variable of its own. The exceptions
  are a plan, and the activity of a derivation with the generation and usage of a derivation without
  activity. An absent one of these means that there is no such thing.
- Inferences 7 and 8: an entity has a generation and an invalidation, an activity has a start and an
  end (:func:`existing_events`). Which ones does not matter, because all generations of an entity
  are simultaneous (Constraint 39), as are its invalidations (40), and the starts (31) and ends (32)
  of an activity. They are one event here.
- Inferences 9 and 10: the activity that starts or ends another one generated the trigger
  (:func:`generations`). This also holds for an absent trigger and orders the two activities
  (:mod:`.ordering`).
- Inference 11: a derivation with an activity implies a usage and a generation. If the derivation
  gives their identifiers, they are merged with other statements (:mod:`.uniqueness`). Otherwise
  nothing can contradict them, and they only order events (:func:`generations`, :mod:`.ordering`).
- Inference 13: an attributed entity has a generation (:func:`existing_events`). Its activity is a
  variable that no other statement uses, so it orders nothing.
- Inference 15: a relation is an influence with the same identifier. This matters if relations of
  two kinds share an identifier (:mod:`.uniqueness`).
- Inferences 19 and 21: specialization is transitive, and the attributes of an entity also belong to
  its specializations. These therefore have the same events (:func:`existing_events`) and are
  empty collections if the general entity is one (:mod:`.impossibility`). Constraints 45 and 46 also
  order events through an entity whose own events are not known.

These rules are left out, because validity cannot depend on them:

- Inference 5: the entity that a communication passes on appears in no other statement. Its
  generation and usage lie between the start of the informant and the end of the informed activity,
  and Constraint 35 already orders these.
- Inference 6: the communication that a generation and a usage imply orders the start of one
  activity before the end of the other. Constraints 34, 37 and 33 already do so by way of the
  generation and the usage.
- Inference 14: both agents of a delegation are associated with its activity. Associations only order
  ends and invalidations (Constraint 47), and these violate nothing (:mod:`.ordering`).
- Inferences 12, 16, 17, 18 and 20: the only constraint on alternates is that they are entities, and
  the statements from which alternates are inferred have that effect themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.validation.graph import reachable
from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray

INFLUENCES = {
    "wasGeneratedBy": ("entity", "activity"),
    "used": ("activity", "entity"),
    "wasInformedBy": ("informed", "informant"),
    "wasStartedBy": ("activity", "trigger"),
    "wasEndedBy": ("activity", "trigger"),
    "wasInvalidatedBy": ("entity", "activity"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity"),
    "wasAttributedTo": ("entity", "agent"),
    "wasAssociatedWith": ("activity", "agent"),
    "actedOnBehalfOf": ("delegate", "responsible"),
    "wasInfluencedBy": ("influencee", "influencer"),
}
"""The influencee and the influencer of each relation that is an influence (Inference 15)."""


@dataclass(frozen=True)
class Pairs:
    """A binary relation: pairs of names, and the number of the statement that relates them."""

    left: IntegerArray
    right: IntegerArray
    statements: IntegerArray

    def select(self, rows: NDArray[np.bool_]) -> Pairs:
        """Return the pairs for which ``rows`` is true."""
        return Pairs(self.left[rows], self.right[rows], self.statements[rows])

    def swapped(self) -> Pairs:
        """Return the inverse relation."""
        return Pairs(self.right, self.left, self.statements)


def pairs(instance: Instance, kind: str, left: str, right: str) -> Pairs:
    """Return two arguments of the statements of a kind that have both."""
    relation = Pairs(
        instance.column(kind, left),
        instance.column(kind, right),
        instance.statement_numbers(kind),
    )
    return relation.select((relation.left != MISSING) & (relation.right != MISSING))


def generations(instance: Instance) -> Pairs:
    """Return entities and the activities that generated them (Inferences 9, 10 and 11)."""
    return _union(
        pairs(instance, "wasGeneratedBy", "entity", "activity"),
        pairs(instance, "wasStartedBy", "trigger", "starter"),
        pairs(instance, "wasEndedBy", "trigger", "ender"),
        pairs(instance, "wasDerivedFrom", "generatedEntity", "activity"),
    )


def specializations(instance: Instance) -> Pairs:
    """Return specific and general entities; a mention is a specialization (PROV-LINKS section 3)."""
    return _union(
        pairs(instance, "specializationOf", "specificEntity", "generalEntity"),
        pairs(instance, "mentionOf", "specificEntity", "generalEntity"),
    )


@dataclass(frozen=True)
class ExistingEvents:
    """For each name, whether it has a generation and a start.

    Those who have an invalidation or an end do not matter, because these are on no cycle of events (:mod:`.ordering`).
    """

    generation: NDArray[np.bool_]
    start: NDArray[np.bool_]


def existing_events(instance: Instance) -> ExistingEvents:
    """Return the events that exist by statements and by Inferences 7 to 11, 13 and 21."""
    specialization = specializations(instance)
    is_entity = reachable(
        _occurs(instance, ("entity", "id")), specialization.right, specialization.left
    )
    is_generated = _occurs(
        instance,
        ("wasGeneratedBy", "entity"),
        ("wasAttributedTo", "entity"),
        ("wasStartedBy", "trigger"),
        ("wasEndedBy", "trigger"),
    )
    is_generated[pairs(instance, "wasDerivedFrom", "generatedEntity", "activity").left] = True
    return ExistingEvents(
        generation=is_entity | is_generated,
        start=_occurs(instance, ("activity", "id"), ("wasStartedBy", "activity")),
    )


def _union(*relations: Pairs) -> Pairs:
    return Pairs(
        np.concatenate([relation.left for relation in relations]),
        np.concatenate([relation.right for relation in relations]),
        np.concatenate([relation.statements for relation in relations]),
    )


def _occurs(instance: Instance, *columns: tuple[str, str]) -> NDArray[np.bool_]:
    """Return for each name whether it occurs in one of the columns."""
    occurs = np.zeros(instance.name_count, np.bool_)
    for kind, argument in columns:
        names = instance.column(kind, argument)
        occurs[names[names != MISSING]] = True
    return occurs
