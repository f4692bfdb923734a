"""Event ordering constraints (PROV-CONSTRAINTS section 6.2): no event strictly precedes itself.

Each name has up to four events. All generations of an entity are simultaneous (Constraint 39), as
are its invalidations (40), and all starts (31) and all ends (32) of an activity. Usages are not
nodes: each of them follows two events and precedes some others, and only the pairs that are not
ordered anyway become edges (:func:`_usage_order`). Every constraint is thus a number of edges
between events, a few for each statement, and an instance is valid if no cycle has a strict edge.
Only derivations order strictly (42).

Some constraints can never be part of a violation. No start, generation or usage follows an end or
an invalidation, and derivations order generations. A cycle with a strict edge therefore consists of
generations, starts and usages.

Times do not order events: an instance may be valid although its times run backwards (section 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mlflow2prov.prov.validation.graph import shortest_cycles
from mlflow2prov.prov.validation.inference import (
    ExistingEvents,
    Pairs,
    associations,
    existing_events,
    generations,
    pairs,
    specializations,
    usages,
)
from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray
from mlflow2prov.prov.validation.report import RuleViolations, Step, Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT

GENERATION, INVALIDATION, START, END = range(4)
_EVENTS = ("generation", "invalidation", "start", "end")
_USAGE = "usage"

MAX_CYCLE_EDGES = 1000
"""The maximum number of edges of a cycle that a violation describes."""


@dataclass(frozen=True)
class Precedences:
    """Pairs of events, the first of which precedes the second one by the same constraints.

    Attributes:
        rules: the number of the constraint. If the order is by way of an intermediate event, the
            constraints before and after it.
        before: the earlier events. An event of the name ``n`` is the node ``4 * n`` plus the
            number of the event.
        after: the later events.
        statements: the number of the statement behind each pair, or ``MISSING``.
        strict: whether the events cannot be simultaneous.
        intermediate: the intermediate event, if there is one.
    """

    rules: tuple[int, ...]
    before: IntegerArray
    after: IntegerArray
    statements: IntegerArray
    strict: bool = False
    intermediate: str = ""


class Precedence(NamedTuple):
    """One pair of events: a place in :class:`Precedences`."""

    group: Precedences
    place: int

    def statements(self) -> tuple[int, ...]:
        """Return the number of the statement behind the pair; nothing if it is inferred."""
        number = int(self.group.statements[self.place])
        return () if number == MISSING else (number,)

    def steps(self, instance: Instance) -> Iterator[Step]:
        """Yield the step from one event to the other, or the two steps by way of a third event."""
        before = _describe_event(instance, int(self.group.before[self.place]))
        after = _describe_event(instance, int(self.group.after[self.place]))
        intermediate = self.group.intermediate
        events = [before, intermediate, after] if intermediate else [before, after]
        statements = instance.statements(self.statements())
        for rule, (first, second) in zip(self.group.rules, pairwise(events), strict=True):
            yield Step(first, second, self.group.strict, CONSTRAINT[rule], statements)


def ordering_violations(instance: Instance, limit: int) -> RuleViolations:
    """Find cycles of events with a strict edge (Constraint 42).

    Returns:
        Up to ``limit`` cycles, and the number of strict edges that are part of any cycle.
    """
    groups = _precedences(instance)
    ends = np.cumsum([len(group.before) for group in groups])
    begins = ends - [len(group.before) for group in groups]
    strict_edges = [
        np.arange(begin, end)
        for group, begin, end in zip(groups, begins, ends, strict=True)
        if group.strict
    ]
    cycles, count = shortest_cycles(
        np.concatenate([group.before for group in groups]),
        np.concatenate([group.after for group in groups]),
        4 * instance.name_count,
        np.concatenate(strict_edges),
        limit,
    )
    violations = []
    for cycle in cycles:
        edges = cycle[:MAX_CYCLE_EDGES]
        group_numbers = np.searchsorted(ends, edges, side="right")
        precedences = [
            Precedence(groups[number], int(edge - begins[number]))
            for number, edge in zip(group_numbers, edges, strict=True)
        ]
        violations.append(_cycle_violation(instance, precedences, len(cycle)))
    return RuleViolations(CONSTRAINT[42], violations, count)


def _cycle_violation(
    instance: Instance, precedences: list[Precedence], cycle_length: int
) -> Violation:
    steps = [step for precedence in precedences for step in precedence.steps(instance)]
    numbers = [number for precedence in precedences for number in precedence.statements()]
    return Violation(
        steps[0].rule,
        f"the {steps[0].before} would have to precede itself",
        instance.statements(numbers),
        tuple(steps),
        max(cycle_length, len(steps)),
    )


def _describe_event(instance: Instance, node: int) -> str:
    return f"{_EVENTS[node % 4]} of {instance.name(node // 4)}"


def _precedences(instance: Instance) -> list[Precedences]:
    """Return the order of the events of an instance, constraint by constraint."""
    events = existing_events(instance)
    derivation = _derivations(instance).swapped()
    communication = pairs(instance, "wasInformedBy", "informant", "informed")
    specialization = specializations(instance)
    return [
        *_order_within_one_thing(instance, events),
        *_generation_order(instance, events),
        *_usage_order(instance, events),
        *_trigger_order(instance, events),
        _order((35,), START, END, communication, events),
        _order((42,), GENERATION, GENERATION, derivation, events, strict=True),
        # Specialization is transitive (Inference 19). The order therefore also passes through
        # entities that do not have the event.
        _order((45,), GENERATION, GENERATION, specialization.swapped(), None),
        _order((46,), INVALIDATION, INVALIDATION, specialization, None),
        *_agent_order(instance, events),
    ]


def _derivations(instance: Instance) -> Pairs:
    return pairs(instance, "wasDerivedFrom", "generatedEntity", "usedEntity")


def _order_within_one_thing(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield start before end of activities (30), generation before invalidation of entities (36)."""
    for rule, kind, first, second, has_both in (
        (30, "activity", START, END, events.start & events.end),
        (36, "entity", GENERATION, INVALIDATION, events.generation & events.invalidation),
    ):
        names = np.flatnonzero(has_both)
        declarations = np.full(instance.name_count, MISSING, np.int64)
        ids = instance.column(kind, "id")
        has_id = ids != MISSING
        declarations[ids[has_id]] = instance.statement_numbers(kind)[has_id]
        yield Precedences((rule,), names * 4 + first, names * 4 + second, declarations[names])


