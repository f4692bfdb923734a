"""Event ordering: no event strictly precedes itself (PROV-CONSTRAINTS section 6.2).

Each thing has up to four events: all generations of an entity are at once (Constraint 39), so are all its
invalidations (40), and all starts (31) and all ends (32) of an activity. Usages are passed through: a usage
follows two events and precedes some, of which some pairs are ordered anyway (:func:`_usages`). So every
constraint is a number of edges between events, a few for each statement, and the instance is ordered if
no cycle has a strict edge. Only derivations order strictly (42).

Not every constraint can be broken. Nothing that follows an end or an invalidation is a start, a generation or
a usage, and derivations order generations; so a cycle that is strict passes through generations, starts
and usages only.

Times do not order events: an instance may be ordered and its times run backwards (section 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlflow2prov.prov.validation.graph import cycles
from mlflow2prov.prov.validation.inference import (
    Existing,
    Pairs,
    associations,
    existing,
    generations,
    pairs,
    specializations,
    usages,
)
from mlflow2prov.prov.validation.instance import MISSING, Instance, Numbers
from mlflow2prov.prov.validation.report import Step, Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT

GENERATION, INVALIDATION, START, END = range(4)
_EVENTS = ("generation", "invalidation", "start", "end")
USAGE = "usage"
_LONGEST_CYCLE = 1000


@dataclass(frozen=True)
class Edges:
    """Events of which one precedes the other, by one constraint.

    An event of the thing with the number ``n`` is the node ``4 * n`` plus its place among the four. Where
    ``through`` says so, the order is by way of a third event, and two constraints.
    """

    rules: tuple[int, ...]
    before: Numbers
    after: Numbers
    statements: Numbers
    strict: bool = False
    through: str = ""


def edges(instance: Instance) -> list[Edges]:
    """Return what orders the events of an instance, constraint by constraint."""
    there = existing(instance)
    special = specializations(instance)
    return [
        *_of_one_thing(instance, there),
        *_generations(instance, there),
        *_usages(instance, there),
        *_starts_and_ends(instance, there),
        _edges((35,), START, END, _turned(_informed(instance)), there),
        _edges((42,), GENERATION, GENERATION, _turned(_derived(instance)), there, strict=True),
        # Specializations of specializations are some too (Inference 19), so that the order
        # passes through what has no such event itself.
        _edges((45,), GENERATION, GENERATION, _turned(special), None),
        _edges((46,), INVALIDATION, INVALIDATION, special, None),
        *_agents(instance, there),
    ]


def _informed(instance: Instance) -> Pairs:
    return pairs(instance, "wasInformedBy", "informed", "informant")


def _derived(instance: Instance) -> Pairs:
    return pairs(instance, "wasDerivedFrom", "generatedEntity", "usedEntity")


def _of_one_thing(instance: Instance, there: Existing) -> Iterator[Edges]:
    """Start and end of an activity (30), generation and invalidation of an entity (36)."""
    for number, kind, first, second, both in (
        (30, "activity", START, END, there.start & there.end),
        (36, "entity", GENERATION, INVALIDATION, there.generation & there.invalidation),
    ):
        things = np.flatnonzero(both)
        told = np.full(instance.names, MISSING, np.int64)
        ids = instance.column(kind, "id")
        told[ids[ids != MISSING]] = instance.numbers(kind)[ids != MISSING]
        yield Edges((number,), things * 4 + first, things * 4 + second, told[things])


def _generations(instance: Instance, there: Existing) -> Iterator[Edges]:
    """A generation is within its activity (34)."""
    made = generations(instance)
    yield _edges((34,), START, GENERATION, _turned(made), there)
    yield _edges((34,), GENERATION, END, made, there)


def _usages(instance: Instance, there: Existing) -> Iterator[Edges]:
    """A usage is within its activity (33), after the generation (37) and before the invalidation (38).

    It precedes the generation of what is derived by it (41). That its activity starts before it ends, and its
    entity is generated before it is invalidated, is known (30, 36).
    """
    used = usages(instance)
    yield _edges((33, 38), START, INVALIDATION, used, there, through=USAGE)
    yield _edges((37, 33), GENERATION, END, _turned(used), there, through=USAGE)
    made = _turned(pairs(instance, "wasDerivedFrom", "generatedEntity", "activity"))
    yield _edges((33, 41), START, GENERATION, made, there, through=USAGE)
    derived = _derived(instance)
    by_activity = instance.column("wasDerivedFrom", "activity")
    rows = derived.statements - instance.first["wasDerivedFrom"]
    chosen = by_activity[rows] != MISSING
    derived = Pairs(derived.other[chosen], derived.one[chosen], derived.statements[chosen])
    yield _edges((37, 41), GENERATION, GENERATION, derived, there, through=USAGE)


def _starts_and_ends(instance: Instance, there: Existing) -> Iterator[Edges]:
    """What starts (43) or ends (44) an activity is there at the time."""
    for number, kind, activity, event in (
        (43, "wasStartedBy", "starter", START),
        (44, "wasEndedBy", "ender", END),
    ):
        triggers = pairs(instance, kind, "trigger", "activity")
        yield _edges((number,), GENERATION, event, triggers, there)
        yield _edges((number,), event, INVALIDATION, _turned(triggers), there)
        # The trigger that is not given was generated by the other activity (Inferences 9 and 10).
        others = pairs(instance, kind, activity, "activity")
        yield _edges(
            (34, number),
            START,
            event,
            others,
            there,
            through="generation of the trigger",
        )


def _agents(instance: Instance, there: Existing) -> Iterator[Edges]:
    """Agents, which may be entities or activities too, are there for what they answer for (47, 48, 49)."""
    associated = associations(instance)
    yield _edges((47,), START, INVALIDATION, associated, there)
    yield _edges((47,), GENERATION, END, _turned(associated), there)
    yield _edges((47,), START, END, associated, there)
    yield _edges((47,), START, END, _turned(associated), there)
    attributed = _turned(pairs(instance, "wasAttributedTo", "entity", "agent"))
    yield _edges((48,), GENERATION, GENERATION, attributed, there)
    yield _edges((48,), START, GENERATION, attributed, there)
    delegated = _turned(pairs(instance, "actedOnBehalfOf", "delegate", "responsible"))
    yield _edges((49,), GENERATION, INVALIDATION, delegated, there)
    yield _edges((49,), START, END, delegated, there)


def _turned(given: Pairs) -> Pairs:
    return Pairs(given.other, given.one, given.statements)


def _edges(
    rules: tuple[int, ...],
    first: int,
    second: int,
    given: Pairs,
    there: Existing | None,
    *,
    strict: bool = False,
    through: str = "",
) -> Edges:
    """Return the edges from an event of the one thing to an event of the other, where both are there."""
    one, other, statements = given.one, given.other, given.statements
    if there is not None:
        events = (there.generation, there.invalidation, there.start, there.end)
        chosen = events[first][one] & events[second][other]
        one, other, statements = one[chosen], other[chosen], statements[chosen]
    before, after = one * 4 + first, other * 4 + second
    return Edges(rules, before, after, statements, strict, through)


class Edge(NamedTuple):
    """One of :class:`Edges`."""

    of: Edges
    place: int

    @property
    def ends(self) -> tuple[int, int]:
        """The nodes before and after."""
        return int(self.of.before[self.place]), int(self.of.after[self.place])

    @property
    def statements(self) -> tuple[int, ...]:
        """The number of the statement behind it, if it is not all inferred."""
        number = int(self.of.statements[self.place])
        return () if number == MISSING else (number,)


def steps(instance: Instance, edge: Edge) -> Iterator[Step]:
    """Yield the step that an edge is, or the two steps."""
    given = instance.statements(edge.statements)
    before, after = (_event(instance, node) for node in edge.ends)
    events = [before, edge.of.through, after] if edge.of.through else [before, after]
    for rule, (first, second) in zip(edge.of.rules, pairwise(events), strict=True):
        yield Step(first, second, edge.of.strict, CONSTRAINT[rule], given)


def _event(instance: Instance, node: int) -> str:
    return f"{_EVENTS[node % 4]} of {instance.name(node // 4)}"


def violations(instance: Instance, limit: int) -> tuple[list[Violation], int]:
    """Return cycles of events with a strict step, up to ``limit``, and how many strict steps are on any."""
    listed = edges(instance)
    begins = np.cumsum([0, *(len(each.before) for each in listed)])
    strict = [
        np.arange(begin, begin + len(each.before))
        for each, begin in zip(listed, begins, strict=False)
        if each.strict
    ]
    found, count = cycles(
        np.concatenate([each.before for each in listed]),
        np.concatenate([each.after for each in listed]),
        4 * instance.names,
        np.concatenate(strict),
        limit,
    )
    shown = []
    for cycle in found:
        at = np.searchsorted(begins, cycle[:_LONGEST_CYCLE], side="right") - 1
        passed = zip(at, cycle[: len(at)] - begins[at], strict=True)
        shown.append(
            _violation(instance, [Edge(listed[n], int(place)) for n, place in passed], len(cycle))
        )
    return shown, count


def _violation(instance: Instance, cycle: list[Edge], length: int) -> Violation:
    walked = [step for edge in cycle for step in steps(instance, edge)]
    return Violation(
        walked[0].rule,
        f"the {walked[0].before} would have to precede itself",
        instance.statements(number for edge in cycle for number in edge.statements),
        tuple(walked),
        max(length, len(walked)),
    )
