"""Times as facts hold them: ``xsd:dateTime`` with an offset, as ``datetime.isoformat`` writes it.

``2024-03-01T09:15:00+01:00``; a fraction of a second has six digits.
"""

from datetime import UTC, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_OFFSET_MINUTES = 14 * 60

# Dates up to the year 5138 with offsets below 14 hours. Real histories contain no others.
_PLAIN_GIT_DATE = r"\A[0-9]{1,11} [+-](0[0-9]|1[0-3])[0-5][0-9]\z"


def from_milliseconds(milliseconds: int | float | str | None) -> str | None:
    """Return MLflow's UTC milliseconds since 1970-01-01 as ``xsd:dateTime``.

    The result is None for None, and for numbers outside the years 1 to 9999.
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

    Git stores any offset. One that is not valid in ISO 8601 becomes UTC. A year outside 1 to 9999 becomes None.
    """
    try:
        zone = _zone(offset)
        return datetime.fromtimestamp(seconds, zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def from_git_dates(dates: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return git's raw dates (``1700000000 +0100``) as seconds since 1970-01-01 and as ``xsd:dateTime``.

    Both are NULL for a text that is not a date.
    """
    if not pc.all(pc.match_substring_regex(dates, _PLAIN_GIT_DATE)).as_py():
        pairs = [_from_git_date(date) for date in dates.to_pylist()]
        epochs, texts = zip(*pairs, strict=True) if pairs else ((), ())
        return pa.array(epochs, pa.int64()), pa.array(texts, pa.string())
    seconds = pc.cast(pc.utf8_slice_codeunits(dates, 0, -6), pa.int64())
    sign, hours, minutes = (
        pc.utf8_slice_codeunits(dates, *bounds) for bounds in ((-5, -4), (-4, -2), (-2,))
    )
    offset = pc.add(
        pc.multiply(pc.cast(hours, pa.int64()), 3600), pc.multiply(pc.cast(minutes, pa.int64()), 60)
    )
    local = pc.if_else(
        pc.equal(sign, "+"), pc.add(seconds, offset), pc.subtract(seconds, offset)
    ).cast(pa.timestamp("s"))
    texts = pc.binary_replace_slice(local.cast(pa.string()), 10, 11, "T")
    # UTC is +00:00, never -00:00.
    sign = pc.if_else(pc.equal(offset, 0), "+", sign)
    return seconds, pc.binary_join_element_wise(
        texts, sign, hours, ":", minutes, "", null_handling="emit_null"
    )


def _from_git_date(date: str) -> tuple[int | None, str | None]:
    seconds, _, offset = date.partition(" ")
    try:
        epoch = int(seconds)
    except ValueError:
        return None, None
    text = from_git(epoch, offset)
    return (epoch, text) if text else (None, None)


def _zone(offset: str) -> timezone:
    try:
        minutes = int(offset[1:3]) * 60 + int(offset[3:5])
    except ValueError:
        return UTC
    if len(offset) != 5 or minutes > _MAX_OFFSET_MINUTES or int(offset[3:5]) > 59:
        return UTC
    return timezone(timedelta(minutes=-minutes if offset[0] == "-" else minutes))
