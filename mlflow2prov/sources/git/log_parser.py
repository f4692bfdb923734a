r"""A parser of git's description of commits, which works on columns.

A commit is ten NUL-terminated fields (:func:`log_format`), followed by a record for each path that it changed
(git-diff(1), "Raw output format"):

    :100644 100644 <blob> <blob> M \0 path \0                    one parent
    :100644 100644 <blob> <blob> R086 \0 old path \0 path \0     renamed or copied
    ::100644 100644 100644 <blob> <blob> <blob> MR \0 path in each parent ... \0 path \0     a merge

The parser splits a block of output at its NULs into tokens. One loop over the tokens locates the beginning of each
commit and each change, because paths and messages may look like anything. Everything else is computed for the whole
block at once.
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
from mlflow2prov.git.text import decode_path, decode_text

# The fields of a commit, by their index.
_SHA = 0
_PARENTS = 1
_AUTHOR_NAME = 2
_AUTHOR_EMAIL = 3
_AUTHOR_DATE = 4
_COMMITTER_NAME = 5
_COMMITTER_EMAIL = 6
_COMMITTER_DATE = 7
_TITLE = 8
_MESSAGE = 9
_FIELD_COUNT = 10

_ABSENT_MODE = "000000"
_NEWLINE, _COLON, _RENAMED, _COPIED = b"\n:RC"

_COAUTHOR = re.compile(rb"^co-authored-by:([^\n<>]*)<([^\n<>]*)>[^\n]*$", re.I | re.M)
# Git prints the placeholder itself where an author line has no name.
_PLACEHOLDERS = {f"%{person}{part}".encode() for person in "ac" for part in "nNeE"}

_Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


def log_format(*, mailmap: bool) -> str:
    """Return the ``--format`` (git-log(1), "PRETTY FORMATS") that the parser reads."""
    name, email = "NE" if mailmap else "ne"
    author, committer = (f"%{person}{name}%x00%{person}{email}%x00%{person}d" for person in "ac")
    return f"%H%x00%P%x00{author}%x00{committer}%x00%s%x00%B"


@dataclass(frozen=True)
class Layout:
    """The layout of a change."""

    hash_length: int
    """Hexadecimal digits of an object's name: 40, or 64 with SHA-256."""
    has_all_paths: bool
    """Whether the change of a merge gives the path in each parent (``--combined-all-paths``)."""

    @property
    def status_offset(self) -> int:
        """Where the status is in the change of a commit with one parent."""
        return 17 + 2 * self.hash_length


