"""Observations: the times between which the sources of a project were read."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from mlflow2prov.errors import ConfigurationError

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z", re.ASCII)


@dataclass(frozen=True)
class Observation:
    """One reading of all sources of a project. Times are ``xsd:dateTime`` in UTC, with microseconds."""

    number: int
    """Counts from 1 within a state file."""
    started_at: str
    """The time before the first source was read: each fact was true at this time or after it."""
    finished_at: str
    """The time after the last source was read: each fact was true at this time or before it."""


def checked_observation(number: object, started_at: object, finished_at: object) -> Observation:
    """Return an observation of a file, in which anything may be.

    Raises:
        ValueError: a value has another form than those that :mod:`~mlflow2prov.state.writer` writes.
    """
    if type(number) is not int or number < 1:
        raise ValueError("the number of an observation")
    times = [
        time
        for time in (started_at, finished_at)
        if isinstance(time, str) and _TIME.fullmatch(time)
    ]
    if len(times) != 2:
        raise ValueError("the time of an observation")
    return Observation(number, *times)


def now() -> str:
    """Return the present time as an observation records it."""
    return _text(datetime.datetime.now(datetime.UTC))


def parse_time(time: str | datetime.datetime) -> str:
    """Return a time as observations record theirs, so that the two can be compared as texts.

    Args:
        time: a time, whose zone is the local one unless it has one; or a text: ISO 8601, or any date that git
            understands. A day, a month or a year means its end.

    Raises:
        ConfigurationError: the text is not a date, or the time is not in the years 1 to 9999 of UTC.
    """
    if isinstance(time, datetime.datetime):
        return _in_utc(time)
    if time.strip().lower() == "now":
        return now()
    if "T" in time:
        try:
            instant = datetime.datetime.fromisoformat(time.strip())
        except ValueError:
            pass  # git understands more forms
        else:
            return _in_utc(instant)
    from mlflow2prov.sources.git.dates import parse_end

    return _text(datetime.datetime.fromtimestamp(parse_end(time), datetime.UTC))


def _in_utc(time: datetime.datetime) -> str:
    try:
        return _text(time.astimezone(datetime.UTC))
    except (ValueError, OverflowError) as error:
        raise ConfigurationError(f"{time}: not a time of the years 1 to 9999 in UTC") from error


def _text(time: datetime.datetime) -> str:
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
