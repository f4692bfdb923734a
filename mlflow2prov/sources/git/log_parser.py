r"""What git prints of commits, parsed by columns.

A commit is ten NUL-ended fields (:func:`format_of`) and, where it changed something, one record a path
(git-diff(1), "Raw output format"):

    :100644 100644 <blob> <blob> M \0 path \0                    one parent
    :100644 100644 <blob> <blob> R086 \0 old path \0 path \0     renamed or copied
    ::100644 100644 100644 <blob> <blob> <blob> MR \0 path in each parent ... \0 path \0     a merge

A block of it is cut at its NULs; one loop over the pieces finds where each commit and each change begins, as
a path or a message may look like anything. All else is done for the whole block at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mlflow2prov.errors import RepositoryError
from mlflow2prov.facts import Facts, times

_SHA, _PARENTS, _AUTHOR, _AUTHORED, _COMMITTER, _COMMITTED, _TITLE, _MESSAGE = (
    0,
    1,
    2,
    4,
    5,
    7,
    8,
    9,
)
_FIELDS = 10
_ABSENT = "000000"
_NEWLINE, _COLON, _RENAMED, _COPIED = b"\n:RC"

_COAUTHOR = re.compile(rb"^co-authored-by:[ \t]*([^\n<>]*?)[ \t]*<([^\n<>]*)>[^\n]*$", re.I | re.M)
_ASKED = {f"%{who}{part}".encode() for who in "ac" for part in "nNeE"}


def format_of(*, mailmap: bool) -> str:
    """Return the ``--format`` (git-log(1), "PRETTY FORMATS") of what is parsed here."""
    name, email = "NE" if mailmap else "ne"
    author, committer = (f"%{who}{name}%x00%{who}{email}%x00%{who}d" for who in "ac")
    return f"%H%x00%P%x00{author}%x00{committer}%x00%s%x00%B"


@dataclass(frozen=True)
class Layout:
    """How git writes changes."""

    hash_length: int
    """Hexadecimal digits of an object's name: 40, or 64 with SHA-256."""
    has_all_paths: bool
    """Whether a merge's change names the path in each parent (``--combined-all-paths``)."""

    @property
    def letter(self) -> int:
        """Where the status stands in the change of a commit with one parent."""
        return 17 + 2 * self.hash_length