class LogParser:
    """Parses the output of one git process, block by block, into the fact tables.

    Args:
        facts: ``commits``, ``parents``, ``coauthors`` and ``changes`` are filled.
        layout: the layout of changes.
        boundary: the oldest commits of a shallow clone.
        commits: the commits that git describes, as (ordinal, hash), in that order.
    """

    def __init__(
        self, facts: Facts, layout: Layout, boundary: set[str], commits: Sequence[tuple[int, str]]
    ) -> None:
        self.parsed_commits = 0
        """How many commits have been parsed."""
        self._facts = facts
        self._layout = layout
        self._boundary = pa.array(sorted(boundary), pa.string())
        self._ordinals = pa.array([ordinal for ordinal, _ in commits], pa.int64())
        self._shas = pa.array([sha for _, sha in commits], pa.string())
        self._rest = bytearray()
        # The size from which the rest may contain a whole commit, when one is larger than a block.
        self._min_bytes = 0

    def feed(self, content: bytes) -> None:
        """Parse the next block of output.

        Raises:
            RepositoryError: the output describes other commits than expected.
        """
        self._rest += content
        if len(self._rest) >= self._min_bytes:
            self._parse(is_last=False)

    def close(self) -> None:
        """Parse the rest of the output.

        Raises:
            RepositoryError: the output is incomplete.
        """
        if self._rest and not self._rest.endswith(b"\0"):
            self._rest += b"\0"
        self._parse(is_last=True)
        if self.parsed_commits != len(self._shas):
            raise _incomplete_output()

    def _parse(self, *, is_last: bool) -> None:
        content = bytes(self._rest)
        try:
            block = _Block(content, self._layout)
            end = block.locate(is_last=is_last)
            if block.commits:
                self._add(block)
        except (IndexError, ValueError) as error:
            # Errors of Arrow are also one of these.
            raise _incomplete_output() from error
        self._rest = bytearray(content[end:])
        self._min_bytes = 2 * len(content) if end == 0 else 0

    def _add(self, block: _Block) -> None:
        begin, count = self.parsed_commits, len(block.commits)
        ordinals, shas = self._ordinals[begin : begin + count], self._shas[begin : begin + count]
        if not block.field(_SHA).cast(pa.string()).equals(shas):
            raise _incomplete_output()
        messages = block.field(_MESSAGE)
        authored_epoch, authored_at = times.from_git_dates(_decode(block.field(_AUTHOR_DATE)))
        committed_epoch, committed_at = times.from_git_dates(_decode(block.field(_COMMITTER_DATE)))
        self._facts.add_columns(
            "commits",
            ordinal=ordinals,
            sha=shas,
            author_name=_map_distinct(block.field(_AUTHOR_NAME), _name),
            author_email=_map_distinct(block.field(_AUTHOR_EMAIL), _email),
            authored_at=authored_at,
            authored_epoch=authored_epoch,
            committer_name=_map_distinct(block.field(_COMMITTER_NAME), _name),
            committer_email=_map_distinct(block.field(_COMMITTER_EMAIL), _email),
            committed_at=committed_at,
            committed_epoch=committed_epoch,
            title=pc.utf8_trim_whitespace(_decode(block.field(_TITLE))),
            message=pc.utf8_rtrim(_decode(messages), "\n"),
            is_selected=pa.repeat(True, count),
        )
        self._add_parents(ordinals, shas, block.field(_PARENTS).cast(pa.string()))
        self._add_coauthors(ordinals, shas, messages)
        if block.changes:
            is_boundary = pc.is_in(shas, self._boundary)
            owners = pa.array(block.owners)
            self._add_changes(
                block, *(column.take(owners) for column in (ordinals, shas, is_boundary))
            )
        self.parsed_commits += count

    def _add_parents(self, ordinals: pa.Array, shas: pa.Array, parents: pa.Array) -> None:
        lists = pc.split_pattern(parents, " ")
        child, parent = pc.list_parent_indices(lists), lists.flatten()
        first = lists.offsets.take(child).to_numpy()
        edges = pa.table(
            {
                "ordinal": ordinals.take(child),
                "sha": shas.take(child),
                "parent": parent,
                "position": pa.array(np.arange(len(parent)) - first),
            }
        )
        # The list of a root commit has one empty parent.
        edges = edges.filter(pc.not_equal(parent, "")).combine_chunks()
        columns = dict(zip(edges.column_names, edges.columns, strict=True))
        self._facts.add_columns("parents", **columns)

    def _add_coauthors(self, ordinals: pa.Array, shas: pa.Array, messages: pa.Array) -> None:
        candidates = pc.indices_nonzero(pc.match_substring(messages, "uthored"))
        for index, message in zip(candidates.to_pylist(), messages.take(candidates), strict=True):
            for name, email in _COAUTHOR.findall(message.as_py()):
                self._facts.add(
                    "coauthors",
                    ordinal=ordinals[index].as_py(),
                    sha=shas[index].as_py(),
                    name=_name(name),
                    email=_email(email),
                )

    def _add_changes(
        self, block: _Block, ordinals: pa.Array, shas: pa.Array, is_boundary: pa.Array
    ) -> None:
        is_merge = block.is_merge[block.changes]
        plain = pa.array(np.flatnonzero(~is_merge))
        if len(plain):
            owners = [column.take(plain) for column in (ordinals, shas, is_boundary)]
            self._add_plain_changes(block, np.asarray(block.changes)[plain.to_numpy()], *owners)
        for index in np.flatnonzero(is_merge).tolist():
            ordinal, sha = ordinals[index].as_py(), shas[index].as_py()
            for row in block.merge_changes(block.changes[index]):
                self._facts.add("changes", ordinal=ordinal, sha=sha, is_boundary=False, **row)

    def _add_plain_changes(
        self,
        block: _Block,
        changes: _Positions,
        ordinals: pa.Array,
        shas: pa.Array,
        is_boundary: pa.Array,
    ) -> None:
        """Add the changes of commits that have at most one parent."""
        digits = self._layout.hash_length
        previous_mode, mode = block.cut(changes, 1, 6), block.cut(changes, 8, 6)
        previous_blob = block.cut(changes, 15, digits)
        blob = block.cut(changes, 16 + digits, digits)
        # A rename or copy has one more path, the old one, before the new one.
        last_path = changes + block.widths[changes] - 1
        has_previous = pc.not_equal(previous_mode, _ABSENT_MODE)
        has_current = pc.not_equal(mode, _ABSENT_MODE)
        null = pa.scalar(None, pa.string())
        self._facts.add_columns(
            "changes",
            ordinal=ordinals,
            sha=shas,
            position=pa.repeat(0, len(changes)),
            status=block.cut(changes, self._layout.status_offset, 1),
            path=block.paths(last_path),
            mode=pc.if_else(has_current, mode, null),
            blob=pc.if_else(has_current, blob, null),
            previous_path=pc.if_else(has_previous, block.paths(changes + 1), null),
            previous_mode=pc.if_else(has_previous, previous_mode, null),
            previous_blob=pc.if_else(has_previous, previous_blob, null),
            is_boundary=is_boundary,
        )


