"""The typed value walk: equal values have equal digests, whatever their place in memory.

Every value is a **leaf** (``None``, numbers, text, bytes) or is expanded into a :class:`Node`: a tag for its type,
child values, and raw content. The encoding of a node is its tag, the encodings of its children and the content or, if
that is long, the SHA-256 of it (a Merkle tree). Leaves are encoded as ``marshal`` version 2 encodes them, because that
format is the same in all versions of Python, and fast for whole lists.

- Members of sets, and items of dictionaries, are ordered by their content.
- Two references to one list and two equal lists are the same value.
- A reference that closes a cycle is encoded as a distance, counted in the nodes of that cycle in order of their first
  visit. A later reference to a node of a finished cycle is the digest of the cycle and the number of the node.

Shallow acyclic values, which are nearly all, are digested by a recursive function. All others are digested by the
same rules without recursion, so that neither depth nor cycles are limited.
"""

from __future__ import annotations

import hashlib
import marshal
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from math import nan
from operator import itemgetter, ne
from typing import Any

from mlflow2prov.capture.errors import UnhashableError

MAX_RECURSION = 100
"""The depth at which the walk without recursion takes over."""

MAX_INLINE = 255
"""The length, in bytes, up to which the content of a node is its encoding."""

MAX_LAYOUTS = 100
"""The number of layouts of dictionaries that a walk keeps."""

MIN_ROWS = 16
"""The number of dictionaries from which they are encoded column by column, if they have the same keys."""

BLOCK_ROWS = 256
"""The number of dictionaries that are encoded at a time, so that their columns fit into the processor's cache."""

LEAVES = frozenset((type(None), bool, int, float, complex, str, bytes))
_UNQUOTED = LEAVES - {bytes}
_FLOATS = frozenset((float, complex))
_DICT = {dict}
_KEYS = frozenset((str, int))
_TAGS: dict[type, bytes] = {list: b"list", tuple: b"tuple"}

_VERSION = 2  # of marshal: text and numbers by value, no back references
_HEADER_BYTES = 5
_LENGTHS = [b"=" + bytes((length,)) for length in range(MAX_INLINE + 1)]


@dataclass(slots=True)
class Node:
    """A value, taken apart."""

    tag: bytes
    """The type. Nodes of different types have different tags, or the type among their children."""
    children: Sequence[Any] = ()
    buffers: Iterable[Any] = ()
    """Contiguous buffers, whose lengths follow from the tag and the children."""
    group: int = 0
    """If positive, the children form an unordered collection of groups of so many: 1 for sets, 2 for items."""


@dataclass(slots=True)
class Alias:
    """An object that has the value of another one, as a proxy has."""

    value: Any


Expander = Callable[[Any], "Node | Alias"]

_Layout = tuple[bytes, Callable[[Any], Sequence[Any]]]
"""The encoding of a dictionary up to its values, and the function that returns these in order."""


