"""The places of the members of a large JSON file, so that the file can be parsed a part at a time.

:func:`outline` looks at the file once, block by block, with NumPy. It finds the members of an object that are objects
themselves, and the places between their own members at which they can be cut into parts of limited size. Whether the
parts are valid JSON is left to their parser.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import orjson

from mlflow2prov.lazy_module import LazyModule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np = LazyModule("numpy")

BLOCK_BYTES = 1 << 23
"""How much of the file is looked at at once."""

PART_BYTES = 1 << 24
"""The size of a part, unless one member is larger."""

_SPACE = b" \t\n\r"
_QUOTE, _BACKSLASH = b'"\\'


class NotAnOutlineError(Exception):
    """The file does not have the structure of an object."""


@dataclass(frozen=True)
class Content:
    """The content of an open file, of which parts are read."""

    file: BinaryIO
    size: int

    @classmethod
    def of(cls, file: BinaryIO) -> Content:
        """Return the content of a regular file."""
        return cls(file, os.fstat(file.fileno()).st_size)

    def read(self, start: int, end: int) -> bytes:
        """Return the bytes between two places."""
        self.file.seek(start)
        return self.file.read(end - start)


@dataclass
class Member:
    """A member of an object whose value is an object.

    Attributes:
        name: its name.
        start: the place of the brace that begins its value.
        end: the place after the brace that ends it.
        cuts: places after members of its value, at which it can be cut.
    """

    name: str
    start: int
    end: int = 0
    cuts: list[int] = field(default_factory=list)

    def parts(self, content: Content) -> Iterator[bytes]:
        """Yield the JSON of objects that have the members of this one, a part of them each."""
        ends = [*self.cuts, self.end - 1]
        for start, end in zip([self.start + 1, *self.cuts], ends, strict=True):
            text = content.read(start, end).strip(_SPACE)
            if start != self.start + 1 and text:
                if not text.startswith(b","):
                    raise NotAnOutlineError
                text = text[1:]
            yield b"{%b}" % text


def outline(content: Content, start: int = 0, end: int | None = None) -> list[Member]:
    """Return the members of the object between two places.

    Args:
        content: the file.
        start: where the object begins, or white space before it.
        end: where the object ends, or white space after it; by default the end of the file.

    Raises:
        NotAnOutlineError: there is no object, the value of a member is not an object, or a name is repeated. The whole
            object has to be parsed.
    """
    end = content.size if end is None else end
    scanner = _Scanner(content, start, end)
    for block_start, block in _blocks(content, start, end):
        scanner.scan(block_start, block)
    return scanner.finish()


class _Scanner:
    """Finds the members of an object while blocks of a file pass by."""

    def __init__(self, content: Content, start: int, end: int) -> None:
        self._content = content
        self._start = start
        self._end = end
        self._members: list[Member] = []
        self._is_in_string = False
        self._depth = 0
        self._last_end: int | None = None
        self._is_finished = False

    def scan(self, start: int, block: NDArray[np.uint8]) -> None:
        """Look at a block of the file, which does not end with a backslash."""
        places, steps = self._brackets(block)
        depths = self._depth + np.cumsum(steps)
        if len(depths):
            self._depth = int(depths[-1])
        # The members' own brackets, and those of the object.
        is_outer = (depths <= 1) | ((depths == 2) & (steps > 0))
        ends_of_items = places[(depths == 2) & (steps < 0)] + start + 1
        for place, step, depth in zip(
            (places[is_outer] + start).tolist(),
            steps[is_outer].tolist(),
            depths[is_outer].tolist(),
            strict=True,
        ):
            self._add_cuts(ends_of_items, place)
            self._add(place, step, depth)
        self._add_cuts(ends_of_items, start + len(block))

    def finish(self) -> list[Member]:
        """Return the members, after the last block."""
        names = {member.name for member in self._members}
        if not self._is_finished or self._last_end is None or len(names) < len(self._members):
            raise NotAnOutlineError
        self._require_space(self._last_end, self._end)
        return self._members

    def _brackets(self, block: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the places of brackets outside of strings, and 1 or -1 for each."""
        quotes = np.flatnonzero(block == _QUOTE)
        quotes = quotes[~_is_escaped(block, quotes)]
        # The four brackets differ in three bits, which some other characters have too.
        brackets = np.flatnonzero((block & 0xD9) == 0x59)
        brackets = brackets[np.isin(block[brackets], (0x5B, 0x5D, 0x7B, 0x7D))]
        is_inside = (np.searchsorted(quotes, brackets) + self._is_in_string) % 2 == 1
        self._is_in_string = bool((len(quotes) + self._is_in_string) % 2)
        brackets = brackets[~is_inside]
        is_opening = (block[brackets] & 0x06) == 0x02
        return brackets, np.where(is_opening, 1, -1)

    def _add(self, place: int, step: int, depth: int) -> None:
        """Add a bracket of the object or of one of its members."""
        if self._is_finished or depth < 0 or self._content.read(place, place + 1) not in b"{}":
            raise NotAnOutlineError
        if step > 0 and depth == 1:
            self._require_space(self._start, place)
        elif step > 0:
            self._members.append(Member(self._name(place), place))
        elif depth == 1:
            self._members[-1].end = place + 1
        else:
            self._require_space(self._last_end or self._start, place)
            self._is_finished = True
        self._last_end = place + 1

    def _require_space(self, start: int, end: int) -> None:
        if self._content.read(start, end).strip(_SPACE):
            raise NotAnOutlineError

    def _name(self, place: int) -> str:
        """Return the name of the member whose value begins at a place."""
        text = self._content.read(self._last_end or self._start, place).strip(_SPACE)
        if self._members:
            if not text.startswith(b","):
                raise NotAnOutlineError
            text = text[1:]
        try:
            (name,) = orjson.loads(b"{%b{}}" % text)
        except ValueError as error:
            raise NotAnOutlineError from error
        return str(name)

    def _add_cuts(self, ends: NDArray[np.int64], end: int) -> None:
        """Add cuts to the current member, at the first of ``ends`` after each part and before ``end``."""
        if not self._members or self._members[-1].end:
            return
        member = self._members[-1]
        while True:
            part_start = member.cuts[-1] if member.cuts else member.start
            index = int(np.searchsorted(ends, part_start + PART_BYTES))
            if index == len(ends) or ends[index] > end:
                return
            member.cuts.append(int(ends[index]))


def _is_escaped(block: NDArray[np.uint8], places: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether an odd number of backslashes precedes each place."""
    is_backslash = block == _BACKSLASH
    if not is_backslash.any():
        return np.zeros(len(places), np.bool_)
    others = np.where(is_backslash, -1, np.arange(len(block), dtype=np.int32))
    last_others = np.maximum.accumulate(others)
    before = np.where(places > 0, last_others[places - 1], -1)
    result: NDArray[np.bool_] = (places - 1 - before) % 2 == 1
    return result


def _blocks(content: Content, start: int, end: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Yield the blocks of a part of the file with their places; a block ends with a backslash at the end only."""
    while start < end:
        block = content.read(start, min(start + BLOCK_BYTES, end))
        while block.endswith(b"\\") and start + len(block) < end:
            block += content.read(start + len(block), min(start + len(block) + BLOCK_BYTES, end))
        if not block:
            raise NotAnOutlineError
        yield start, np.frombuffer(block, np.uint8)
        start += len(block)