class Parser:
    """Takes what one git process prints, block by block, into the fact tables."""

    def __init__(
        self, facts: Facts, layout: Layout, boundary: set[str], asked: Sequence[tuple[int, str]]
    ) -> None:
        """``asked`` are the commits that git describes, (ordinal, hash), in that order."""
        self._facts = facts
        self._layout = layout
        self._boundary = pa.array(sorted(boundary), pa.string())
        self._ordinals = pa.array([ordinal for ordinal, _ in asked], pa.int64())
        self._shas = pa.array([sha for _, sha in asked], pa.string())
        self._rest = bytearray()
        self._worth = 0
        """How many bytes make another look worth its while, where one commit is larger than a block."""
        self.done = 0
        """How many commits were taken."""

    def take(self, block: bytes | None) -> None:
        """Take the next ``block``; None says that there is no other.

        Raises:
            RepositoryError: it is not what was asked, as of a git that was ended.
        """
        self._rest += block or b""
        if block is not None and len(self._rest) < self._worth:
            return
        if block is None and self._rest and not self._rest.endswith(b"\0"):
            self._rest += b"\0"
        content = bytes(self._rest)
        try:
            pieces = _Pieces(content, self._layout)
            end = pieces.find(is_last=block is None)
        except (IndexError, ValueError) as error:
            raise _broken() from error
        self._rest = bytearray(content[end:])
        self._worth = 2 * len(content) if end == 0 else 0
        if pieces.commits:
            self._add(pieces)
        if block is None and self.done != len(self._shas):
            raise _broken()

    def _add(self, pieces: _Pieces) -> None:
        begin, count = self.done, len(pieces.commits)
        ordinals, shas = self._ordinals[begin : begin + count], self._shas[begin : begin + count]
        if not pieces.field(_SHA).cast(pa.string()).equals(shas):
            raise _broken()
        parents = pieces.field(_PARENTS).cast(pa.string())
        messages = pieces.field(_MESSAGE)
        authored, authored_at = times.from_git_dates(_text(pieces.field(_AUTHORED)))
        committed, committed_at = times.from_git_dates(_text(pieces.field(_COMMITTED)))
        self._facts.add_columns(
            "commits",
            [
                ordinals,
                shas,
                _mapped(pieces.field(_AUTHOR), _name),
                _mapped(pieces.field(_AUTHOR + 1), _email),
                authored_at,
                authored,
                _mapped(pieces.field(_COMMITTER), _name),
                _mapped(pieces.field(_COMMITTER + 1), _email),
                committed_at,
                committed,
                pc.utf8_trim_whitespace(_text(pieces.field(_TITLE))),
                pc.utf8_rtrim(_text(messages), "\n"),
                pa.repeat(True, count),
            ],
        )
        self._add_parents(ordinals, shas, parents)
        self._add_coauthors(ordinals, shas, messages)
        if pieces.changes:
            is_boundary = pc.is_in(shas, self._boundary)
            owners = pa.array(pieces.owners)
            known = [column.take(owners) for column in (ordinals, shas, is_boundary)]
            self._add_changes(pieces, *known)
        self.done += count

    def _add_parents(self, ordinals: pa.Array, shas: pa.Array, parents: pa.Array) -> None:
        listed = pc.split_pattern(parents, " ")
        of, parent = pc.list_parent_indices(listed), listed.flatten()
        # A root's list has one parent without a name.
        first = listed.offsets.take(of).to_numpy()
        position = pa.array(np.arange(len(parent)) - first)
        edges = pa.table([ordinals.take(of), shas.take(of), parent, position], list("abcd"))
        edges = edges.filter(pc.not_equal(parent, ""))
        self._facts.add_columns("parents", edges.combine_chunks().columns)

    def _add_coauthors(self, ordinals: pa.Array, shas: pa.Array, messages: pa.Array) -> None:
        suspects = pc.indices_nonzero(pc.match_substring(messages, "uthored"))
        for at, message in zip(suspects.to_pylist(), messages.take(suspects), strict=True):
            for name, email in _COAUTHOR.findall(message.as_py()):
                self._facts.add(
                    "coauthors", ordinals[at].as_py(), shas[at].as_py(), _name(name), _email(email)
                )

    def _add_changes(
        self, pieces: _Pieces, ordinals: pa.Array, shas: pa.Array, is_boundary: pa.Array
    ) -> None:
        is_merge = pieces.is_merge[pieces.changes]
        plain, merged = (pa.array(np.flatnonzero(which)) for which in (~is_merge, is_merge))
        if len(plain):
            owners = [column.take(plain) for column in (ordinals, shas, is_boundary)]
            self._add_plain(pieces, np.asarray(pieces.changes)[plain.to_numpy()], *owners)
        for at in merged.to_pylist():
            for row in pieces.merged(pieces.changes[at]):
                self._facts.add("changes", ordinals[at].as_py(), shas[at].as_py(), *row, False)

    def _add_plain(
        self,
        pieces: _Pieces,
        changes: np.ndarray[tuple[int], np.dtype[np.int64]],
        ordinals: pa.Array,
        shas: pa.Array,
        is_boundary: pa.Array,
    ) -> None:
        """Add the changes of commits that have one parent, or none."""
        digits = self._layout.hash_length
        old_mode, mode = pieces.cut(changes, 1, 6), pieces.cut(changes, 8, 6)
        old_blob = pieces.cut(changes, 15, digits)
        blob = pieces.cut(changes, 16 + digits, digits)
        status = pieces.cut(changes, self._layout.letter, 1)
        moved = pieces.widths[changes] - 2
        paths, old_paths = pieces.paths(changes + 1 + moved), pieces.paths(changes + 1)
        is_old, is_new = pc.not_equal(old_mode, _ABSENT), pc.not_equal(mode, _ABSENT)
        unknown = pa.scalar(None, pa.string())
        self._facts.add_columns(
            "changes",
            [
                ordinals,
                shas,
                pa.repeat(0, len(changes)),
                status,
                paths,
                pc.if_else(is_new, mode, unknown),
                pc.if_else(is_new, blob, unknown),
                pc.if_else(is_old, old_paths, unknown),
                pc.if_else(is_old, old_mode, unknown),
                pc.if_else(is_old, old_blob, unknown),
                is_boundary,
            ],
        )