class Walk:
    """One digest, and the objects that were met on the way.

    Args:
        expander_for: returns the function that expands the values of a type.
        aliases: the types whose expansion may be an :class:`Alias`.
    """

    def __init__(
        self, expander_for: Callable[[type], Expander], aliases: frozenset[type] | set[type]
    ) -> None:
        self.aliases = aliases
        self.met: list[Any] = []
        """The objects of alias types, in the order of the walk."""
        self._expander_for = expander_for
        # The values are kept, so that no identity is reused during the walk.
        self._encodings: dict[int, tuple[bytes, Any]] = {}
        self._active: set[int] = set()
        self._layouts: dict[tuple[Any, ...], _Layout] = {}

    def digest(self, value: Any) -> bytes:
        """Return the digest of ``value``.

        Raises:
            UnhashableError: it contains an object that has no value, such as a generator or a lock.
        """
        value = self._resolve(value)
        met = len(self.met)
        try:
            encoding = self._encode(value, 0)
        except (_NotATreeError, _UnorderedError, RecursionError) as error:
            self._active.clear()
            if isinstance(error, _UnorderedError):
                self._encodings.clear()
                del self.met[met:]
            encoding = _LoopWalk(self, self._encodings).encode(value)
        return encoding[1:] if encoding[0] == _DIGEST else hashlib.sha256(encoding).digest()

    def expand(self, value: Any) -> tuple[Node, set[type]]:
        """Return the node of a value that is not a leaf, with its aliases resolved, and the types of its children."""
        node = self._expander_for(type(value))(value)
        assert isinstance(node, Node)
        node.children, types = self._resolve_all(node.children, {*map(type, node.children)})
        return node, types

    def _resolve_all(
        self, children: Sequence[Any], types: set[type]
    ) -> tuple[Sequence[Any], set[type]]:
        if types <= LEAVES or types.isdisjoint(self.aliases):
            return children, types
        children = [self._resolve(child) for child in children]
        return children, {*map(type, children)}

    def _resolve(self, value: Any) -> Any:
        while type(value) in self.aliases:
            self.met.append(value)
            expansion = self._expander_for(type(value))(value)
            if isinstance(expansion, Node):
                break
            value = expansion.value
        return value

    def _encode(self, value: Any, depth: int) -> bytes:
        kind = type(value)
        if kind in LEAVES:
            return _encode_leaf(value)
        # Lists, tuples and dictionaries, the most frequent nodes, are encoded as others are, but without a Node.
        beginning: bytes | None = None
        children: Sequence[Any]
        if kind is list or kind is tuple:
            beginning, children = _TAGS[kind] + _list_header(len(value)), value
        elif kind is dict and len(value) == 1 and type(key := next(iter(value))) in _KEYS:
            # There is nothing to order, and a layout for each key would take longer than the encoding.
            item = value[key]
            if type(item) in _UNQUOTED and item == item:
                return _shorten(b"dict" + marshal.dumps([key, item], _VERSION))
            beginning, children = _SINGLE + marshal.dumps(key, _VERSION), (item,)
        elif kind is dict and (layout := self._layout_of(value)) is not None:
            beginning, children = layout[0], layout[1](value)
        if beginning is not None:
            types = {*map(type, children)}
            if types <= _UNQUOTED:
                return _shorten(beginning + _encode_parts(children, types)[_HEADER_BYTES:])
        identity = id(value)
        if (found := self._encodings.get(identity)) is not None:
            return found[0]
        if depth > MAX_RECURSION or identity in self._active:
            raise _NotATreeError
        if beginning is not None:
            children, types = self._resolve_all(children, types)
        else:
            node, types = self.expand(value)
            children = node.children
        self._active.add(identity)
        parts = self._encode_all(children, types, depth + 1)
        self._active.discard(identity)
        if beginning is not None:
            encoding = _shorten(beginning + _encode_parts(parts, types)[_HEADER_BYTES:])
        else:
            encoding = encode_node(node, parts, types)
        if encoding[0] == _DIGEST:
            self._encodings[identity] = encoding, value
        return encoding

    def _encode_all(self, values: Sequence[Any], types: set[type], depth: int) -> Sequence[Any]:
        """Return values of these types as :func:`encode_node` takes them."""
        if types <= LEAVES:
            return _quote(values, types)
        encode = self._encode
        if types == _DICT and len(values) >= MIN_ROWS:
            encodings: list[bytes] = []
            for start in range(0, len(values), BLOCK_ROWS):
                rows = values[start : start + BLOCK_ROWS]
                encodings += self._encode_rows(rows, depth) or [encode(row, depth) for row in rows]
            return encodings
        return [value if type(value) in _UNQUOTED else encode(value, depth) for value in values]

    def _encode_rows(self, rows: Sequence[dict[Any, Any]], depth: int) -> list[bytes] | None:
        """Return the encodings of dictionaries with the same keys; of others, None.

        They are encoded column by column, which is faster.
        """
        first = rows[0]
        is_short = len(first) == 1 and type(next(iter(first.values()))) in _UNQUOTED
        if is_short or first.keys() != rows[-1].keys():
            return None
        layout = self._layout_of(rows[0])
        identities = {*map(id, rows)}
        if (
            layout is None
            or depth > MAX_RECURSION
            or len(identities) < len(rows)
            or not identities.isdisjoint(self._encodings)
            or len({*map(tuple, rows)}) > 1
            or {*map(type, chain.from_iterable(rows))} != {*map(type, rows[0])}
        ):
            return None
        if not identities.isdisjoint(self._active):
            raise _NotATreeError
        self._active |= identities
        beginning, values_of = layout
        columns = self._encode_columns(zip(*map(values_of, rows), strict=True), depth + 1)
        self._active -= identities
        encodings = [
            _shorten(beginning + marshal.dumps(row, _VERSION)[_HEADER_BYTES:])
            for row in zip(*columns, strict=True)
        ]
        for encoding, value in zip(encodings, rows, strict=True):
            if encoding[0] == _DIGEST:
                self._encodings[id(value)] = encoding, value
        return encodings

    def _encode_columns(self, columns: Iterable[Sequence[Any]], depth: int) -> list[Sequence[Any]]:
        met = len(self.met)
        encoded = []
        try:
            for column in columns:
                values, types = self._resolve_all(column, {*map(type, column)})
                parts = self._encode_all(values, types, depth)
                encoded.append(_with_canonical_numbers(parts, types))
        finally:
            if len(self.met) > met:
                raise _UnorderedError
        return encoded

    def _layout_of(self, value: dict[Any, Any]) -> _Layout | None:
        """Return the layout of a dictionary whose keys are text or integers; of others, None.

        Dictionaries often come in thousands with the same keys, which are sorted and encoded once.
        """
        types = {*map(type, value)}
        if not types or not types <= _KEYS:
            return None
        keys = tuple(value)
        layout = self._layouts.get(keys)
        if layout is None:
            layout = _layout(keys, types)
            if len(self._layouts) < MAX_LAYOUTS:
                self._layouts[keys] = layout
        return layout


