"""The statements that a uniqueness constraint (PROV-CONSTRAINTS section 6.1) may relate to others.

Most statements of a large document share neither an identifier nor the arguments of a unique event with another one,
so that nothing can be unified with them. The others are selected here, and perhaps more than necessary: a statement is
selected if

- it shares its identifier with another statement, whether of its kind or not (22, 23, Inference 15). The events of a
  derivation count as identifiers (Inference 11).
- it is a derivation with an activity and an identifier, or is the same event as one that such a derivation implies.
- it is the same event as another one (24 to 27), or lacks the argument that would distinguish it from a selected one.
- it mentions the same entity as another one.
- it starts or ends an activity of which several times are known (28, 29), or is a statement about such an activity.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray

UNIQUE_EVENTS = {
    24: ("wasGeneratedBy", ("entity", "activity")),
    25: ("wasInvalidatedBy", ("entity", "activity")),
    26: ("wasStartedBy", ("activity", "starter")),
    27: ("wasEndedBy", ("activity", "ender")),
}
"""The kind of each event that is unique, and the arguments that determine its identifier."""

UNIQUE_TIMES = {28: ("wasStartedBy", "startTime"), 29: ("wasEndedBy", "endTime")}
"""The kind of each event whose time is that of its activity, and the argument of the activity."""

_Selection = dict[str, NDArray[np.bool_]]


def repeating_rows(instance: Instance) -> dict[str, IntegerArray]:
    """Return the rows of each kind that a uniqueness constraint may relate to others, in ascending order."""
    selection = {
        kind: np.zeros(len(columns["id"]), np.bool_) for kind, columns in instance.columns.items()
    }
    _select_identifiers(instance, selection)
    _select_derivations(instance, selection)
    _select_events(instance, selection)
    _select_mentions(instance, selection)
    _select_times(instance, selection)
    while _select_consequences(instance, selection):
        pass
    return {kind: np.flatnonzero(rows) for kind, rows in selection.items()}


def _select_identifiers(instance: Instance, selection: _Selection) -> None:
    derivations = instance.columns["wasDerivedFrom"]
    shared = _repeated(
        [
            *(columns["id"] for columns in instance.columns.values()),
            derivations["generation"],
            derivations["usage"],
        ]
    )
    if not len(shared):
        return
    for kind, columns in instance.columns.items():
        selection[kind] |= np.isin(columns["id"], shared)
    for argument in ("generation", "usage"):
        selection["wasDerivedFrom"] |= np.isin(derivations[argument], shared)


def _select_derivations(instance: Instance, selection: _Selection) -> None:
    columns = instance.columns["wasDerivedFrom"]
    is_identified = (columns["id"] >= 0) | (columns["generation"] >= 0) | (columns["usage"] >= 0)
    selection["wasDerivedFrom"] |= is_identified & (columns["activity"] >= 0)


def _select_events(instance: Instance, selection: _Selection) -> None:
    for kind, (first, second) in UNIQUE_EVENTS.values():
        keys = _pairs(instance, kind, first, second)
        all_keys = [keys]
        if kind == "wasGeneratedBy":
            rows = np.flatnonzero(selection["wasDerivedFrom"])
            all_keys.append(_pairs(instance, "wasDerivedFrom", "generatedEntity", "activity", rows))
        selection[kind] |= np.isin(keys, _repeated(all_keys))


def _select_mentions(instance: Instance, selection: _Selection) -> None:
    names = instance.column("mentionOf", "specificEntity")
    selection["mentionOf"] |= np.isin(names, _repeated([names]))


def _select_times(instance: Instance, selection: _Selection) -> None:
    """Select the events and the statements of activities that have several times."""
    activities = instance.column("activity", "id")
    for kind, argument in UNIQUE_TIMES.values():
        events = instance.column(kind, "activity")
        rows = np.flatnonzero(np.isin(activities, events))
        names = np.concatenate([activities[rows], events])
        times = np.concatenate(
            [instance.column("activity", argument)[rows], instance.column(kind, "time")]
        )
        is_known = (names >= 0) & (times >= 0)
        pairs = np.unique(np.stack([names[is_known], times[is_known]]), axis=1)
        ambiguous = _repeated([pairs[0]])
        selection[kind] |= np.isin(events, ambiguous)
        selection["activity"] |= np.isin(activities, ambiguous)


def _select_consequences(instance: Instance, selection: _Selection) -> bool:
    """Select rows that may repeat others once absent arguments of selected rows are known; return whether there are."""
    count = _count(selection)
    for kind, (first, second) in UNIQUE_EVENTS.values():
        firsts = instance.column(kind, first)
        is_open = selection[kind] & (instance.column(kind, second) == MISSING)
        selection[kind] |= np.isin(firsts, firsts[is_open])
    for kind, _ in UNIQUE_TIMES.values():
        events = instance.column(kind, "activity")
        names = events[selection[kind]]
        selection["activity"] |= np.isin(instance.column("activity", "id"), names[names >= 0])
        selection[kind] |= np.isin(events, names)
    return _count(selection) > count


def _count(selection: _Selection) -> int:
    return sum(int(np.count_nonzero(rows)) for rows in selection.values())


def _pairs(
    instance: Instance, kind: str, first: str, second: str, rows: IntegerArray | None = None
) -> IntegerArray:
    """Return a number for each pair of two arguments, or ``MISSING`` if one of them is absent."""
    every = slice(None) if rows is None else rows
    left = instance.column(kind, first)[every].astype(np.int64)
    right = instance.column(kind, second)[every]
    return np.where((left >= 0) & (right >= 0), (left << 32) | right, MISSING)


def _repeated(columns: Iterable[IntegerArray]) -> IntegerArray:
    """Return the numbers that occur more than once in all columns together."""
    numbers = np.concatenate([column[column >= 0] for column in columns])
    numbers.sort()
    return np.unique(numbers[1:][numbers[1:] == numbers[:-1]])
