"""The log of a history: its commits, in the order of ``git rev-list``, described by ``git diff-tree``.

Several git processes describe commits in parallel, some hundreds at a time in turn, so that all cores are busy. Their
output is parsed as it arrives (:mod:`mlflow2prov.sources.git.log_parser`). Neither the facts nor their order depend
on which process described a commit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import IO, Literal

from mlflow2prov.facts import Facts
from mlflow2prov.git.repository import Repository
from mlflow2prov.sources.git.log_parser import Layout, LogParser, log_format

BLOCK_BYTES = 4 << 20
"""How many bytes are parsed at once."""

TURN_COMMITS = 1_000
"""How many consecutive commits one process describes before the next process takes its turn."""

MAX_PROCESSES = 8

Detail = Literal["renames", "changes", "commits"]
"""How much is read: commits and their changes, with renames by similar content; commits and their changes, where a
rename is a deletion and an addition; or commits alone."""

_FORMAT = ("-z", "--no-abbrev", "--no-color", "--encoding=UTF-8", "--date=raw")
_DIFF_TREE = (
    *("diff-tree", "--stdin", "--always", "--raw", "-r", "-c", "--root", "-O/dev/null"),
    *("--no-ext-diff", "--no-textconv", "--no-relative", "--ignore-submodules=none", *_FORMAT),
)
_COMMANDS: dict[Detail, tuple[str, ...]] = {
    "renames": (*_DIFF_TREE, "-M", "-C", "-l1000", "--combined-all-paths"),
    "changes": (*_DIFF_TREE, "--no-renames"),
    "commits": ("log", "--stdin", "--no-walk=unsorted", "--no-patch", "--no-mailmap", *_FORMAT),
}


def list_commits(
    repository: Repository, tips: Sequence[str], excluded: Iterable[str] = ()
) -> list[str]:
    """Return the hashes of the commits reachable from ``tips`` but not from ``excluded``, children before parents.

    Args:
        repository: the repository that has the commits.
        tips: hashes, and options of ``git rev-list`` that select refs.
        excluded: hashes.

    Raises:
        RepositoryError: git failed, for example because a commit is missing.
    """
    options = [tip for tip in tips if tip.startswith("--")]
    commits = [*(tip for tip in tips if tip not in options), *(f"^{sha}" for sha in excluded)]
    stdin = "".join(f"{commit}\n" for commit in commits).encode()
    with repository.stream("rev-list", "--topo-order", *options, "--stdin", stdin=stdin) as output:
        return output.read().decode("ascii").split()


def read_commits(
    repository: Repository,
    commits: Sequence[str],
    facts: Facts,
    *,
    boundary: set[str],
    mailmap: bool,
    detail: Detail,
    excluded: Sequence[str] = (),
    progress: Callable[[int], None],
) -> None:
    """Fill ``commits``, ``parents``, ``coauthors`` and ``changes``.

    Args:
        repository: the repository that has the commits.
        commits: hashes, children before parents; the last one gets the ordinal 0.
        facts: the tables to fill.
        boundary: the oldest commits of a shallow clone.
        mailmap: map names and addresses by ``.mailmap``.
        detail: how much to read of each commit.
        excluded: pathspecs that exclude the files whose changes are not read.
        progress: called with the number of commits read so far.

    Raises:
        RepositoryError: git failed, or its output is incomplete.
    """
    if not commits:
        return
    layout = Layout(len(commits[0]), has_all_paths=detail == "renames")
    arguments = (*_COMMANDS[detail], f"--format={log_format(mailmap=mailmap)}")
    if excluded and detail != "commits":
        # Git compares the other files as if the excluded ones did not exist (gitglossary(7), "pathspec").
        arguments = (*arguments, "--", ":(top)", *excluded)
    last = len(commits) - 1
    shares = [
        [(last - n, commits[n]) for n in positions]
        for positions in _share_out(len(commits), _process_count())
    ]
    parsers = [LogParser(facts, layout, boundary, share) for share in shares]
    with ThreadPoolExecutor(len(shares)) as readers, ExitStack() as processes:
        streams = [
            processes.enter_context(
                repository.stream(
                    *arguments, stdin="".join(f"{sha}\n" for _, sha in share).encode()
                )
            )
            for share in shares
        ]
        for number, block in _read_blocks(streams, readers):
            parsers[number].feed(block)
            progress(sum(parser.parsed_commits for parser in parsers))
    # A git that failed has raised its own error by now, on leaving the block.
    for parser in parsers:
        parser.close()
    progress(len(commits))


def _process_count() -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2
    return min(cores, MAX_PROCESSES)


def _share_out(commits: int, processes: int) -> list[list[int]]:
    """Divide the positions of ``commits`` among ``processes``, turn by turn."""
    turns = [
        range(begin, min(begin + TURN_COMMITS, commits))
        for begin in range(0, commits, TURN_COMMITS)
    ]
    shares = [turns[number::processes] for number in range(processes)]
    return [[position for turn in share for position in turn] for share in shares if share]


def _read_blocks(
    streams: list[IO[bytes]], readers: ThreadPoolExecutor
) -> Iterator[tuple[int, bytes]]:
    """Yield (index of the stream, block) from all streams in turn, while the next blocks are being read."""
    pending = {number: readers.submit(_read_block, stream) for number, stream in enumerate(streams)}
    while pending:
        for number in list(pending):
            block = pending[number].result()
            if block:
                pending[number] = readers.submit(_read_block, streams[number])
                yield number, block
            else:
                del pending[number]


def _read_block(stream: IO[bytes]) -> bytes:
    return stream.read(BLOCK_BYTES)
