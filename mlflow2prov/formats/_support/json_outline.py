"""The places of the members of a large JSON file, so that the file can be parsed a part at a time.

:func:`outline` looks at the file once, block by block, with NumPy. It finds the members of an object that are objects
or arrays themselves, and the places between their own members at which they can be cut into parts of limited size.
Whether the parts are valid JSON is left to their parser.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

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
    """A member of an object whose value is an object or an array.

    Attributes:
        name: its name.
        start: the place of the bracket that begins its value.
        is_array: whether its value is an array.
        end: the place after the bracket that ends it.
        cuts: places after members of its value, at which it can be cut.
    """

    name: str
    start: int
    is_array: bool = False
    end: int = 0
    cuts: list[int] = field(default_factory=list)

    def parts(self, content: Content) -> Iterator[bytes]:
        """Yield the JSON of objects or arrays that have the members of this one, a part of them each."""
        for start, end in self.places():
            text = content.read(start, end).strip(_SPACE)
            if start != self.start + 1 and text:
                if not text.startswith(b","):
                    raise NotAnOutlineError
                text = text[1:]
            yield b"[%b]" % text if self.is_array else b"{%b}" % text

    def places(self) -> list[tuple[int, int]]:
        """Return where each part begins, with the comma before it, and ends."""
        ends = [*self.cuts, self.end - 1]
        return list(zip([self.start + 1, *self.cuts], ends, strict=True))


@dataclass(frozen=True)
class Outline:
    """The members of an object.

    Attributes:
        members: those whose values are objects or arrays.
        scalars: the values of the others.
    """

    members: list[Member]
    scalars: dict[str, Any]

    def objects(self) -> list[Member]:
        """Return the members of an object that has no other members than objects.

        Raises:
            NotAnOutlineError: it has others.
        """
        if self.scalars or any(member.is_array for member in self.members):
            raise NotAnOutlineError
        return self.members


def outline(content: Content, start: int = 0, end: int | None = None) -> Outline:
    """Return the members of the object between two places.

    Args:
        content: the file.
        start: where the object begins, or white space before it.
        end: where the object ends, or white space after it; by default the end of the file.

    Raises:
        NotAnOutlineError: there is no object, or a name is repeated. The whole object has to be parsed.
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
        self._scalars: dict[str, Any] = {}
        self._names: set[str] = set()
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

    def finish(self) -> Outline:
        """Return the members, after the last block."""
        if not self._is_finished or self._last_end is None:
            raise NotAnOutlineError
        self._require_space(self._last_end, self._end)
        return Outline(self._members, self._scalars)

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
        bracket = self._content.read(place, place + 1)
        if self._is_finished or depth < 0:
            raise NotAnOutlineError
        if step > 0 and depth == 1:
            self._require_space(self._start, place)
            if bracket != b"{":
                raise NotAnOutlineError
        elif step > 0:
            self._members.append(Member(self._name(place), place, bracket == b"["))
        elif depth == 1:
            if (bracket == b"]") != self._members[-1].is_array:
                raise NotAnOutlineError
            self._members[-1].end = place + 1
        else:
            self._add_scalars(place)
            if bracket != b"}":
                raise NotAnOutlineError
            self._is_finished = True
        self._last_end = place + 1

    def _require_space(self, start: int, end: int) -> None:
        if self._content.read(start, end).strip(_SPACE):
            raise NotAnOutlineError

    def _name(self, place: int) -> str:
        """Return the name of the member whose value begins at a place, and add the scalars before it."""
        pairs = self._pairs(place, b"{}")
        if not pairs or pairs[-1][1] != {}:
            raise NotAnOutlineError
        self._scalars.update(pairs[:-1])
        return pairs[-1][0]

    def _add_scalars(self, place: int) -> None:
        """Add the scalars between the last member and the end of the object."""
        self._scalars.update(self._pairs(place, b""))

    def _pairs(self, place: int, value: bytes) -> list[tuple[str, Any]]:
        """Return the members between the last one and a place, where ``value`` follows.

        Raises:
            NotAnOutlineError: there is something else, or a name is repeated.
        """
        text = self._content.read(self._last_end or self._start, place).strip(_SPACE)
        if self._members and text:
            if not text.startswith(b","):
                raise NotAnOutlineError
            text = text[1:]
            if not text.strip(_SPACE):
                raise NotAnOutlineError
        try:
            pairs: list[tuple[str, Any]] = json.loads(
                b"{%b%b}" % (text, value), object_pairs_hook=lambda pairs: pairs
            )
        except (ValueError, RecursionError) as error:
            raise NotAnOutlineError from error
        for name, _ in pairs:
            if name in self._names:
                raise NotAnOutlineError
            self._names.add(name)
        return [(name, {} if item == [] else item) for name, item in pairs]

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