def _generation_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the order of generations within their activities (34)."""
    generation = generations(instance)
    yield _order((34,), START, GENERATION, generation.swapped(), events)
    yield _order((34,), GENERATION, END, generation, events)


def _usage_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the order of events through usages.

    A usage lies within its activity (33), follows the generation of its entity (37), precedes the
    invalidation of its entity (38), and precedes the generation of an entity that is derived by it
    (41). The other pairs of these events are ordered by Constraints 30 and 36.
    """
    usage = usages(instance)
    yield _order((33, 38), START, INVALIDATION, usage, events, intermediate=_USAGE)
    yield _order((37, 33), GENERATION, END, usage.swapped(), events, intermediate=_USAGE)
    generation = pairs(instance, "wasDerivedFrom", "activity", "generatedEntity")
    yield _order((33, 41), START, GENERATION, generation, events, intermediate=_USAGE)
    derivation = _derivations(instance)
    rows = derivation.statements - instance.first_statement["wasDerivedFrom"]
    has_activity = instance.column("wasDerivedFrom", "activity")[rows] != MISSING
    derivation = derivation.select(has_activity).swapped()
    yield _order((37, 41), GENERATION, GENERATION, derivation, events, intermediate=_USAGE)


def _trigger_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the order of starts (43) and ends (44) and the events of their triggers."""
    for rule, kind, argument, event in (
        (43, "wasStartedBy", "starter", START),
        (44, "wasEndedBy", "ender", END),
    ):
        trigger = pairs(instance, kind, "trigger", "activity")
        yield _order((rule,), GENERATION, event, trigger, events)
        yield _order((rule,), event, INVALIDATION, trigger.swapped(), events)
        # The starter or ender generated the trigger, even if it is absent (Inferences 9 and 10).
        activities = pairs(instance, kind, argument, "activity")
        yield _order(
            (34, rule),
            START,
            event,
            activities,
            events,
            intermediate="generation of the trigger",
        )


def _agent_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the order of the events of agents, which may be entities or activities (47, 48, 49)."""
    association = associations(instance)
    yield _order((47,), START, INVALIDATION, association, events)
    yield _order((47,), GENERATION, END, association.swapped(), events)
    yield _order((47,), START, END, association, events)
    yield _order((47,), START, END, association.swapped(), events)
    attribution = pairs(instance, "wasAttributedTo", "agent", "entity")
    yield _order((48,), GENERATION, GENERATION, attribution, events)
    yield _order((48,), START, GENERATION, attribution, events)
    delegation = pairs(instance, "actedOnBehalfOf", "responsible", "delegate")
    yield _order((49,), GENERATION, INVALIDATION, delegation, events)
    yield _order((49,), START, END, delegation, events)


def _order(
    rules: tuple[int, ...],
    first: int,
    second: int,
    relation: Pairs,
    events: ExistingEvents | None,
    *,
    strict: bool = False,
    intermediate: str = "",
) -> Precedences:
    """Order an event of each left name before an event of the right name.

    Args:
        rules: the constraints that order the events.
        first: the event of the left name, such as ``START``.
        second: the event of the right name.
        relation: the pairs of names.
        events: pairs without both events are left out; with None, no pair is.
        strict: as in :class:`Precedences`.
        intermediate: as in :class:`Precedences`.
    """
    if events is not None:
        has_event = (events.generation, events.invalidation, events.start, events.end)
        relation = relation.select(
            has_event[first][relation.left] & has_event[second][relation.right]
        )
    before, after = relation.left * 4 + first, relation.right * 4 + second
    return Precedences(rules, before, after, relation.statements, strict, intermediate)
