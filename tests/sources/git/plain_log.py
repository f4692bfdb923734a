"""A plain reader of histories, for comparison: one ``git log``, one token after the other.

It fills the same tables as :mod:`mlflow2prov.sources.git.log`, by a loop over rows instead of columns.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import IO

from mlflow2prov.facts import Facts, times
from mlflow2prov.git.text import decode_path, decode_text

_BLOCK_BYTES = 1 << 20
_ABSENT_MODE = "000000"

_COAUTHOR = re.compile(rb"^co-authored-by:[ \t]*([^\n<>]*?)[ \t]*<([^\n<>]*)>[^\n]*$", re.I | re.M)
_PLACEHOLDERS = {f"%{person}{part}".encode() for person in "ac" for part in "nNeE"}
_LOG = (
    "log --all --topo-order --raw -z -c --root --no-abbrev --date=raw --encoding=UTF-8 -O/dev/null"
)
_FORMAT = "--format=%H%x00%P%x00%aN%x00%aE%x00%ad%x00%cN%x00%cE%x00%cd%x00%B"


def read_plainly(repository: Path, facts: Facts, *detection: str) -> None:
    """Fill ``commits``, ``parents``, ``coauthors`` and ``changes`` from a repository.

    Args:
        repository: the repository's folder.
        facts: the tables to fill.
        detection: git's options for detecting renames.
    """
    has_all_paths = "--combined-all-paths" in detection
    command = ["git", "-c", "core.quotePath=true", *_LOG.split(), *detection, _FORMAT]
    with subprocess.Popen(command, cwd=repository, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        tokens = _tokens(process.stdout)
        count = PlainLogParser(facts, has_all_paths=has_all_paths).parse(tokens)
    facts.flush()
    for table in ("commits", "parents", "coauthors", "changes"):
        facts.execute(f"UPDATE {table} SET ordinal = ordinal + {max(count - 1, 0)}")


class PlainLogParser:
    """Parses the output of ``git log``.

    Git prints the newest commit first, so ``ordinal`` counts down from 0 and has to be shifted afterwards.
    """

    def __init__(self, facts: Facts, *, has_all_paths: bool) -> None:
        self._facts = facts
        self._has_all_paths = has_all_paths

    def parse(self, tokens: Iterator[bytes]) -> int:
        """Parse all tokens and return the number of commits."""
        ordinal = 1
        token = next(tokens, b"")
        while token:
            ordinal -= 1
            token = self._parse_commit(ordinal, token, tokens)
        return 1 - ordinal

    def _parse_commit(self, ordinal: int, sha_token: bytes, tokens: Iterator[bytes]) -> bytes:
        """Parse a commit and its changes, and return the first token of the next commit."""
        sha = sha_token.decode()
        parents = next(tokens).decode().split()
        author_name, author_email = _person(next(tokens), next(tokens))
        authored_epoch, authored_at = _time(next(tokens))
        committer_name, committer_email = _person(next(tokens), next(tokens))
        committed_epoch, committed_at = _time(next(tokens))
        message_token = next(tokens)
        message = decode_text(message_token).rstrip("\n")
        self._facts.add(
            "commits",
            ordinal=ordinal,
            sha=sha,
            author_name=author_name,
            author_email=author_email,
            authored_at=authored_at,
            authored_epoch=authored_epoch,
            committer_name=committer_name,
            committer_email=committer_email,
            committed_at=committed_at,
            committed_epoch=committed_epoch,
            title=_title(message),
            message=message,
            is_selected=True,
        )
        for position, parent in enumerate(parents):
            self._facts.add("parents", ordinal=ordinal, sha=sha, parent=parent, position=position)
        for name_token, email_token in _COAUTHOR.findall(message_token):
            name, email = _person(name_token, email_token)
            self._facts.add("coauthors", ordinal=ordinal, sha=sha, name=name, email=email)
        token = next(tokens, b"")
        if not token:  # Git prints an empty token before the changes of a merge and at the end.
            token = next(tokens, b"")
        token = token.lstrip(b"\n")
        while token[:1] == b":":
            if token[1:2] == b":":
                self._parse_merge_change(ordinal, sha, token, tokens)
            else:
                self._parse_change(ordinal, sha, token, tokens)
            token = next(tokens, b"")
        return token

    def _parse_change(self, ordinal: int, sha: str, token: bytes, tokens: Iterator[bytes]) -> None:
        previous_mode, mode, previous_blob, blob, status = token[1:].decode().split(" ")
        previous_path = path = decode_path(next(tokens))
        if status[0] in "RC":
            path = decode_path(next(tokens))
        self._add_change(
            ordinal=ordinal,
            sha=sha,
            position=0,
            status=status[0],
            path=path,
            mode=mode,
            blob=blob,
            previous_path=previous_path,
            previous_mode=previous_mode,
            previous_blob=previous_blob,
        )

    def _parse_merge_change(
        self, ordinal: int, sha: str, token: bytes, tokens: Iterator[bytes]
    ) -> None:
        """Parse the change of a merge against all its parents into a row for each."""
        parents = len(token) - len(token.lstrip(b":"))
        fields = token[parents:].decode().split(" ")
        modes, blobs, statuses = fields[: parents + 1], fields[parents + 1 : -1], fields[-1]
        if self._has_all_paths:
            previous_paths = [decode_path(next(tokens)) for _ in range(parents)]
            path = decode_path(next(tokens))
        else:
            path = decode_path(next(tokens))
            previous_paths = [path] * parents
        for position in range(parents):
            self._add_change(
                ordinal=ordinal,
                sha=sha,
                position=position,
                status=statuses[position],
                path=path,
                mode=modes[-1],
                blob=blobs[-1],
                previous_path=previous_paths[position],
                previous_mode=modes[position],
                previous_blob=blobs[position],
            )

    def _add_change(
        self,
        *,
        mode: str,
        blob: str,
        previous_path: str,
        previous_mode: str,
        previous_blob: str,
        **row: object,
    ) -> None:
        """Add a change, without the columns of a side on which the path is absent."""
        if mode != _ABSENT_MODE:
            row |= {"mode": mode, "blob": blob}
        if previous_mode != _ABSENT_MODE:
            row |= {
                "previous_path": previous_path,
                "previous_mode": previous_mode,
                "previous_blob": previous_blob,
            }
        self._facts.add("changes", is_boundary=False, **row)


def _person(name: bytes, email: bytes) -> tuple[str | None, str | None]:
    # Git prints the placeholder itself where an author line has no name.
    return (
        None if name in _PLACEHOLDERS else decode_text(name).strip() or None,
        None if email in _PLACEHOLDERS else decode_text(email).strip().lower() or None,
    )


def _title(message: str) -> str:
    """Return the subject as git does: the lines before the first blank line, joined."""
    if "\n" not in message:
        return message.strip()
    lines = [line.rstrip() for line in message.lstrip().split("\n")]
    return " ".join(takewhile(bool, lines))


def _time(token: bytes) -> tuple[int | None, str | None]:
    """Return git's raw date (``1700000000 +0100``) as seconds since 1970-01-01 and as ``xsd:dateTime``."""
    seconds, _, offset = token.decode("ascii", "replace").partition(" ")
    try:
        epoch = int(seconds)
    except ValueError:
        return None, None
    text = times.from_git(epoch, offset)
    return (epoch, text) if text else (None, None)


def _tokens(stream: IO[bytes]) -> Iterator[bytes]:
    """Split a stream at its NUL bytes."""
    rest = b""
    while block := stream.read(_BLOCK_BYTES):
        parts = (rest + block).split(b"\0")
        rest = parts.pop()
        yield from parts
    if rest:
        yield rest
