"""The dates of ``since`` and ``until``, as git reads them (git-log(1)), in the local time zone unless they name one.

A date without a time of day means, to git, that day at the present time of day, so that the same command selects other
commits in the evening. Here it means the whole day: ``since`` begins with its first second, and ``until`` ends with
its last. A month or a year likewise means all of its days.
"""

from __future__ import annotations

import calendar
import datetime
import re
import time

from mlflow2prov.errors import ConfigurationError, RepositoryError
from mlflow2prov.git.repository import Repository, read_date

_ISO_DATE = re.compile(r"(\d{4})[-/.](\d\d)[-/.](\d\d)(?!\d)")
_YEAR_OR_MONTH = re.compile(r"(?P<year>[12]\d{3})(?:-(?P<month>0[1-9]|1[0-2]))?")
_WORDS_FOR_NOW = ("now", "sec", "0 ")
_TIME_ZONE = re.compile(r"\s*(?:(?<=\d)Z|\b(?:UTC|GMT)|(?:\s|(?<=\d)(?=\+))[-+]\d\d:?\d\d)$", re.I)
_CALENDAR_WORD = re.compile(
    r"""
    \d{4}[-/.]\d{1,2}[-/.]\d{1,2} | \d{1,2}[-/.]\d{1,2}[-/.]\d{2,4} | (?:19|20)\d{6}  # a date in digits
    | (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*                       # a month
    | (?:mon|tue|wed|thu|fri|sat|sun)[a-z]* | yesterday | today                       # a day
    """,
    re.I | re.X,
)
_CALENDAR_NUMBER = re.compile(r"(?:[12]\d{3}|\d{1,2}(?:st|nd|rd|th)?|last|of)", re.I)


def parse_since(repository: Repository, date: str) -> int:
    """Return a lower bound in seconds since 1970-01-01 UTC.

    Raises:
        RepositoryError: git does not understand the date.
    """
    return _parse(repository, "since", date, _with_time(date, month=1, time_of_day="00:00:00"))


def parse_until(repository: Repository, date: str) -> int:
    """Return an upper bound in seconds since 1970-01-01 UTC.

    Raises:
        RepositoryError: git does not understand the date.
    """
    return _parse(repository, "until", date, _with_time(date, month=12, time_of_day="23:59:59"))


def parse_date(date: str) -> int:
    """Return the beginning of ``date`` in seconds since 1970-01-01 UTC, as :func:`parse_since` does, of no repository.

    Raises:
        ConfigurationError: git does not understand the date.
    """
    return _parse_date(date, _with_time(date, month=1, time_of_day="00:00:00"))


def parse_end(date: str) -> int:
    """Return the end of ``date`` in seconds since 1970-01-01 UTC, as :func:`parse_until` does, of no repository.

    Raises:
        ConfigurationError: git does not understand the date.
    """
    return _parse_date(date, _with_time(date, month=12, time_of_day="23:59:59"))


def _parse_date(date: str, precise_date: str) -> int:
    epoch = None if _is_impossible(date) else read_date(precise_date)
    if epoch is None:
        raise ConfigurationError(_not_a_date(date))
    return epoch


def _not_a_date(date: str) -> str:
    return f"{date[:80]!r} is not a date; try 2024-01-31 or '3 weeks ago'"


def _with_time(date: str, month: int, time_of_day: str) -> str:
    """Return ``date`` with a time of day, if it has none.

    A year is represented by ``month``, and a month by its first or last day accordingly.
    """
    if match := _YEAR_OR_MONTH.fullmatch(date.strip()):
        year, month = int(match["year"]), int(match["month"] or month)
        day = 1 if time_of_day == "00:00:00" else calendar.monthrange(year, month)[1]
        return f"{year}-{month:02}-{day:02} {time_of_day}"
    return f"{date} {time_of_day}" if _is_day(date) else date


def _is_day(date: str) -> bool:
    """Return whether a date names a day of the calendar and no time of day."""
    words = _TIME_ZONE.sub("", date.strip()).replace(",", " ").split()
    days = [bool(_CALENDAR_WORD.fullmatch(word)) for word in words]
    return any(days) and all(
        is_day or _CALENDAR_NUMBER.fullmatch(word) for word, is_day in zip(words, days, strict=True)
    )


def _parse(repository: Repository, option: str, date: str, precise_date: str) -> int:
    lines = repository.lines("rev-parse", f"--{option}={precise_date}")
    prefix = {"since": "--max-age=", "until": "--min-age="}[option]
    epoch = int(lines[0].removeprefix(prefix)) if lines and lines[0].startswith(prefix) else None
    # Git silently reads a date that it does not understand as the present.
    is_now = epoch is not None and abs(epoch - time.time()) < 2
    may_be_now = precise_date != date or any(word in date.lower() for word in _WORDS_FOR_NOW)
    if epoch is None or _is_impossible(date) or (is_now and not may_be_now):
        raise RepositoryError(f"--{option}: {_not_a_date(date)}")
    return epoch


def _is_impossible(date: str) -> bool:
    """Return whether a date looks like ISO 8601 but is not in the calendar; git reads month 13 as something else."""
    match = _ISO_DATE.match(date)
    try:
        return bool(match and not datetime.date(*map(int, match.groups())))
    except ValueError:
        return True
