"""Uniqueness constraints: statements are merged, their variables unified (PROV-CONSTRAINTS section 6.1).

A variable is what an argument or an identifier is that is optional and not given. To unify is to find
classes: of all that must be equal, variables and names, by any constraint. A class with one name gives it
to its variables, after which further statements may have to be merged; so it goes on until nothing changes
(a few rounds: a name is passed on from identifiers to arguments to identifiers, and hardly further). A class
with two names cannot be: that is a violation, and its statements stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.kinds import KIND, KINDS
from mlflow2prov.prov.validation.graph import components
from mlflow2prov.prov.validation.inference import INFLUENCE
from mlflow2prov.prov.validation.instance import MISSING, Instance, Numbers
from mlflow2prov.prov.validation.rules import CONSTRAINT, UNIQUE_MENTION, Rule

_KEYED = {kind.name: CONSTRAINT[22 if kind.element else 23] for kind in KINDS if kind.identified}
# What determines the identifier of an event.
_UNIQUE = {
    24: ("wasGeneratedBy", "entity", "activity"),
    25: ("wasInvalidatedBy", "entity", "activity"),
    26: ("wasStartedBy", "activity", "starter"),
    27: ("wasEndedBy", "activity", "ender"),
}
_TIMES = {28: ("wasStartedBy", "startTime"), 29: ("wasEndedBy", "endTime")}
# Where a dash is no variable (Definition 4): it means that there is none.
_NOT_EXPANDABLE = {("wasAssociatedWith", "plan"), ("wasDerivedFrom", "activity")} | {
    (kind.name, argument.name) for kind in KINDS for argument in kind.arguments if argument.required
}
_WITH_ACTIVITY = ("generation", "usage")
SHARING = ("wasDerivedFrom", "wasInfluencedBy")
"""The influences that may share their names with others (Constraint 53 leaves them out)."""


@dataclass
class Table:
    """Statements of a kind, said or implied, with variables in place of what is not given.

    ``columns`` has names from 0 on, :data:`MISSING` where there is none, and variables below that;
    ``statements`` are those that say it, or imply it.
    """

    columns: dict[str, Numbers]
    statements: Numbers
    said: dict[str, Numbers] = field(init=False)
    """The columns as they were before anything was unified."""

    def __post_init__(self) -> None:
        self.said = dict(self.columns)

    def names(self) -> Numbers:
        """Return the identifiers that are names, each once."""
        ids = self.columns["id"]
        return np.unique(ids[ids >= 0])


@dataclass(frozen=True)
class Equalities:
    """What a rule wants to be equal: pairs of values of an argument, and the statements that they are in."""

    rule: Rule
    kind: str
    argument: str
    left: Numbers
    right: Numbers
    left_statements: Numbers
    right_statements: Numbers


def tables(instance: Instance) -> dict[str, Table]:
    """Return the instance with its variables, and what Inferences 11 and 15 imply."""
    made: dict[str, Table] = {}
    free = MISSING - 1
    for kind in KINDS:
        columns: dict[str, Numbers] = {}
        for argument, values in instance.columns[kind.name].items():
            columns[argument] = _with_variables(instance, kind.name, argument, free)
            free -= len(values)
        made[kind.name] = Table(columns, instance.numbers(kind.name))
    _derive(made, free)
    _influence(made)
    return made


def _with_variables(instance: Instance, kind: str, argument: str, free: int) -> Numbers:
    """Return a column with a variable in each place where one is understood, counting down from ``free``."""
    values = instance.column(kind, argument)
    if (kind, argument) in _NOT_EXPANDABLE:
        return values
    given = values != MISSING
    if argument in _WITH_ACTIVITY:
        given |= instance.column(kind, "activity") == MISSING
    return np.where(given, values, free - np.arange(len(values)))


def _derive(made: dict[str, Table], free: int) -> None:
    """Add the usages and generations that derivations imply, where these can name them (Inference 11)."""
    derivations = made["wasDerivedFrom"]
    of = derivations.columns
    named = (of["id"] >= 0) | (of["generation"] >= 0) | (of["usage"] >= 0)
    chosen = np.flatnonzero((of["activity"] != MISSING) & named)
    statements = derivations.statements[chosen]
    for kind, values in (
        ("wasGeneratedBy", ("generation", "generatedEntity", "activity")),
        ("used", ("usage", "activity", "usedEntity")),
    ):
        times = free - np.arange(len(chosen))
        free -= len(chosen)
        arguments = ("id", *(argument.name for argument in KIND[kind].arguments))
        added = [*(of[value][chosen] for value in values), times]
        _append(made[kind], dict(zip(arguments, added, strict=True)), statements)


def _influence(made: dict[str, Table]) -> None:
    """Add the influences that relations imply, where kinds of relation share names (Inference 15).

    Most kinds must not share any: such names are Constraint 53's, and told once.
    """
    named = {kind: made[kind].names() for kind in INFLUENCE}
    names, kinds = np.unique(np.concatenate(list(named.values())), return_counts=True)
    disjoint = np.concatenate([named[kind] for kind in INFLUENCE if kind not in SHARING])
    disjoint, times = np.unique(disjoint, return_counts=True)
    shared = np.setdiff1d(names[kinds > 1], disjoint[times > 1], assume_unique=True)
    if not len(shared):
        return
    for kind, (influencee, influencer) in INFLUENCE.items():
        if kind == "wasInfluencedBy":
            continue
        of = made[kind].columns
        chosen = np.flatnonzero(np.isin(of["id"], shared))
        added = {
            "id": of["id"][chosen],
            "influencee": of[influencee][chosen],
            "influencer": of[influencer][chosen],
        }
        _append(made["wasInfluencedBy"], added, made[kind].statements[chosen])


def _append(table: Table, columns: dict[str, Numbers], statements: Numbers) -> None:
    for argument, values in columns.items():
        table.columns[argument] = np.concatenate([table.columns[argument], values])
    table.statements = np.concatenate([table.statements, statements])
    table.said = dict(table.columns)


def unify(made: dict[str, Table]) -> list[Equalities]:
    """Merge and unify in place; return what cannot be equal, by the constraint that wants it to be.

    Keys come first (22, 23), so that a contradiction is found by the constraint that it is about.
    """
    while True:
        contrary: list[Equalities] = []
        for stage in (_keys, _determined, _times):
            wanted = list(stage(made))
            free = [_only(each, (each.left < MISSING) | (each.right < MISSING)) for each in wanted]
            if any(len(each.left) for each in free):
                left = np.concatenate([each.left for each in free])
                _substitute(made, left, np.concatenate([each.right for each in free]))
                break
            contrary += [_not_told(each, contrary) for each in wanted]
        else:
            return [each for each in contrary if len(each.left)]


def _not_told(wanted: Equalities, told: list[Equalities]) -> Equalities:
    """Return what is wanted without what follows from a contradiction that is known: the same values, there."""
    if not len(wanted.left) or not told:
        return wanted
    values = np.concatenate([_pair(each.left, each.right) for each in told])
    statements = np.concatenate(
        [side for each in told for side in (each.left_statements, each.right_statements)]
    )
    known = np.isin(_pair(wanted.left, wanted.right), values)
    known &= np.isin(wanted.left_statements, statements) | np.isin(
        wanted.right_statements, statements
    )
    return _only(wanted, ~known)


def _pair(one: Numbers, other: Numbers) -> Numbers:
    """Return a number for two values, in whichever order; others may have the same."""
    return np.minimum(one, other) * 31 + np.maximum(one, other)


def _only(wanted: Equalities, chosen: NDArray[np.bool_]) -> Equalities:
    return Equalities(
        wanted.rule,
        wanted.kind,
        wanted.argument,
        *(
            column[chosen]
            for column in (
                wanted.left,
                wanted.right,
                wanted.left_statements,
                wanted.right_statements,
            )
        ),
    )


def _substitute(made: dict[str, Table], left: Numbers, right: Numbers) -> None:
    """Put the same value in the place of all variables that are to be equal: a name, if there is one."""
    values, ends = np.unique(np.concatenate([left, right]), return_inverse=True)
    labels = components(ends[: len(left)], ends[len(left) :], len(values), "weak")
    # Values are in ascending order, and names come after variables.
    chosen = np.full(labels.max() + 1, values[0])
    np.maximum.at(chosen, labels, values)
    variables = values < MISSING
    values, chosen = values[variables], chosen[labels][variables]
    for table in made.values():
        for argument, column in table.columns.items():
            places = np.flatnonzero((column < MISSING) & (column >= values[0]))
            at = np.searchsorted(values, column[places])
            at[at == len(values)] = 0
            hit = values[at] == column[places]
            if hit.any():
                changed = column.copy()
                changed[places[hit]] = chosen[at[hit]]
                table.columns[argument] = changed


def _keys(made: dict[str, Table]) -> Iterator[Equalities]:
    """Yield what must be equal in statements of the same identifier, and is not (22 and 23)."""
    for kind, rule in _KEYED.items():
        arguments = [argument.name for argument in KIND[kind].arguments]
        yield from _same(made[kind], rule, kind, ("id",), arguments)
    yield from _same(
        made["mentionOf"],
        UNIQUE_MENTION,
        "mentionOf",
        ("specificEntity",),
        ["generalEntity", "bundle"],
    )


def _determined(made: dict[str, Table]) -> Iterator[Equalities]:
    """Yield the events that must be the same one, and have other identifiers (24 to 27)."""
    for number, (kind, *determining) in _UNIQUE.items():
        yield from _same(made[kind], CONSTRAINT[number], kind, determining, ["id"])


def _times(made: dict[str, Table]) -> Iterator[Equalities]:
    """Yield the times of activities that are not those of their starts and ends (28 and 29)."""
    for number, (kind, argument) in _TIMES.items():
        yield _same_time(made, CONSTRAINT[number], kind, argument)


def _same(
    table: Table, rule: Rule, kind: str, keys: Sequence[str], arguments: list[str]
) -> Iterator[Equalities]:
    """Yield what must be equal in statements of the same ``keys``, and is not."""
    members, begins, sizes = _groups([table.columns[key] for key in keys])
    if not len(members):
        return
    groups = np.repeat(begins, sizes)
    for argument in arguments:
        values = table.columns[argument][members]
        # A name, if the group has one.
        wanted = np.repeat(np.maximum.reduceat(values, begins), sizes)
        differ = values != wanted
        if not differ.any():
            continue
        # Who says it, rather than has it from another.
        says = table.said[argument][members] == values
        first = _first_place(_preferred(~differ, says, groups), groups)
        contrary = differ & (values >= MISSING) & (wanted >= MISSING)
        differ = (differ & ~contrary) | _preferred(contrary, says, groups)
        statements = table.statements[members]
        yield Equalities(
            rule,
            kind,
            argument,
            wanted[differ],
            values[differ],
            statements[first[differ]],
            statements[differ],
        )


def _preferred(
    chosen: NDArray[np.bool_], preferred: NDArray[np.bool_], groups: Numbers
) -> NDArray[np.bool_]:
    """Return those chosen that are preferred, and of a group that has none of these all chosen."""
    both = chosen & preferred
    return both | (chosen & ~np.isin(groups, groups[both]))


def _first_place(holds: NDArray[np.bool_], groups: Numbers) -> Numbers:
    """Return for each member of ascending ``groups`` the place of its group's first member that holds."""
    places = np.flatnonzero(holds)
    return np.asarray(places[np.searchsorted(groups[places], groups)])


