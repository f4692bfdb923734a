"""Event ordering constraints (PROV-CONSTRAINTS section 6.2): no event strictly precedes itself.

Each name has up to two events here. All generations of an entity are simultaneous (Constraint 39), as
are all starts of an activity (31). Usages are not nodes: each of them follows two events and precedes
some others, and only the pairs that are not ordered anyway become edges (:func:`_usage_order`). Every
constraint is thus a number of edges between events, a few for each statement, and an instance is valid
if no cycle has a strict edge. Only derivations order strictly (42).

Some constraints can never be part of a violation. No start, generation or usage follows an end or
an invalidation, and derivations order generations. A cycle with a strict edge therefore consists of
generations, starts and usages. Pairs with an end or an invalidation are left out: those of Constraints 30,
35, 36, 38, 40, 44, 46, 47 and 49, and some of 33, 34 and 37.

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
    existing_events,
    generations,
    pairs,
    specializations,
)
from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray
from mlflow2prov.prov.validation.report import RuleViolations, Step, Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT

GENERATION, START = range(2)
_EVENTS = ("generation", "start")
_USAGE = "usage"

MAX_CYCLE_EDGES = 1000
"""The maximum number of edges of a cycle that a violation describes."""


@dataclass(frozen=True)
class Precedences:
    """Pairs of events, the first of which precedes the second one by the same constraints.

    Attributes:
        rules: the number of the constraint. If the order is by way of an intermediate event, the
            constraints before and after it.
        before: the earlier events. An event of the name ``n`` is the node ``2 * n`` plus the
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
    before = [group.before for group in groups]
    after = [group.after for group in groups]
    # Most documents have no cycle to describe, and the groups take as much memory as the search.
    groups.clear()
    instance.release()
    # No variable here refers to all edges, so that the search can free those that are on no cycle.
    cycles, count = shortest_cycles(
        _joined(before), _joined(after), 2 * instance.name_count, _joined(strict_edges), limit
    )
    if cycles:
        groups = _precedences(instance)
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


def _joined(arrays: list[IntegerArray]) -> IntegerArray:
    """Return several arrays as one, and empty the list of them."""
    joined = np.concatenate(arrays)
    arrays.clear()
    return joined


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
    return f"{_EVENTS[node % 2]} of {instance.name(node // 2)}"


def _precedences(instance: Instance) -> list[Precedences]:
    """Return the order of the events of an instance, constraint by constraint."""
    events = existing_events(instance)
    derivation = _derivations(instance).swapped()
    return [
        *_generation_order(instance, events),
        *_usage_order(instance, events),
        *_trigger_order(instance, events),
        _order((42,), GENERATION, GENERATION, derivation, events, strict=True),
        # Specialization is transitive (Inference 19). The order therefore also passes through
        # entities that do not have the event.
        _order((45,), GENERATION, GENERATION, specializations(instance).swapped(), None),
        *_attribution_order(instance, events),
    ]


def _derivations(instance: Instance) -> Pairs:
    return pairs(instance, "wasDerivedFrom", "generatedEntity", "usedEntity")


def _generation_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the start of an activity before the generations by it (34)."""
    yield _order((34,), START, GENERATION, generations(instance).swapped(), events)


def _usage_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the order of events through usages.

    A usage follows the start of its activity (33) and the generation of its entity (37), and precedes the
    generation of an entity that is derived by it (41).
    """
    generation = pairs(instance, "wasDerivedFrom", "activity", "generatedEntity")
    yield _order((33, 41), START, GENERATION, generation, events, intermediate=_USAGE)
    derivation = _derivations(instance)
    rows = derivation.statements - instance.first_statement["wasDerivedFrom"]
    has_activity = instance.column("wasDerivedFrom", "activity")[rows] != MISSING
    derivation = derivation.select(has_activity).swapped()
    yield _order((37, 41), GENERATION, GENERATION, derivation, events, intermediate=_USAGE)


def _trigger_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the generation of the trigger of a start before the start (43)."""
    trigger = pairs(instance, "wasStartedBy", "trigger", "activity")
    yield _order((43,), GENERATION, START, trigger, events)
    # The starter generated the trigger, even if it is absent (Inference 9).
    starter = pairs(instance, "wasStartedBy", "starter", "activity")
    intermediate = "generation of the trigger"
    yield _order((34, 43), START, START, starter, events, intermediate=intermediate)


def _attribution_order(instance: Instance, events: ExistingEvents) -> Iterator[Precedences]:
    """Yield the first event of an agent, an entity or an activity, before the generation attributed to it (48)."""
    attribution = pairs(instance, "wasAttributedTo", "agent", "entity")
    yield _order((48,), GENERATION, GENERATION, attribution, events)
    yield _order((48,), START, GENERATION, attribution, events)


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
        has_event = (events.generation, events.start)
        relation = relation.select(
            has_event[first][relation.left] & has_event[second][relation.right]
        )
    before, after = relation.left * 2 + first, relation.right * 2 + second
    return Precedences(rules, before, after, relation.statements, strict, intermediate)
