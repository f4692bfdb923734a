"""The plain way to read a history, for comparison: one ``git log``, a piece at a time.

It fills the same tables as :mod:`mlflow2prov.sources.git.log`, by a loop over what that one takes as columns.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import IO

from mlflow2prov.facts import Facts, times
from mlflow2prov.sources.git.log_parser import path, text

_BLOCK = 1 << 20
_ROWS = 4_000
_ABSENT = "000000"

_COAUTHOR = re.compile(rb"^co-authored-by:[ \t]*([^\n<>]*?)[ \t]*<([^\n<>]*)>[^\n]*$", re.I | re.M)
_ASKED = {f"%{who}{part}".encode() for who in "ac" for part in "nNeE"}
_LOG = (
    "log --all --topo-order --raw -z -c --root --no-abbrev --date=raw --encoding=UTF-8 -O/dev/null"
)
_FORMAT = "--format=%H%x00%P%x00%aN%x00%aE%x00%ad%x00%cN%x00%cE%x00%cd%x00%B"


def read_plainly(repository: object, facts: Facts, *detection: str) -> None:
    """Fill ``commits``, ``parents``, ``coauthors`` and ``changes`` from the repository at a path."""
    all_paths = "--combined-all-paths" in detection
    command = ["git", "-c", "core.quotePath=true", *_LOG.split(), *detection, _FORMAT]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        count = LogParser(facts, set(), has_all_paths=all_paths).parse(
            running.stdout, lambda _: None
        )
    for table in ("commits", "parents", "coauthors", "changes"):
        facts.query(f"UPDATE {{{table}}} SET ordinal = ordinal + {max(count - 1, 0)}")


class LogParser:
    """Fills ``commits``, ``parents``, ``coauthors`` and ``changes`` from the stream.

    The stream is newest first, so that ``ordinal`` counts down from 0; :meth:`parse` returns how many
    commits there were, and the caller shifts the ordinals.
    """

    def __init__(self, facts: Facts, boundary: set[str], has_all_paths: bool) -> None:
        """``boundary`` holds the commits where a shallow clone ends."""
        self._facts = facts
        self._boundary = boundary
        self._has_all_paths = has_all_paths
        self._texts: dict[bytes, str | None] = {}
        self._emails: dict[bytes, str | None] = {}
        self._empty()

    def parse(self, stream: IO[bytes], progress: Callable[[int], None]) -> int:
        """Read the whole stream; returns the number of commits."""
        return self._parse(_tokens(stream), progress)

    def _parse(self, tokens: Iterator[bytes], progress: Callable[[int], None]) -> int:
        ordinal = 1
        token = next(tokens, b"")
        while token:
            ordinal -= 1
            token = self._commit(ordinal, token, tokens)
            if len(self._commits) >= _ROWS or len(self._changes) >= _ROWS:
                self._flush()
                progress(1 - ordinal)
        self._flush()
        return 1 - ordinal

    def _commit(self, ordinal: int, sha_token: bytes, tokens: Iterator[bytes]) -> bytes:
        """Take one commit and its changes; returns the first token of the next."""
        sha = sha_token.decode()
        parents = next(tokens).decode().split()
        author, author_email = self._person(next(tokens), next(tokens))
        authored, authored_at = _time(next(tokens))
        committer, committer_email = self._person(next(tokens), next(tokens))
        committed, committed_at = _time(next(tokens))
        message_token = next(tokens)
        message = text(message_token).rstrip("\n")
        title = _title(message)
        self._commits.append(
            (
                ordinal,
                sha,
                author,
                author_email,
                authored_at,
                authored,
                committer,
                committer_email,
                committed_at,
                committed,
                title,
                message,
                True,
            )
        )
        for position, parent in enumerate(parents):
            self._parents.append((ordinal, sha, parent, position))
        if b"uthored" in message_token:
            for name, email in _COAUTHOR.findall(message_token):
                self._coauthors.append((ordinal, sha, *self._person(name, email)))
        token = next(tokens, b"")
        if not token:  # an empty token stands before a merge's changes, and at the end
            token = next(tokens, b"")
        is_boundary = sha in self._boundary
        changes = self._changes
        token = token.lstrip(b"\n")
        while token[:1] == b":":
            if token[1:2] == b":":
                self._merged_change(ordinal, sha, token, tokens)
            else:
                old_mode, mode, old_blob, blob, status = token[1:].decode().split(" ")
                letter = status[0]
                at = path(next(tokens))
                old_path = at if old_mode != _ABSENT else None
                if letter in "RC":
                    at = path(next(tokens))
                changes.append(
                    _change(
                        ordinal,
                        sha,
                        0,
                        letter,
                        at,
                        mode,
                        blob,
                        old_path,
                        old_mode,
                        old_blob,
                        is_boundary,
                    )
                )
            token = next(tokens, b"")
        return token

    def _merged_change(self, ordinal: int, sha: str, token: bytes, tokens: Iterator[bytes]) -> None:
        """Take the change of a merge against all its parents: a row for each."""
        colons = len(token) - len(token.lstrip(b":"))
        fields = token[colons:].decode().split(" ")
        modes, blobs = fields[: colons + 1], fields[colons + 1 : -1]
        statuses = fields[-1]
        old_paths: list[str | None]
        if self._has_all_paths:
            old_paths = [path(next(tokens)) for _ in range(colons)]
            at = path(next(tokens))
        else:
            at = path(next(tokens))
            old_paths = [at] * colons
        for position in range(colons):
            old_path = old_paths[position] if modes[position] != _ABSENT else None
            self._changes.append(
                _change(
                    ordinal,
                    sha,
                    position,
                    statuses[position],
                    at,
                    modes[-1],
                    blobs[-1],
                    old_path,
                    modes[position],
                    blobs[position],
                    False,
                )
            )

    def _person(self, name: bytes, email: bytes) -> tuple[str | None, str | None]:
        # Of a line that names nobody, git gives back what it was asked for.
        if name not in self._texts:
            self._texts[name] = None if name in _ASKED else text(name).strip() or None
        if email not in self._emails:
            self._emails[email] = None if email in _ASKED else text(email).strip().lower() or None
        return self._texts[name], self._emails[email]

    def _empty(self) -> None:
        self._commits: list[tuple[object, ...]] = []
        self._parents: list[tuple[object, ...]] = []
        self._coauthors: list[tuple[object, ...]] = []
        self._changes: list[tuple[object, ...]] = []

    def _flush(self) -> None:
        for table in ("commits", "parents", "coauthors", "changes"):
            rows = getattr(self, f"_{table}")
            if rows:
                self._facts.add_columns(table, zip(*rows, strict=True))
        self._empty()


def _title(message: str) -> str:
    """Return a message's subject as git does: the lines before the first blank one, as one."""
    if "\n" not in message:
        return message.strip()
    lines = [line.rstrip() for line in message.lstrip().split("\n")]
    return " ".join(takewhile(bool, lines))