class _NotATreeError(Exception):
    """The recursive walk met a cycle, or its limit of depth."""


class _UnorderedError(Exception):
    """The recursive walk met artifacts column by column, which is not the order of the value."""


@dataclass(slots=True)
class _Frame:
    """A node whose children are being encoded."""

    value: Any
    node: Node
    number: int
    lowest: int
    """The lowest number that a reference below this node leads to."""
    parts: list[Any] = field(default_factory=list)
    """The children that are encoded, as :func:`encode_node` takes them."""
    members: list[int] = field(default_factory=list)
    """The identities of the nodes below it that are part of an unfinished cycle."""


class _LoopWalk:
    """The walk without recursion, which finds cycles as Tarjan (1972) finds strongly connected components."""

    def __init__(self, walk: Walk, encodings: dict[int, tuple[bytes, Any]]) -> None:
        self._walk = walk
        self._encodings = encodings
        self._numbers: dict[int, int] = {}
        self._references: dict[int, bytes] = {}
        self._values: list[Any] = []

    def encode(self, root: Any) -> bytes:
        """Return the encoding of a value that is not a leaf."""
        frames = [self._open(root)]
        while True:
            frame = frames[-1]
            if len(frame.parts) == len(frame.node.children):
                frames.pop()
                encoding = self._close(frame)
                if not frames:
                    return encoding
                parent = frames[-1]
                parent.parts.append(encoding)
                if frame.lowest < frame.number:
                    parent.lowest = min(parent.lowest, frame.lowest)
                    parent.members += [*frame.members, id(frame.value)]
            elif (child := self._encode_next(frame)) is not None:
                frames.append(self._open(child))

    def _open(self, value: Any) -> _Frame:
        number = len(self._numbers)
        self._numbers[id(value)] = number
        self._values.append(value)
        return _Frame(value, self._walk.expand(value)[0], number, number)

    def _encode_next(self, frame: _Frame) -> Any:
        """Encode the next child, or return it if it has to be walked first."""
        child = frame.node.children[len(frame.parts)]
        identity = id(child)
        if type(child) in LEAVES:
            frame.parts.append(_encode_leaf(child) if type(child) is bytes else child)
        elif identity in self._encodings:
            frame.parts.append(self._encodings[identity][0])
        elif identity in self._references:
            frame.parts.append(self._references[identity])
        elif identity in self._numbers:
            number = self._numbers[identity]
            frame.lowest = min(frame.lowest, number)
            frame.parts.append(b"^%d" % (frame.number - number))
        else:
            return child
        return None

    def _close(self, frame: _Frame) -> bytes:
        if frame.node.group and frame.lowest < frame.number:
            raise UnhashableError(
                f"a {type(frame.value).__name__} that is part of a cycle has no order; "
                "register the type with value_repr"
            )
        encoding = encode_node(frame.node, frame.parts, {*map(type, frame.parts)})
        if frame.lowest >= frame.number:
            # The node and all below it are complete: nothing in them depends on where the walk came from.
            for identity in frame.members:
                distance = self._numbers.pop(identity) - frame.number
                root = hashlib.sha256(encoding).digest()
                self._references[identity] = b"@%b%d" % (root, distance)
            del self._numbers[id(frame.value)]
            self._encodings[id(frame.value)] = encoding, frame.value
        return encoding


