"""Inferred sources: the revision of a script that a run probably executed, where MLflow did not record its commit.

A script is looked up by its recorded name as of the last commit before the start of the run. If the store is committed,
this commit is an ancestor of the one that stored the run; without the script there, the script is looked up as of the
parent of that commit. It is never looked up as of the storing commit itself, which usually has later changes of the
script, too.

MLflow records no name of a notebook. It is the only notebook there whose code names MLflow and the experiment.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.revisions import history_edges
from mlflow2prov.facts.run_sources import (
    ScriptBlob,
    blobs_of_trees,
    paths_by_key,
    script_revisions,
)
from mlflow2prov.facts.script_names import (
    ScriptName,
    denoted_path,
    is_notebook,
    script_names,
)

AT_LAST_COMMIT = "as of the last commit before the run"
AT_PARENT = "as of the parent of the commit that stored the run"
AT_RECORDED_COMMIT = "as of the recorded commit"
ONLY_NOTEBOOK = "the only notebook that names MLflow and the experiment"

_CHECKPOINTS = ".ipynb_checkpoints/"


class Place(NamedTuple):
    """A commit whose tree may have the code of a run, and how it was found."""

    commit: str
    method: str


class UnlinkedRun(NamedTuple):
    """A run without a known script: its names, and the places to look at, the best one first."""

    run_id: str
    names: tuple[ScriptName, ...]
    is_notebook: bool
    experiment: str
    places: tuple[Place, ...]


class _Commit(NamedTuple):
    epoch: int
    ordinal: int
    sha: str


def unlinked_runs(facts: Facts) -> list[UnlinkedRun]:
    """Return the runs without a known script that may be inferred."""
    rows = facts.rows(
        """
        SELECT
            runs.run_id,
            runs.linked_commit,
            runs.source_name,
            runs.source_type,
            runs.entry_point,
            experiment.name,
            floor(epoch(TRY_CAST(runs.started_at AS TIMESTAMPTZ)))::BIGINT,
            stored_runs.sha
        FROM runs_of_experiments AS runs
        LEFT JOIN experiments_of_store AS experiment USING (experiment_id)
        LEFT JOIN stored_runs USING (run_id)
        WHERE runs.run_id NOT IN (SELECT run_id FROM run_sources)
        ORDER BY runs.run_id
        """
    )
    history = _History(facts) if rows else None
    runs = []
    for run_id, commit, source, source_type, entry_point, experiment, start, stored_by in rows:
        assert history is not None
        names = tuple(
            name
            for name in script_names(source or "", source_type, entry_point)
            if name.is_script or name.is_project_file
        )
        has_notebook = not names and is_notebook(source or "", source_type)
        if commit is None:
            places = tuple(history.places(start, stored_by))
        else:
            # The commit is a fact. A script with a name is either linked to it or missing there.
            places = (Place(commit, AT_RECORDED_COMMIT),) if has_notebook else ()
        if places and (names or has_notebook):
            runs.append(UnlinkedRun(run_id, names, has_notebook, experiment or "", places))
    return runs


def candidate_files(facts: Facts, runs: Iterable[UnlinkedRun]) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs that may be the code of ``runs``, for the Git source to look up."""
    runs = list(runs)
    paths = paths_by_key(facts, (name for run in runs for name in run.names))
    notebooks = [
        path
        for (path,) in facts.rows(
            "SELECT DISTINCT path FROM revisions WHERE status <> 'D' AND path LIKE '%.ipynb'"
        )
        if _CHECKPOINTS not in path
    ]
    return sorted(
        {
            (place.commit, path)
            for run in runs
            for place in run.places
            for path in (
                notebooks if run.is_notebook else (p for n in run.names for p in paths[n.key])
            )
        }
    )


def candidate_notebooks(facts: Facts, runs: Iterable[UnlinkedRun]) -> tuple[list[str], list[str]]:
    """Return the blobs of notebooks in the trees of the places of ``runs``, and the names of their experiments."""
    trees = blobs_of_trees(facts)
    notebook_runs = [run for run in runs if run.is_notebook]
    blobs = {
        blob
        for run in notebook_runs
        for place in run.places
        for path, blob in trees[place.commit].items()
        if _is_notebook_path(path)
    }
    return sorted(blobs), sorted({run.experiment for run in notebook_runs if run.experiment})