def _change(
    ordinal: int,
    sha: str,
    position: int,
    status: str,
    at: str,
    mode: str,
    blob: str,
    old_path: str | None,
    old_mode: str,
    old_blob: str,
    is_boundary: bool,
) -> tuple[object, ...]:
    """Return a row of ``changes``: what is absent, before or after, is null."""
    is_old, is_new = old_mode != _ABSENT, mode != _ABSENT
    return (
        ordinal,
        sha,
        position,
        status,
        at,
        mode if is_new else None,
        blob if is_new else None,
        old_path if is_old else None,
        old_mode if is_old else None,
        old_blob if is_old else None,
        is_boundary,
    )


def _time(token: bytes) -> tuple[int | None, str | None]:
    """Return seconds since 1970 and ``xsd:dateTime`` of git's raw date, ``1700000000 +0100``."""
    seconds, _, offset = token.decode("ascii", "replace").partition(" ")
    try:
        epoch = int(seconds)
    except ValueError:
        return None, None
    at = times.from_git(epoch, offset)
    return (epoch, at) if at else (None, None)


def _tokens(stream: IO[bytes]) -> Iterator[bytes]:
    """Split a stream at its NUL bytes."""
    rest = b""
    read = getattr(stream, "read1", stream.read)
    while block := read(_BLOCK):
        parts = (rest + block).split(b"\0")
        rest = parts.pop()
        yield from parts
    if rest:
        yield rest