class _Pieces:
    """A block cut at its NULs, and which of the pieces begin a commit or a change."""

    def __init__(self, content: bytes, layout: Layout) -> None:
        self._layout = layout
        self._data = data = np.frombuffer(content, np.uint8)
        ends = np.flatnonzero(data == 0)
        self._begins = begins = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
        self._ends = ends
        # Before the first change of a commit there is a newline.
        self._heads = begins + (data[begins] == _NEWLINE)
        is_change = data[self._heads] == _COLON
        self.is_merge = is_change & (data[np.minimum(self._heads + 1, len(data) - 1)] == _COLON)
        self.widths = np.where(is_change, 2, 0)
        """How many pieces a change takes if one begins here: itself and its paths."""
        if layout.has_all_paths:
            letters = data[np.minimum(self._heads + layout.letter, len(data) - 1)]
            self.widths[is_change & ((letters == _RENAMED) | (letters == _COPIED))] = 3
            for piece in np.flatnonzero(self.is_merge).tolist():
                self.widths[piece] = 2 + self._parents(piece)
        offsets = np.append(begins - np.arange(len(begins)), len(data) - len(ends))
        self._tokens = pa.Array.from_buffers(
            pa.binary(),
            len(begins),
            [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data[data != 0])],
        )
        self.commits: list[int] = []
        self.changes: list[int] = []
        self.owners: list[int] = []
        """For each change the place of its commit among ``commits``."""

    def find(self, *, is_last: bool) -> int:
        """Find commits and changes; returns where in the content the first incomplete commit begins.

        What comes last is complete when something follows it, or when nothing ever will (``is_last``).

        Raises:
            ValueError: the last commit is not whole.
        """
        widths, is_empty = self.widths.tolist(), (self._begins == self._ends).tolist()
        count, commit = len(widths), 0
        while commit < count:
            at, known = commit + _FIELDS, len(self.changes)
            if at < count and is_empty[at]:  # before a merge's changes, and at the end
                at += 1
            while at < count and (width := widths[at]):
                self.changes.append(at)
                at += width
            if at >= count and not is_last:
                del self.changes[known:]
                return int(self._begins[commit])
            if at > count:
                raise ValueError("a commit is not whole")
            self.owners += [len(self.commits)] * (len(self.changes) - known)
            self.commits.append(commit)
            commit = at
        return len(self._data)

    def field(self, number: int) -> pa.Array:
        """Return a field of all commits, as bytes."""
        return self._tokens.take(pa.array(np.asarray(self.commits) + number))

    def cut(
        self, changes: np.ndarray[tuple[int], np.dtype[np.int64]], begin: int, length: int
    ) -> pa.Array:
        """Return what stands at a place of fixed width in ``changes``, as text."""
        places = self._heads[changes][:, None] + np.arange(begin, begin + length)
        offsets = np.arange(0, (len(changes) + 1) * length, length, dtype=np.int32)
        buffers = [
            None,
            pa.py_buffer(offsets),
            pa.py_buffer(np.ascontiguousarray(self._data[places])),
        ]
        return pa.Array.from_buffers(pa.string(), len(changes), buffers)

    def paths(self, pieces: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Array:
        """Return pieces that are paths, as text."""
        tokens = self._tokens.take(pa.array(pieces))
        try:
            decoded = tokens.cast(pa.string())
        except pa.ArrowInvalid:
            decoded = None
        if decoded is not None and not pc.any(pc.starts_with(decoded, '"')).as_py():
            return decoded
        return pa.array([path(token) for token in tokens.to_pylist()], pa.string())

    def merged(self, piece: int) -> list[tuple[object, ...]]:
        """Return the change of a merge against each of its parents, in the order of ``changes``' columns."""
        count = self._parents(piece)
        fields = self._token(piece)[count:].decode().split(" ")
        modes, blobs, statuses = fields[: count + 1], fields[count + 1 : -1], fields[-1]
        at = path(self._tokens[piece + int(self.widths[piece]) - 1].as_py())
        old_paths = [at] * count
        if self._layout.has_all_paths:
            old_paths = [path(self._tokens[piece + 1 + n].as_py()) for n in range(count)]
        is_new = modes[-1] != _ABSENT
        rows: list[tuple[object, ...]] = []
        for n in range(count):
            old = (old_paths[n], modes[n], blobs[n]) if modes[n] != _ABSENT else (None, None, None)
            new = (modes[-1], blobs[-1]) if is_new else (None, None)
            rows.append((n, statuses[n], at, *new, *old))
        return rows

    def _parents(self, piece: int) -> int:
        token = self._token(piece)
        return len(token) - len(token.lstrip(b":"))

    def _token(self, piece: int) -> bytes:
        return self._data[self._heads[piece] : self._ends[piece]].tobytes()


def _broken() -> RepositoryError:
    return RepositoryError("git broke off in the middle of a commit")


def _mapped(tokens: pa.Array, reading: Callable[[bytes], str | None]) -> pa.Array:
    """Read tokens that repeat few values."""
    encoded = tokens.dictionary_encode()
    values = [reading(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


# Of a line that names nobody, git gives back what it was asked for.
def _name(token: bytes) -> str | None:
    return None if token in _ASKED else text(token).strip() or None


def _email(token: bytes) -> str | None:
    return None if token in _ASKED else text(token).strip().lower() or None


def _text(tokens: pa.Array) -> pa.Array:
    try:
        return tokens.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([text(token) for token in tokens.to_pylist()], pa.string())


def text(content: bytes) -> str:
    """Decode what git gives as UTF-8; what is none is taken as Latin-1, which loses nothing."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def path(content: bytes) -> str:
    """Return a path as text: as it is where it is UTF-8, else as git quotes it.

    Git's quoted form (git-config(1), ``core.quotePath``) is in double quotes; a path that begins with
    one is quoted too, so that different paths stay different.
    """
    try:
        decoded = content.decode()
    except UnicodeDecodeError:
        return _quoted(content)
    return _quoted(content) if decoded[:1] == '"' else decoded


_ESCAPES = {
    7: "\\a",
    8: "\\b",
    9: "\\t",
    10: "\\n",
    11: "\\v",
    12: "\\f",
    13: "\\r",
    34: '\\"',
    92: "\\\\",
}


def _quoted(content: bytes) -> str:
    escaped = (
        _ESCAPES.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        for byte in content
    )
    return f'"{"".join(escaped)}"'
