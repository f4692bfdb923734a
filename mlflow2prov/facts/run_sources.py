"""Run sources: the revision of the script that a run executed, as of the run's commit.

The script is the file in the tree of the run's commit that the name in MLflow's tags denotes
(:mod:`mlflow2prov.facts.script_names`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mlflow2prov.facts.ancestry import latest_ancestors
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.revisions import history_edges
from mlflow2prov.facts.script_names import (
    ScriptName,
    base_name_key,
    denoted_path,
    script_names,
)


class NamedScript(NamedTuple):
    """The name of a file that a run executed, and the run's commit."""

    run_id: str
    commit: str
    name: ScriptName


class ScriptBlob(NamedTuple):
    """A run's script as it is in the tree of a commit."""

    run_id: str
    commit: str
    path: str
    blob: str


def candidate_scripts(facts: Facts) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs that may be scripts of runs, for the Git source to look up.

    These are all files with the base names of scripts, in any case.
    """
    scripts = named_scripts(facts)
    paths = paths_by_key(facts, (script.name for script in scripts))
    return sorted({(script.commit, path) for script in scripts for path in paths[script.name.key]})


def link_runs(facts: Facts) -> None:
    """Fill ``run_sources`` from the runs, ``tree_files`` and ``revisions``."""
    trees = blobs_of_trees(facts)
    scripts = [
        ScriptBlob(run_id, commit, path, trees[commit][path])
        for run_id, commit, name in named_scripts(facts)
        if (path := denoted_path(name, trees[commit])) is not None
    ]
    for run_id, sha, path in script_revisions(facts, scripts):
        facts.add("run_sources", run_id=run_id, sha=sha, path=path)
    facts.flush()


def named_scripts(facts: Facts) -> list[NamedScript]:
    """Return the names of scripts of the runs whose commit is known."""
    runs = facts.rows(
        """
        SELECT run_id, linked_commit, source_name, source_type, entry_point
        FROM runs_of_experiments
        WHERE linked_commit IS NOT NULL AND source_name IS NOT NULL
        ORDER BY run_id
        """
    )
    return [
        NamedScript(run_id, commit, name)
        for run_id, commit, source, source_type, entry_point in runs
        for name in script_names(source, source_type, entry_point)
    ]


def paths_by_key(facts: Facts, names: Iterable[ScriptName]) -> dict[str, list[str]]:
    """Return the paths of the history, in order, by the keys of ``names``."""
    paths: dict[str, list[str]] = {name.key: [] for name in names}
    if paths:
        for (path,) in facts.rows(
            "SELECT DISTINCT path FROM revisions WHERE status <> 'D' ORDER BY path"
        ):
            key = base_name_key(path)
            if key in paths:
                paths[key].append(path)
    return paths


def blobs_of_trees(facts: Facts) -> dict[str, dict[str, str]]:
    """Return the blobs of ``tree_files`` by commit and path."""
    trees: dict[str, dict[str, str]] = defaultdict(dict)
    for sha, path, blob in facts.rows("SELECT sha, path, blob FROM tree_files"):
        trees[sha][path] = blob
    return trees


def script_revisions(facts: Facts, scripts: list[ScriptBlob]) -> Iterator[tuple[str, str, str]]:
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