class _Block:
    """A block of output, split into tokens, and the tokens that begin a commit or a change."""

    def __init__(self, content: bytes, layout: Layout) -> None:
        self._layout = layout
        self._data = data = np.frombuffer(content, np.uint8)
        self._ends = ends = np.flatnonzero(data == 0)
        self._begins = begins = np.concatenate([np.zeros(1, np.int64), ends + 1])[: len(ends)]
        # A newline precedes the first change of a commit.
        self._heads = begins + (data[begins] == _NEWLINE)
        is_change = data[self._heads] == _COLON
        self.is_merge = is_change & (data[np.minimum(self._heads + 1, len(data) - 1)] == _COLON)
        self.widths = np.where(is_change, 2, 0)
        """For each token the number of tokens of a change that begins there: itself and its paths."""
        if layout.has_all_paths:
            statuses = data[np.minimum(self._heads + layout.status_offset, len(data) - 1)]
            self.widths[is_change & ((statuses == _RENAMED) | (statuses == _COPIED))] = 3
            for token in np.flatnonzero(self.is_merge).tolist():
                self.widths[token] = 2 + self._count_parents(token)
        offsets = np.append(begins - np.arange(len(begins)), len(data) - len(ends))
        self._tokens = pa.Array.from_buffers(
            pa.binary(),
            len(begins),
            [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data[data != 0])],
        )
        self.commits: list[int] = []
        """The tokens that begin a commit."""
        self.changes: list[int] = []
        """The tokens that begin a change."""
        self.owners: list[int] = []
        """For each change the index of its commit in :attr:`commits`."""

    def locate(self, *, is_last: bool) -> int:
        """Locate commits and changes, and return the offset of the first incomplete commit.

        A commit is complete if another one follows, or if this is the last block.

        Raises:
            ValueError: the last commit is incomplete.
        """
        widths, is_empty = self.widths.tolist(), (self._begins == self._ends).tolist()
        count, commit = len(widths), 0
        while commit < count:
            token, first_change = commit + _FIELD_COUNT, len(self.changes)
            # Git prints an empty token before the changes of a merge and at the end.
            if token < count and is_empty[token]:
                token += 1
            while token < count and (width := widths[token]):
                self.changes.append(token)
                token += width
            if token >= count and not is_last:
                del self.changes[first_change:]
                return int(self._begins[commit])
            if token > count:
                raise ValueError("the last commit is incomplete")
            self.owners += [len(self.commits)] * (len(self.changes) - first_change)
            self.commits.append(commit)
            commit = token
        # A block without any NUL has no tokens, and its only commit is incomplete.
        return len(self._data) if is_last else 0

    def field(self, number: int) -> pa.Array:
        """Return one field of all commits, as bytes."""
        return self._tokens.take(pa.array(np.asarray(self.commits) + number))

    def cut(self, changes: _Positions, begin: int, length: int) -> pa.Array:
        """Return a column of fixed width from the first tokens of ``changes``, as text."""
        positions = self._heads[changes][:, None] + np.arange(begin, begin + length)
        offsets = np.arange(0, (len(changes) + 1) * length, length, dtype=np.int32)
        texts = np.ascontiguousarray(self._data[positions])
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(texts)]
        return pa.Array.from_buffers(pa.string(), len(changes), buffers)

    def paths(self, tokens: _Positions) -> pa.Array:
        """Return tokens that are paths, as text."""
        paths = self._tokens.take(pa.array(tokens))
        try:
            texts = paths.cast(pa.string())
        except pa.ArrowInvalid:
            texts = None
        if texts is not None and not pc.any(pc.starts_with(texts, '"')).as_py():
            return texts
        return pa.array([decode_path(path) for path in paths.to_pylist()], pa.string())

    def merge_changes(self, token: int) -> list[dict[str, object]]:
        """Return the change of a merge that begins at ``token``: a row of ``changes`` for each parent."""
        parents = self._count_parents(token)
        fields = self._head(token)[parents:].decode().split(" ")
        modes, blobs, statuses = fields[: parents + 1], fields[parents + 1 : -1], fields[-1]
        path = decode_path(self._tokens[token + int(self.widths[token]) - 1].as_py())
        previous_paths = [path] * parents
        if self._layout.has_all_paths:
            previous_paths = [
                decode_path(self._tokens[token + 1 + position].as_py())
                for position in range(parents)
            ]
        rows: list[dict[str, object]] = []
        for position in range(parents):
            row: dict[str, object] = {
                "position": position,
                "status": statuses[position],
                "path": path,
            }
            if modes[-1] != _ABSENT_MODE:
                row |= {"mode": modes[-1], "blob": blobs[-1]}
            if modes[position] != _ABSENT_MODE:
                row |= {
                    "previous_path": previous_paths[position],
                    "previous_mode": modes[position],
                    "previous_blob": blobs[position],
                }
            rows.append(row)
        return rows

    def _count_parents(self, token: int) -> int:
        text = self._head(token)
        return len(text) - len(text.lstrip(b":"))

    def _head(self, token: int) -> bytes:
        return self._data[self._heads[token] : self._ends[token]].tobytes()


def _incomplete_output() -> RepositoryError:
    return RepositoryError(
        "git: the output broke off in the middle of a commit; run `git fsck` there"
    )


def _map_distinct(tokens: pa.Array, function: Callable[[bytes], str | None]) -> pa.Array:
    """Apply ``function`` once to each distinct token."""
    encoded = tokens.dictionary_encode()
    values = [function(value) for value in encoded.dictionary.to_pylist()]
    return pa.array(values, pa.string()).take(encoded.indices)


def _name(token: bytes) -> str | None:
    return None if token in _PLACEHOLDERS else decode_text(token).strip() or None


def _email(token: bytes) -> str | None:
    return None if token in _PLACEHOLDERS else decode_text(token).strip().lower() or None


def _decode(tokens: pa.Array) -> pa.Array:
    try:
        return tokens.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([decode_text(token) for token in tokens.to_pylist()], pa.string())