_DIGEST = b"#"[0]


def encode_node(node: Node, parts: Sequence[Any], types: set[type]) -> bytes:
    """Return the encoding of a node: its content if that is short, else the digest of its content.

    Args:
        node: the node.
        parts: its children: leaves as they are, except that bytes and all others are encoded.
        types: the types of the children.
    """
    if node.group:
        parts = _in_order(node.group, parts)
    content = node.tag + _encode_parts(parts, types)
    if not node.buffers:
        return _shorten(content)
    sha = hashlib.sha256(content)
    for buffer in node.buffers:
        sha.update(buffer)
    return b"#" + sha.digest()


def _layout(keys: tuple[Any, ...], types: set[type]) -> _Layout:
    """Return the layout of dictionaries with these keys."""
    ordered = in_order(keys, types)
    encoded = _encode_parts(ordered, types)[_HEADER_BYTES:]
    beginning = b"dict" + _list_header(2 * len(ordered)) + encoded
    if len(ordered) == 1:
        return beginning, lambda value: (value[ordered[0]],)
    return beginning, itemgetter(*ordered)


def in_order(leaves: Collection[Any], types: set[type]) -> list[Any]:
    """Return leaves of these types in an order that does not depend on their insertion."""
    if types == {str}:
        return sorted(leaves)
    # The order of the encodings, as that of text and numbers among each other is not defined.
    if types.isdisjoint(_FLOATS):
        encodings = map(marshal.dumps, leaves, repeat(_VERSION))
        by_encoding = dict(zip(encodings, leaves, strict=True))
        return [by_encoding[encoding] for encoding in sorted(by_encoding)]
    return sorted(leaves, key=_encode_leaf)


def _list_header(length: int) -> bytes:
    """Return the beginning of a list in the format of marshal."""
    return b"[" + length.to_bytes(4, "little")


_SINGLE = b"dict" + _list_header(2)
"""The beginning of the encoding of a dictionary with one item."""


def _encode_parts(parts: Sequence[Any], types: set[type]) -> bytes:
    """Return the encoding of a list of leaves and of encodings."""
    encoding = marshal.dumps(parts if type(parts) is list else list(parts), _VERSION)
    if not types.isdisjoint(_FLOATS) and (b"\x7f" in encoding or b"\xff" in encoding):
        # Only a number with one of these bytes can be NaN.
        canonical = _with_canonical_numbers(parts, types)
        if canonical is not parts:
            return marshal.dumps(list(canonical), _VERSION)
    return encoding


def _with_canonical_numbers(parts: Sequence[Any], types: set[type]) -> Sequence[Any]:
    """Return parts in which each NaN is the one of :mod:`math`; themselves if none is NaN."""
    if not types.isdisjoint(_FLOATS) and any(map(ne, parts, parts)):
        return [_canonical(part) if part != part else part for part in parts]
    return parts


def _shorten(content: bytes) -> bytes:
    if len(content) <= MAX_INLINE:
        return _LENGTHS[len(content)] + content
    return b"#" + hashlib.sha256(content).digest()


def _in_order(size: int, parts: Sequence[Any]) -> list[bytes]:
    """Return the encodings of an unordered collection, sorted by group."""
    encodings = [_encode_leaf(part) for part in parts]
    return sorted(b"".join(encodings[i : i + size]) for i in range(0, len(encodings), size))


def _quote(leaves: Sequence[Any], types: set[type]) -> Sequence[Any]:
    """Return leaves with bytes encoded, so that they differ from the encodings of nodes."""
    if bytes not in types:
        return leaves
    return [_encode_leaf(leaf) if type(leaf) is bytes else leaf for leaf in leaves]


def _encode_leaf(value: Any) -> bytes:
    return marshal.dumps(value if value == value else _canonical(value), _VERSION)


def _canonical(value: Any) -> Any:
    """Return a number that contains NaN with the NaN of :mod:`math`, whose sign and payload are fixed."""
    if type(value) is float:
        return nan
    return complex(*(nan if part != part else part for part in (value.real, value.imag)))
