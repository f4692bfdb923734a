"""Linking: the revision of the file that a run was started from, as of the run's commit.

MLflow says ``mlflow.source.name`` (a path as the shell saw it: relative, absolute, from some folder) and
``mlflow.source.git.commit``. Of the files in the commit's tree, the one is meant whose path the name
ends with; else the one whose path ends with the longest piece of the name's end that fits one only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.revisions import known_edges

_RUNS = """
    SELECT run_id, known_commit, source_name FROM {stored_runs}
    WHERE known_commit IS NOT NULL AND source_name IS NOT NULL ORDER BY run_id
"""


def wanted_trees(facts: Facts) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs that may be runs' source files, for the Git source to look up."""
    paths = defaultdict(list)
    names = {_parts(source)[-1] for _, _, source in facts.query(_RUNS) if _parts(source)}
    if not names:
        return []
    known = "SELECT DISTINCT path FROM {revisions} WHERE status <> 'D' ORDER BY path"
    for (path,) in facts.query(known):
        base = path.rpartition("/")[2]
        if base in names:
            paths[base].append(path)
    asked = {
        (commit, path)
        for _, commit, source in facts.query(_RUNS)
        if _parts(source)
        for path in paths[_parts(source)[-1]]
    }
    return sorted(asked)


def link_runs(facts: Facts) -> None:
    """Fill ``run_sources`` from the runs, ``tree_files`` and ``revisions``."""
    trees: dict[str, dict[str, str]] = defaultdict(dict)
    for sha, path, blob in facts.query("SELECT sha, path, blob FROM {tree_files}"):
        trees[sha][path] = blob
    found = [
        (run, commit, path, trees[commit][path])
        for run, commit, source in facts.query(_RUNS)
        if (path := source_path(source, list(trees[commit]))) is not None
    ]
    for run, sha, path in _revisions(facts, found):
        facts.add("run_sources", run, sha, path)
    facts.flush()


def source_path(source: str, paths: list[str]) -> str | None:
    """Return which of a tree's ``paths`` the name ``source`` means, if it means one."""
    parts = _parts(source)
    if not parts:
        return None
    whole = [path for path in paths if parts[-len(split := path.split("/")) :] == split]
    if whole:
        return max(whole, key=len)
    shared = {path: _shared_end(parts, path.split("/")) for path in paths}
    longest = max(shared.values(), default=0)
    fitting = [path for path, length in shared.items() if length == longest and length > 0]
    return fitting[0] if len(fitting) == 1 else None


def _parts(source: str) -> list[str]:
    """Split a path of any system; ``.`` is nowhere."""
    return [part for part in source.replace("\\", "/").split("/") if part not in ("", ".")]


def _shared_end(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(reversed(one), reversed(other), strict=False):
        if left != right:
            break
        count += 1
    return count


def _revisions(
    facts: Facts, found: list[tuple[str, str, str, str]]
) -> Iterator[tuple[str, str, str]]:
    """Yield for each run the revision that gave the path its blob: the latest that is an ancestor."""
    if not found:
        return
    wanted = {(path, blob) for _, _, path, blob in found}
    made: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    listed = "SELECT path, blob, ordinal, sha FROM {revisions} WHERE status <> 'D' ORDER BY ordinal"
    for path, blob, ordinal, sha in facts.query(listed):
        if (path, blob) in wanted:
            made[path, blob][ordinal] = sha
    ordinals: dict[str, int] = dict(facts.query("SELECT sha, ordinal FROM {commits}"))
    place = {key: n for n, key in enumerate(made)}
    asked = [run for run in found if run[2:] in made]
    latest = latest_ancestors(
        known_edges(facts),
        [list(shas) for shas in made.values()],
        [(ordinals[commit], place[path, blob]) for _, commit, path, blob in asked],
    )
    for (run, _, path, blob), at in zip(asked, latest, strict=True):
        if at is not None:
            yield run, list(made[path, blob].values())[at], path
