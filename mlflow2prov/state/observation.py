"""Observations: the times between which the sources of a project were read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass


@dataclass(frozen=True)
class Observation:
    """One reading of all sources of a project. Times are ``xsd:dateTime`` in UTC, with microseconds."""

    number: int
    """Counts from 1 within a state file."""
    started_at: str
    """The time before the first source was read: all facts held then or later."""
    finished_at: str
    """The time after the last source was read: all facts held before then."""


def now() -> str:
    """Return the present time as an observation records it."""
    return _text(datetime.datetime.now(datetime.UTC))


def parse_time(time: str | datetime.datetime) -> str:
    """Return a time as observations record theirs, so that the two can be compared as texts.

    Args:
        time: a time, whose zone is the local one unless it has one; or a text: ISO 8601, or any date that git
            understands. A day, a month or a year means its end.

    Raises:
        ConfigurationError: the text is not a date.
    """
    if isinstance(time, datetime.datetime):
        return _text(time.astimezone(datetime.UTC))
    if time.strip().lower() == "now":
        return now()
    if "T" in time:
        try:
            return _text(datetime.datetime.fromisoformat(time.strip()).astimezone(datetime.UTC))
        except (ValueError, OverflowError):
            pass  # git understands more forms
    from mlflow2prov.sources.git.dates import parse_end

    return _text(datetime.datetime.fromtimestamp(parse_end(time), datetime.UTC))


def _text(time: datetime.datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
