"""The dates of ``since`` and ``until``, as git understands them (git-log(1))."""

from __future__ import annotations

import datetime
import re
import time

from mlflow2prov.errors import RepositoryError
from mlflow2prov.sources.git.repository import Repository

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORDS_FOR_NOW = ("now", "sec", "today", "0 ")


def parse_since(repository: Repository, date: str) -> int:
    """Return a lower bound in seconds since 1970-01-01 UTC.

    Raises:
        RepositoryError: git does not understand the date.
    """
    return _parse(repository, "since", date, "--max-age=")


def parse_until(repository: Repository, date: str) -> int:
    """Return an upper bound in seconds since 1970-01-01 UTC.

    Raises:
        RepositoryError: git does not understand the date.
    """
    return _parse(repository, "until", date, "--min-age=")


def _parse(repository: Repository, option: str, date: str, prefix: str) -> int:
    lines = repository.lines("rev-parse", f"--{option}={date}")
    epoch = int(lines[0].removeprefix(prefix)) if lines and lines[0].startswith(prefix) else None
    # Git silently reads a date that it does not understand as the present.
    is_now = epoch is not None and abs(epoch - time.time()) < 2
    may_be_now = any(word in date.lower() for word in _WORDS_FOR_NOW)
    if epoch is None or _is_impossible(date) or (is_now and not may_be_now):
        raise RepositoryError(
            f"--{option}: {date[:80]!r} is not a date; try 2024-01-31 or '3 weeks ago'"
        )
    return epoch


def _is_impossible(date: str) -> bool:
    """Return whether a date looks like ISO 8601 but is not in the calendar; git reads month 13 as something else."""
    match = _ISO_DATE.match(date)
    try:
        return bool(match and not datetime.date.fromisoformat(match[0]))
    except ValueError:
        return True
