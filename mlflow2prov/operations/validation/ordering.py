"""Event ordering: no event strictly precedes itself (PROV-CONSTRAINTS section 6.2).

Each thing has up to four events: all generations of an entity are at once (Constraint 39), so are all its
invalidations (40), and all starts (31) and all ends (32) of an activity. Usages are passed through: a usage
lies after two events and before two, which makes four orders of these, of which two are not known otherwise
(:func:`_usages`). So every constraint is a number of edges between events, no more than a few for each
statement, and the instance is ordered if no cycle has a strict edge. Only derivations order strictly (42).

Constraint 41 adds nothing to these: what precedes the usage in a derivation, which is the start of its
activity (33) and the generation of what is used (37), precedes the generation by Constraints 34 and 42.

Times do not order events: an instance may be ordered and its times run backwards (section 2.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mlflow2prov.operations.validation.graph import cycles
from mlflow2prov.operations.validation.inference import (
    Existing,
    Pairs,
    associations,
    existing,
    generations,
    pairs,
    specializations,
    usages,
)
from mlflow2prov.operations.validation.instance import MISSING, Instance, Numbers
from mlflow2prov.operations.validation.report import Step, Violation
from mlflow2prov.operations.validation.rules import CONSTRAINT

GENERATION, INVALIDATION, START, END = range(4)
_EVENTS = ("generation", "invalidation", "start", "end")
# Between two different generations of an entity that are one event here, and so on.
_AT_ONCE = (39, 40, 31, 32)
_LONGEST_CYCLE = 1000


@dataclass(frozen=True)
class Edges:
    """Events of which one precedes the other, by one constraint.

    An event of the thing with the number ``n`` is the node ``4 * n`` plus its place among the four. Where
    ``through`` says so, the order is by way of a third event, and two constraints. ``is_event`` says that the
    statement itself is the event before (-1) or after (1), rather than any such event of the thing.
    """

    rules: tuple[int, ...]
    before: Numbers
    after: Numbers
    statements: Numbers
    strict: bool = False
    through: str = ""
    is_event: int = 0


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
    yield _edges((34,), START, GENERATION, _turned(made), there, is_event=1)
    yield _edges((34,), GENERATION, END, made, there, is_event=-1)


def _usages(instance: Instance, there: Existing) -> Iterator[Edges]:
    """A usage is within its activity (33), after the generation (37) and before the invalidation (38).

    That its activity starts before it ends, and its entity is generated before it is invalidated, is
    known (30, 36).
    """
    used = usages(instance)
    yield _edges((33, 38), START, INVALIDATION, used, there, through="usage")
    yield _edges((37, 33), GENERATION, END, _turned(used), there, through="usage")


def _starts_and_ends(instance: Instance, there: Existing) -> Iterator[Edges]:
    """What starts (43) or ends (44) an activity is there at the time."""
    for number, kind, activity, event in (
        (43, "wasStartedBy", "starter", START),
        (44, "wasEndedBy", "ender", END),
    ):
        triggers = pairs(instance, kind, "trigger", "activity")
        yield _edges((number,), GENERATION, event, triggers, there, is_event=1)
        yield _edges((number,), event, INVALIDATION, _turned(triggers), there, is_event=-1)
        # The trigger that is not given was generated by the other activity (Inferences 9 and 10).
        others = pairs(instance, kind, activity, "activity")
        yield _edges(
            (34, number), START, event, others, there, through="generation of the trigger", is_event=1
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
    is_event: int = 0,
) -> Edges:
    """Return the edges from an event of the one thing to an event of the other, where both are there."""
    one, other, statements = given.one, given.other, given.statements
    if there is not None:
        events = (there.generation, there.invalidation, there.start, there.end)
        chosen = events[first][one] & events[second][other]
        one, other, statements = one[chosen], other[chosen], statements[chosen]
    before, after = one * 4 + first, other * 4 + second
    return Edges(rules, before, after, statements, strict, through, is_event)


class _Edge(NamedTuple):
    """One of :class:`Edges`."""

    of: Edges
    before: int
    after: int
    statement: int


def violations(instance: Instance, limit: int) -> tuple[list[Violation], int]:
    """Return cycles of events with a strict step, up to ``limit``, and how many strict steps are on any."""
    listed = edges(instance)
    before = np.concatenate([each.before for each in listed])
    after = np.concatenate([each.after for each in listed])
    ends = np.cumsum([len(each.before) for each in listed])
    strict = np.concatenate(
        [
            np.arange(end - len(each.before), end)
            for each, end in zip(listed, ends, strict=True)
            if each.strict
        ]
    )
    found, count = cycles(before, after, 4 * instance.names, strict, limit)

    def edge(number: int) -> _Edge:
        at = int(np.searchsorted(ends, number, side="right"))
        of = listed[at]
        place = int(number - ends[at] + len(of.before))
        statement = int(of.statements[place])
        return _Edge(of, int(of.before[place]), int(of.after[place]), statement)

    shown = [
        _violation(instance, [edge(n) for n in cycle[:_LONGEST_CYCLE]], len(cycle))
        for cycle in found
    ]
    return shown, count


def _violation(instance: Instance, cycle: list[_Edge], length: int) -> Violation:
    steps = []
    for number, edge in enumerate(cycle):
        steps += _steps(instance, edge)
        following = cycle[(number + 1) % len(cycle)]
        if len(cycle) > 1 and edge.after == following.before:
            steps += _at_once(instance, edge, following)
    event = _event(instance, cycle[0].before)
    return Violation(
        CONSTRAINT[cycle[0].of.rules[0]],
        f"the {event} would have to precede itself",
        instance.statements(edge.statement for edge in cycle if edge.statement != MISSING),
        tuple(steps),
        max(length, len(steps)),
    )


def _steps(instance: Instance, edge: _Edge) -> Iterator[Step]:
    """Yield the step that an edge is, or the two steps."""
    given = () if edge.statement == MISSING else instance.statements([edge.statement])
    events = [_event(instance, edge.before), _event(instance, edge.after)]
    if edge.of.through == "usage":
        things = [instance.name(edge.before // 4), instance.name(edge.after // 4)]
        activity, entity = things if edge.of.rules[0] == 33 else reversed(things)
        events.insert(1, f"usage of {entity} by {activity}")
    elif edge.of.through:
        events.insert(1, edge.of.through)
    for rule, before, after in zip(edge.of.rules, events[:-1], events[1:], strict=True):
        yield Step(before, after, edge.of.strict, CONSTRAINT[rule], given)


def _at_once(instance: Instance, edge: _Edge, following: _Edge) -> Iterator[Step]:
    """Yield the step from one generation to another of the same entity, say, where these are two."""
    if edge.of.is_event != 1 or following.of.is_event != -1:
        return
    if edge.statement != following.statement:
        event = _event(instance, edge.after)
        statements = instance.statements([edge.statement, following.statement])
        yield Step(event, event, False, CONSTRAINT[_AT_ONCE[edge.after % 4]], statements)


def _event(instance: Instance, node: int) -> str:
    return f"{_EVENTS[node % 4]} of {instance.name(node // 4)}"
