"""What inferences add to an instance, as far as a verdict can depend on it (PROV-CONSTRAINTS section 5).

Inferences add statements about things that merely exist: an entity has some generation, a communication
some entity. Such a statement matters where it can be merged with another, order events, or give a type.
That leaves:

- Definitions 1 to 4: what is optional and not given is a variable of its own. A plan, and the activity,
  generation and usage of a derivation without activity, are not: there a dash stands for *none*.
- Inferences 7 and 8: whether an entity has a generation and an invalidation, an activity a start and an
  end (:func:`existing`). Which ones does not matter, as all generations of an entity are at once (Constraint 39),
  and so are its invalidations (40), and the starts (31) and ends (32) of an activity: they are one event here.
- Inferences 9 and 10: the activity that starts or ends another generated the trigger (:func:`generations`); also
  of a trigger that is not given, which orders the two activities (:mod:`.ordering`).
- Inference 11: a derivation by an activity implies a usage and a generation. Where it names them, they are
  merged with others of that name (:func:`derived`); where it does not, nothing can contradict them, and they
  only order events (:func:`generations`, :func:`usages`).
- Inference 13: what is attributed has a generation (:func:`existing`). Its activity exists only; nothing is known to
  be ordered by it.
- Inference 14: both agents of a delegation are associated with its activity (:func:`associations`).
- Inference 15: a relation is an influence, of the same name (:func:`influences`). It matters where two kinds of
  relation share a name.
- Inferences 19 and 21: specializations of specializations; what is said of an entity holds for its
  specializations, so that they exist as it does (:func:`existing`), and are empty collections as it is
  (:mod:`.impossibility`). Constraints 45 and 46 pass through entities of which no event is known.

Left out, since no verdict can depend on it:

- Inference 5: the entity that a communication passed on is known to nobody else. Its generation and usage
  lie between the start of the informant and the end of the informed activity, which Constraint 35 orders already.
- Inference 6: the communication that a generation and a usage imply orders the start of one activity before
  the end of the other; Constraints 34, 37 and 33 do that already, by way of the two events.
- Inferences 12, 16, 17, 18 and 20: alternates have no constraint but that they are entities, which the
  statements that imply them say themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.validation.graph import reached
from mlflow2prov.prov.validation.instance import MISSING, Instance, Numbers

INFLUENCE = {
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
    """A relation of two things, said or implied: pairs of names, and the statement behind each."""

    one: Numbers
    other: Numbers
    statements: Numbers


def pairs(instance: Instance, kind: str, one: str, other: str) -> Pairs:
    """Return two arguments of the statements of a kind, where both are given."""
    left, right = instance.column(kind, one), instance.column(kind, other)
    given = (left != MISSING) & (right != MISSING)
    return Pairs(left[given], right[given], instance.numbers(kind)[given])


def _all(*several: Pairs) -> Pairs:
    return Pairs(
        np.concatenate([each.one for each in several]),
        np.concatenate([each.other for each in several]),
        np.concatenate([each.statements for each in several]),
    )


def generations(instance: Instance) -> Pairs:
    """Return entities and the activities that generated them (with Inferences 9, 10 and 11)."""
    return _all(
        pairs(instance, "wasGeneratedBy", "entity", "activity"),
        pairs(instance, "wasStartedBy", "trigger", "starter"),
        pairs(instance, "wasEndedBy", "trigger", "ender"),
        pairs(instance, "wasDerivedFrom", "generatedEntity", "activity"),
    )


def usages(instance: Instance) -> Pairs:
    """Return activities and the entities that they used (with Inference 11)."""
    return _all(
        pairs(instance, "used", "activity", "entity"),
        pairs(instance, "wasDerivedFrom", "activity", "usedEntity"),
    )


def associations(instance: Instance) -> Pairs:
    """Return activities and the agents that they are associated with (with Inference 14)."""
    return _all(
        pairs(instance, "wasAssociatedWith", "activity", "agent"),
        pairs(instance, "actedOnBehalfOf", "activity", "delegate"),
        pairs(instance, "actedOnBehalfOf", "activity", "responsible"),
    )


def specializations(instance: Instance) -> Pairs:
    """Return specific and general entities; a mention is a specialization (PROV-LINKS section 3)."""
    return _all(
        pairs(instance, "specializationOf", "specificEntity", "generalEntity"),
        pairs(instance, "mentionOf", "specificEntity", "generalEntity"),
    )


@dataclass(frozen=True)
class Existing:
    """Of which names there is a generation, an invalidation, a start, an end."""

    generation: NDArray[np.bool_]
    invalidation: NDArray[np.bool_]
    start: NDArray[np.bool_]
    end: NDArray[np.bool_]


def existing(instance: Instance) -> Existing:
    """Return which events there are, by statements and by Inferences 7 to 11, 13 and 21."""
    special = specializations(instance)
    # What is said of an entity is said of its specializations.
    declared = reached(_mark(instance, ("entity", "id")), special.other, special.one)
    triggers = (("wasStartedBy", "trigger"), ("wasEndedBy", "trigger"))
    generated = _mark(
        instance, ("wasGeneratedBy", "entity"), ("wasAttributedTo", "entity"), *triggers
    )
    generated[pairs(instance, "wasDerivedFrom", "generatedEntity", "activity").one] = True
    return Existing(
        generation=declared | generated,
        invalidation=declared | _mark(instance, ("wasInvalidatedBy", "entity")),
        start=_mark(instance, ("activity", "id"), ("wasStartedBy", "activity")),
        end=_mark(instance, ("activity", "id"), ("wasEndedBy", "activity")),
    )


def _mark(instance: Instance, *columns: tuple[str, str]) -> NDArray[np.bool_]:
    """Return which names stand in any of some columns."""
    marked = np.zeros(instance.names, np.bool_)
    for kind, argument in columns:
        numbers = instance.column(kind, argument)
        marked[numbers[numbers != MISSING]] = True
    return marked
