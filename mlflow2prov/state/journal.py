"""The journal of a state file: the observations that saw nothing new, appended after the blocks of the database.

Such an observation has two times, and a few rows about the reading itself. It is appended, so that the file need not be
copied. DuckDB reads the blocks that the head of its file names, and ignores what follows. A reader sees a complete
entry or none, and an incomplete one is overwritten by the next update. An observation with changes writes a new file,
whose tables include the earlier entries.

    entry: MAGIC | index | length | CRC-32 | JSON

The blocks have one size, so that the journal can only begin in few places near the end of the file.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

import orjson

from mlflow2prov.state.observation import Observation, checked_observation

MAGIC = b"MLflow2PROV-obs\n"
MAX_ENTRY_BYTES = 1 << 17
"""The largest entry, which is smaller than a block."""
MAX_BYTES = 1 << 20
"""The size of a journal from which on an observation writes a new file instead."""

_FIRST_BLOCK, _BLOCK_BYTES = 3 * 4096, 1 << 18
_HEAD = struct.Struct(f">{len(MAGIC)}sIII")


@dataclass(frozen=True)
class RowChanges:
    """The rows that a table lost and gained, as JSON values."""

    deletions: Sequence[Sequence[Any]]
    additions: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Entry:
    """An observation that saw nothing new."""

    observation: Observation
    tables: Mapping[str, RowChanges]
    """The rows about the readings that differ from those of the observation before, by table."""


@dataclass(frozen=True)
class Journal:
    """The journal of a state file."""

    start: int
    """The size of the file without the journal, in bytes."""
    end: int
    """The size of the file with all complete entries, in bytes."""
    entries: tuple[Entry, ...] = ()

    def encode(self, entry: Entry) -> bytes | None:
        """Return a further entry as bytes; None if the journal has no place for it."""
        content = orjson.dumps(
            {
                "observation": asdict(entry.observation),
                "tables": {name: asdict(changes) for name, changes in entry.tables.items()},
            }
        )
        size = _HEAD.size + len(content)
        if size > MAX_ENTRY_BYTES or self.end - self.start + size > MAX_BYTES:
            return None
        head = _HEAD.pack(MAGIC, len(self.entries), len(content), zlib.crc32(content))
        return head + content


def read_journal(file: BinaryIO) -> Journal:
    """Return the journal of a state file, whose entries end before an incomplete last one.

    Raises:
        ValueError: an entry is damaged, or is one of a newer version.
    """
    size = os.fstat(file.fileno()).st_size
    start = _start(file, size)
    entries: list[Entry] = []
    end = start
    file.seek(start)
    while (content := _read_entry(file, len(entries))) is not None:
        entries.append(_decode(content))
        end = file.tell()
    _require_torn(file, end, len(entries))
    return Journal(start, end, tuple(entries))


def _start(file: BinaryIO, size: int) -> int:
    """Return where the journal begins, or would begin."""
    last_block = max((size - _FIRST_BLOCK) // _BLOCK_BYTES, 0)
    for block in range(last_block, max(last_block - MAX_BYTES // _BLOCK_BYTES - 1, 0) - 1, -1):
        place = _FIRST_BLOCK + block * _BLOCK_BYTES
        file.seek(place)
        head = file.read(_HEAD.size)
        if len(head) == _HEAD.size and _HEAD.unpack(head)[:2] == (MAGIC, 0):
            return place
    # What follows the last block is the incomplete beginning of a first entry.
    return min(size, _FIRST_BLOCK + last_block * _BLOCK_BYTES)


def _read_entry(file: BinaryIO, index: int) -> bytes | None:
    """Return the content of the entry at the place of a file, or None if there is no complete one."""
    number, content = _numbered_content(file)
    return content if number == index else None


def _numbered_content(file: BinaryIO) -> tuple[int, bytes | None]:
    """Return the index and the content of a complete entry at the place of a file, or -1 and None."""
    head = file.read(_HEAD.size)
    if len(head) == _HEAD.size:
        magic, number, length, checksum = _HEAD.unpack(head)
        if magic == MAGIC and length <= MAX_ENTRY_BYTES:
            content = file.read(length)
            if len(content) == length and zlib.crc32(content) == checksum:
                return number, content
    return -1, None


def _require_torn(file: BinaryIO, end: int, index: int) -> None:
    """Require that an incomplete entry is the last one: that a crash, and nothing else, is the reason.

    Raises:
        ValueError: entries follow it.
    """
    file.seek(end)
    rest = file.read()
    place = rest.find(MAGIC, 1)
    while place >= 0:
        file.seek(end + place)
        if _numbered_content(file)[0] > index:
            raise ValueError("its journal")
        place = rest.find(MAGIC, place + 1)


def _decode(content: bytes) -> Entry:
    """Return an entry from its JSON.

    Raises:
        ValueError: it is not the JSON of an entry.
    """
    values = orjson.loads(content)
    try:
        observation = checked_observation(**values["observation"])
        tables = {
            name: RowChanges(_rows(changes["deletions"]), _rows(changes["additions"]))
            for name, changes in values["tables"].items()
        }
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("its journal") from error
    return Entry(observation, tables)


def _rows(values: object) -> list[list[Any]]:
    """Return the rows of a table, whose values are texts, numbers, truth values or None."""
    if not isinstance(values, list) or not all(isinstance(row, list) for row in values):
        raise TypeError("the rows of a table")
    if any(isinstance(value, list | dict) for row in values for value in row):
        raise TypeError("a value of a row")
    return values
