"""Times as the facts hold them: ``xsd:dateTime`` with an offset, as ``datetime.isoformat`` writes it.

``2024-03-01T09:15:00+01:00``; a fraction, where there is one, has six digits.
"""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.compute as pc


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


def from_git_dates(dates: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return seconds since 1970-01-01 and ``xsd:dateTime`` of git's raw dates, ``1700000000 +0100``.

    A date that is none is unknown in both.
    """
    if not pc.all(pc.match_substring_regex(dates, _REGULAR)).as_py():
        read = [_from_git_date(date) for date in dates.to_pylist()]
        epochs, texts = zip(*read, strict=True) if read else ((), ())
        return pa.array(epochs, pa.int64()), pa.array(texts, pa.string())
    seconds = pc.cast(pc.utf8_slice_codeunits(dates, 0, -6), pa.int64())
    sign, hours, minutes = (
        pc.utf8_slice_codeunits(dates, *at) for at in ((-5, -4), (-4, -2), (-2,))
    )
    ahead = pc.add(
        pc.multiply(pc.cast(hours, pa.int64()), 3600), pc.multiply(pc.cast(minutes, pa.int64()), 60)
    )
    local = pc.if_else(
        pc.equal(sign, "+"), pc.add(seconds, ahead), pc.subtract(seconds, ahead)
    ).cast(pa.timestamp("s"))
    written = pc.binary_replace_slice(local.cast(pa.string()), 10, 11, "T")
    # Nothing is both at Greenwich and west of it.
    sign = pc.if_else(pc.equal(ahead, 0), "+", sign)
    return seconds, pc.binary_join_element_wise(
        written, sign, hours, ":", minutes, "", null_handling="emit_null"
    )


# Dates up to the year 5138 at offsets of less than 14 hours: all but those that are made up.
_REGULAR = r"\A[0-9]{1,11} [+-](0[0-9]|1[0-3])[0-5][0-9]\z"


def _from_git_date(date: str) -> tuple[int | None, str | None]:
    seconds, _, offset = date.partition(" ")
    try:
        epoch = int(seconds)
    except ValueError:
        return None, None
    at = from_git(epoch, offset)
    return (epoch, at) if at else (None, None)


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
