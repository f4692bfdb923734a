"""Quantities in sentences."""

from __future__ import annotations

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def quantity(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 version``, ``1,024 versions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a time span in the largest unit of which it has at least one: ``33 days``, ``1 minute``."""
    size, unit = next((unit for unit in _UNITS if seconds >= unit[0]), _UNITS[-1])
    return quantity(int(seconds // size), unit)
