"""Histories as text: a table with a row for each observed change, or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow2prov.escaping import truncate
from mlflow2prov.render.renderer import Formats
from mlflow2prov.render.tabular import tabular_formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.analysis.history import ObservedChange, ObservedHistory

MAX_VALUE_LENGTH = 100
"""Longer values are cut to this many characters."""

MISSING = "-"


def to_table(history: ObservedHistory) -> Table:
    """Return a history as a table: when and where a property changed, from which value to which."""
    rows = [
        (
            when(change),
            change.subject,
            f"{change.property} {change.key}" if change.key is not None else change.property,
            _value(change.old_value),
            _value(change.new_value),
        )
        for change in history.changes
    ]
    return Table(("when", "subject", "property", "old", "new"), list(rows))


def when(change: ObservedChange) -> str:
    """Return the time of a change that MLflow recorded, with its name for it, or the bounds that observations set."""
    if change.changed_at is not None:
        return f"{change.changed_at} ({change.time_source or 'recorded'})"
    if change.not_before is not None and change.not_after is not None:
        return f"between {change.not_before} and {change.not_after}"
    if change.not_after is not None:
        return f"before {change.not_after}"
    if change.not_before is not None:
        return f"after {change.not_before}"
    return MISSING


def _value(value: str | None) -> str:
    return MISSING if value is None else truncate(value, MAX_VALUE_LENGTH)


def _empty(history: ObservedHistory) -> str:
    if history.is_observed:
        return (
            f"no observed change{' of ' if history.selectors else ''}{', '.join(history.selectors)}"
        )
    return (
        "no observed changes; mlflow2prov update --state FILE records them, from its second run on"
    )


FORMATS: Formats[ObservedHistory] = tabular_formats(to_table, empty=_empty)
"""The formats of histories."""