def infer_sources(facts: Facts, runs: Iterable[UnlinkedRun]) -> None:
    """Add the inferred sources of ``runs`` to ``run_sources``, from ``tree_files`` and ``notebook_names``."""
    trees = blobs_of_trees(facts)
    blobs_by_name: dict[str, set[str]] = defaultdict(set)
    for blob, name in facts.rows("SELECT blob, name FROM notebook_names"):
        blobs_by_name[name].add(blob)
    methods: dict[str, str] = {}
    scripts: list[ScriptBlob] = []
    for run in runs:
        for place in run.places:
            tree = trees[place.commit]
            paths = _paths(run, tree, blobs_by_name[run.experiment])
            if paths:
                scripts += [
                    ScriptBlob(run.run_id, place.commit, path, tree[path]) for path in paths
                ]
                prefix = f"{ONLY_NOTEBOOK}, " if run.is_notebook else ""
                methods[run.run_id] = prefix + place.method
                break
    for run_id, sha, path in script_revisions(facts, scripts):
        facts.add("run_sources", run_id=run_id, sha=sha, path=path, inferred=methods[run_id])
    facts.flush()


def _paths(run: UnlinkedRun, tree: Mapping[str, str], notebook_blobs: set[str]) -> list[str]:
    """Return the paths of a tree that are the code of a run; none if there is a choice."""
    if not run.is_notebook:
        return [path for name in run.names if (path := denoted_path(name, tree)) is not None]
    notebooks = [
        path for path, blob in tree.items() if _is_notebook_path(path) and blob in notebook_blobs
    ]
    return notebooks if len(notebooks) == 1 else []


def _is_notebook_path(path: str) -> bool:
    return path.endswith(".ipynb") and _CHECKPOINTS not in path


class _History:
    """The commits of a repository by time."""

    def __init__(self, facts: Facts) -> None:
        commits = facts.rows("SELECT committed_epoch, ordinal, sha FROM commits ORDER BY ordinal")
        self._commits = [_Commit(epoch or 0, ordinal, sha) for epoch, ordinal, sha in commits]
        self._ordinals = {commit.sha: commit.ordinal for commit in self._commits}
        self._parents: dict[int, list[int]] = defaultdict(list)
        for child, parent in history_edges(facts):
            self._parents[child].append(parent)
        self._first_parents: dict[str, str] = dict(
            facts.rows("SELECT sha, parent FROM parents WHERE position = 0")
        )
        self._has_hidden_parents = {
            ordinal
            for (ordinal,) in facts.rows(
                "SELECT DISTINCT ordinal FROM parents WHERE parent NOT IN (SELECT sha FROM commits)"
            )
        }
        children = {parent for parents in self._parents.values() for parent in parents}
        self._tips = [c.ordinal for c in self._commits if c.ordinal not in children]

    def places(self, start: int | None, stored_by: str | None) -> Iterator[Place]:
        """Yield the places for a run that started at a time and was stored by a commit, as far as both are known."""
        tips = self._tips if stored_by is None else self._parents[self._ordinals[stored_by]]
        last = None if start is None else self._last_commit(tips, start)
        if last is not None:
            yield Place(last, AT_LAST_COMMIT)
        parent = self._first_parents.get(stored_by or "")
        if parent in self._ordinals and parent != last:
            yield Place(parent, AT_PARENT)

    def _last_commit(self, tips: Iterable[int], start: int) -> str | None:
        """Return the last commit up to a time among the tips and their ancestors; None if it may be hidden."""
        heap = [(-self._commits[tip].epoch, -tip) for tip in tips]
        heapq.heapify(heap)
        seen = set(heap)
        while heap:
            commit = self._commits[-heapq.heappop(heap)[1]]
            if commit.epoch <= start:
                return commit.sha
            if commit.ordinal in self._has_hidden_parents:
                return None
            for parent in self._parents[commit.ordinal]:
                entry = (-self._commits[parent].epoch, -parent)
                if entry not in seen:
                    seen.add(entry)
                    heapq.heappush(heap, entry)
        return None
