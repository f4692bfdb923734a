"""Times as the facts hold them: ``xsd:dateTime`` with an offset, as ``datetime.isoformat`` writes it.

``2024-03-01T09:15:00+01:00``; a fraction, where there is one, has six digits.
"""

from datetime import UTC, datetime, timedelta, timezone


def from_milliseconds(milliseconds: int | float | str | None) -> str | None:
    """Return MLflow's UTC milliseconds since 1970-01-01 as ``xsd:dateTime``.

    None, and what no calendar can hold, is None: a missing date is not the epoch.
    """
    if milliseconds is None:
        return None
    try:
        whole = int(milliseconds)
        return (_EPOCH + timedelta(milliseconds=whole)).isoformat()
    except (ValueError, OverflowError):
        return None


def from_git(seconds: int, offset: str) -> str | None:
    """Return git's ``seconds`` since 1970-01-01 and ``offset`` (``+0530``) as ``xsd:dateTime``.

    An offset that is none by ISO 8601 (git keeps whatever was written) leaves the time in UTC.
    """
    try:
        zone = _zone(offset)
        return datetime.fromtimestamp(seconds, zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_OFFSET = 14 * 60


def _zone(offset: str) -> timezone:
    try:
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    except ValueError:
        return UTC
    if len(offset) != 5 or minutes > _LARGEST_OFFSET or int(offset[3:5]) > 59:
        return UTC
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