def _groups(keys: Sequence[Numbers]) -> tuple[Numbers, Numbers, Numbers]:
    """Return the rows whose keys occur more than once, group by group; where groups begin, their sizes."""
    key = keys[0] if len(keys) == 1 else _joined(*keys)
    order = np.argsort(key, kind="stable")
    order = order[keys[0][order] != MISSING]
    ordered = key[order]
    again = ordered[1:] == ordered[:-1]
    if not again.any():
        none = np.empty(0, np.int64)
        return none, none, none
    repeated = np.append(again, False) | np.insert(again, 0, False)
    members, ordered = order[repeated], ordered[repeated]
    begins = np.flatnonzero(np.insert(ordered[1:] != ordered[:-1], 0, True))
    return members, begins, np.diff(np.append(begins, len(members)))


def _joined(one: Numbers, other: Numbers) -> Numbers:
    """Return one number for each two, the same for the same."""
    # A document of 2**31 arguments would not fit into memory.
    return (one << 32) | (other & 0xFFFFFFFF)


def _same_time(made: dict[str, Table], rule: Rule, kind: str, argument: str) -> Equalities:
    """Return the times of starts, or ends, that must be those of their activities, and are not."""
    activities, events = made["activity"], made[kind]
    # Of an activity that is told several times, the statement that has the time comes first.
    given = activities.said[argument] == activities.columns[argument]
    order = np.lexsort((~given, activities.columns["id"]))
    ids = activities.columns["id"][order]
    places = np.searchsorted(ids, events.columns["activity"])
    inside = np.flatnonzero(places < len(ids))
    inside = inside[ids[places[inside]] == events.columns["activity"][inside]]
    rows = order[places[inside]]
    left, right = activities.columns[argument][rows], events.columns["time"][inside]
    wanted = Equalities(
        rule, kind, "time", left, right, activities.statements[rows], events.statements[inside]
    )
    said = events.said["time"][inside] == right
    contrary = (left != right) & (left >= MISSING) & (right >= MISSING)
    differ = (left != right) & ~contrary
    return _only(wanted, differ | _preferred(contrary, said, rows))


def settle(instance: Instance, made: dict[str, Table]) -> None:
    """Put into the instance what unification found out."""
    for kind, columns in instance.columns.items():
        for argument, values in columns.items():
            settled = made[kind].columns[argument][: len(values)]
            columns[argument] = np.where(settled < MISSING, MISSING, settled)
