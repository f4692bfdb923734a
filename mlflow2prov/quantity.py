"""Quantities in sentences."""

from __future__ import annotations

from datetime import UTC, datetime

_SECONDS_OF_A_DAY = 86_400
_UNITS = ((3_600, "hour"), (60, "minute"), (1, "second"))


def quantity(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 version``, ``1,024 versions``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def time_between(start: datetime, end: datetime) -> str:
    """Return the time between two times with a zone, in the largest unit: ``33 days``, ``1 minute``.

    Days are those of the calendar, in UTC.
    """
    seconds = (end - start).total_seconds()
    if abs(seconds) >= _SECONDS_OF_A_DAY:
        dates = (time.astimezone(UTC).date() for time in (start, end))
        return quantity(abs((next(dates) - next(dates)).days), "day")
    size, unit = next((unit for unit in _UNITS if abs(seconds) >= unit[0]), _UNITS[-1])
    return quantity(int(abs(seconds) // size), unit)
