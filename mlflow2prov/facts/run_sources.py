"""Run sources: the revision of the script that a run executed, as of the run's commit.

MLflow records ``mlflow.source.name``, a path as the shell saw it (absolute, or relative to any folder), and
``mlflow.source.git.commit``. The script is the file in the commit's tree whose whole path ends the recorded
name. Without such a file, it is the one that shares the longest end with the recorded name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.revisions import history_edges

_RUNS = """
    SELECT run_id, linked_commit, source_name
    FROM runs_of_experiments
    WHERE linked_commit IS NOT NULL AND source_name IS NOT NULL
    ORDER BY run_id
"""


class _ScriptBlob(NamedTuple):
    """A run's script as it is in the tree of the run's commit."""

    run_id: str
    commit: str
    path: str
    blob: str


def candidate_scripts(facts: Facts) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs that may be scripts of runs, for the Git source to look up."""
    runs = [
        (commit, parts[-1]) for _, commit, source in facts.rows(_RUNS) if (parts := _split(source))
    ]
    if not runs:
        return []
    base_names = {base_name for _, base_name in runs}
    paths = defaultdict(list)
    for (path,) in facts.rows(
        "SELECT DISTINCT path FROM revisions WHERE status <> 'D' ORDER BY path"
    ):
        base_name = path.rpartition("/")[2]
        if base_name in base_names:
            paths[base_name].append(path)
    return sorted({(commit, path) for commit, base_name in runs for path in paths[base_name]})


def link_runs(facts: Facts) -> None:
    """Fill ``run_sources`` from the runs, ``tree_files`` and ``revisions``."""
    trees: dict[str, dict[str, str]] = defaultdict(dict)
    for sha, path, blob in facts.rows("SELECT sha, path, blob FROM tree_files"):
        trees[sha][path] = blob
    scripts = [
        _ScriptBlob(run_id, commit, path, trees[commit][path])
        for run_id, commit, source in facts.rows(_RUNS)
        if (path := source_path(source, list(trees[commit]))) is not None
    ]
    for run_id, sha, path in _script_revisions(facts, scripts):
        facts.add("run_sources", run_id=run_id, sha=sha, path=path)
    facts.flush()


def source_path(source: str, paths: list[str]) -> str | None:
    """Return the one of a tree's ``paths`` that the recorded name ``source`` denotes, if it denotes one."""
    parts = _split(source)
    if not parts:
        return None
    whole = [path for path in paths if parts[-len(split := path.split("/")) :] == split]
    if whole:
        return max(whole, key=len)
    shared = {path: _shared_end(parts, path.split("/")) for path in paths}
    longest = max(shared.values(), default=0)
    best = [path for path, length in shared.items() if length == longest and length > 0]
    return best[0] if len(best) == 1 else None


def _split(source: str) -> list[str]:
    """Split a path of any operating system, without ``.``."""
    return [part for part in source.replace("\\", "/").split("/") if part not in ("", ".")]


def _shared_end(left: list[str], right: list[str]) -> int:
    """Return how many parts two paths share at their ends."""
    count = 0
    for left_part, right_part in zip(reversed(left), reversed(right), strict=False):
        if left_part != right_part:
            break
        count += 1
    return count


def _script_revisions(facts: Facts, scripts: list[_ScriptBlob]) -> Iterator[tuple[str, str, str]]:
    """Yield (run, commit, path) of the latest revision among the ancestors that gave the script its blob."""
    if not scripts:
        return
    blobs = {(script.path, script.blob) for script in scripts}
    revisions: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for path, blob, ordinal, sha in facts.rows(
        "SELECT path, blob, ordinal, sha FROM revisions WHERE status <> 'D' ORDER BY ordinal"
    ):
        if (path, blob) in blobs:
            revisions[path, blob][ordinal] = sha
    ordinals: dict[str, int] = dict(facts.rows("SELECT sha, ordinal FROM commits"))
    group = {key: n for n, key in enumerate(revisions)}
    linked = [script for script in scripts if (script.path, script.blob) in revisions]
    latest = latest_ancestors(
        history_edges(facts),
        [list(shas) for shas in revisions.values()],
        [(ordinals[script.commit], group[script.path, script.blob]) for script in linked],
    )
    for script, position in zip(linked, latest, strict=True):
        if position is not None:
            shas = list(revisions[script.path, script.blob].values())
            yield script.run_id, shas[position], script.path
