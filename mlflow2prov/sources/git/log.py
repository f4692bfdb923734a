"""The log of a history: its commits, as ``git rev-list`` orders them, described by ``git diff-tree``.

Several git processes describe commits side by side, each some hundreds in turn, so that all cores have
something to do; what they print is parsed as it comes (:mod:`mlflow2prov.sources.git.log_parser`). What a
commit becomes does not depend on which of them described it, nor does the order of the facts.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO

from mlflow2prov.facts import Facts
from mlflow2prov.sources.git.command import Repository
from mlflow2prov.sources.git.log_parser import Layout, Parser, format_of

_BLOCK = 4 << 20
"""How many bytes are parsed at once."""
_TURN = 1_000
"""How many commits a process describes before it is the next one's turn."""
_MOST_PROCESSES = 8

_COMMON = ("-z", "--no-abbrev", "--no-color", "--encoding=UTF-8", "--date=raw")
_CHANGES = (
    *("diff-tree", "--stdin", "--always", "--raw", "-r", "-c", "--root", "-O/dev/null"),
    *("--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none", *_COMMON),
)
_WAYS = {
    "similar": (*_CHANGES, "-M", "-C", "-l1000", "--combined-all-paths"),
    "exact": (*_CHANGES, "--no-renames"),
    "none": (*_CHANGES, "--no-renames"),
    "unread": ("log", "--stdin", "--no-walk=unsorted", "--no-patch", "--no-mailmap", *_COMMON),
}


def list_commits(
    repository: Repository, tips: Sequence[str], without: Iterable[str] = ()
) -> list[str]:
    """Return the hashes of the commits that ``tips`` reach and ``without`` do not, children before their parents.

    Raises:
        RepositoryError: git failed, as where a commit is missing.
    """
    stdin = "".join(f"^{sha}\n" for sha in without).encode()
    with repository.stream("rev-list", "--topo-order", *tips, "--stdin", stdin=stdin) as listed:
        return listed.read().decode("ascii").split()


def read_commits(
    repository: Repository,
    commits: Sequence[str],
    facts: Facts,
    *,
    boundary: set[str],
    mailmap: bool,
    renames: str,
    progress: Callable[[int], None],
) -> None:
    """Fill ``commits``, ``parents``, ``coauthors`` and ``changes``.

    Args:
        commits: hashes, children before their parents; the last one gets the ordinal 0.
        boundary: the commits where a shallow clone ends.
        mailmap: map names and addresses by ``.mailmap``.
        renames: as :func:`mlflow2prov.extract` takes it, or ``unread``: no changes at all.
        progress: called with the number of commits that were read.

    Raises:
        RepositoryError: git failed, or said something else than what it was asked.
    """
    if not commits:
        return
    layout = Layout(len(commits[0]), has_all_paths=renames == "similar")
    arguments = (*_WAYS[renames], f"--format={format_of(mailmap=mailmap)}")
    last = len(commits) - 1
    shares = [
        [(last - n, commits[n]) for n in places] for places in _shares(len(commits), _processes())
    ]
    parsers = [Parser(facts, layout, boundary, share) for share in shares]
    with ThreadPoolExecutor(len(shares)) as readers, ExitStack() as running:
        streams = [
            running.enter_context(
                repository.stream(
                    *arguments, stdin="".join(f"{sha}\n" for _, sha in share).encode()
                )
            )
            for share in shares
        ]
        for number, block in _blocks(streams, readers):
            parsers[number].take(block)
            progress(sum(parser.done for parser in parsers))
    # Of a git that failed its own words have been said by now.
    for parser in parsers:
        parser.take(None)
    progress(len(commits))


def _processes() -> int:
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, _MOST_PROCESSES
    )


def _shares(commits: int, processes: int) -> list[list[int]]:
    """Divide the places of ``commits`` among ``processes``, turn by turn."""
    turns = [range(begin, min(begin + _TURN, commits)) for begin in range(0, commits, _TURN)]
    shares = [turns[number::processes] for number in range(processes)]
    return [[place for turn in share for place in turn] for share in shares if share]


def _blocks(streams: list[IO[bytes]], readers: ThreadPoolExecutor) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the stream, block) in turn, the next ones being read meanwhile."""
    reading = {number: readers.submit(_block, stream) for number, stream in enumerate(streams)}
    while reading:
        for number in list(reading):
            block = reading[number].result()
            if block:
                reading[number] = readers.submit(_block, streams[number])
                yield number, block
            else:
                del reading[number]


def _block(stream: IO[bytes]) -> bytes:
    return stream.read(_BLOCK)
