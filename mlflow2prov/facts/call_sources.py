"""Call sources: the revision of the file with a call's function, as of the call's commit.

Capture records the commit and the path, so that nothing has to be searched.
"""

from __future__ import annotations

from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.run_sources import ScriptBlob, blobs_of_trees, script_revisions


def candidate_call_sources(facts: Facts) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs of the files with captured functions, for the Git source to look up."""
    return sorted({(commit, path) for _, commit, path in _tracked_sources(facts)})


def link_calls(facts: Facts) -> None:
    """Fill ``call_sources`` from the calls, ``tree_files`` and ``revisions``."""
    trees = blobs_of_trees(facts)
    scripts = [
        ScriptBlob(call_id, commit, path, trees[commit][path])
        for call_id, commit, path in _tracked_sources(facts)
        if path in trees[commit]
    ]
    for call_id, sha, path in script_revisions(facts, scripts):
        facts.add("call_sources", call_id=call_id, sha=sha, path=path)
    facts.flush()


def _tracked_sources(facts: Facts) -> list[tuple[str, str, str]]:
    """Return (call, commit, path) of the calls whose file is in a commit of the repository."""
    return facts.rows(
        """
        SELECT call_id, linked_commit, source_path
        FROM calls_of_functions
        WHERE linked_commit IS NOT NULL AND source_path IS NOT NULL AND source_tracked
        ORDER BY call_id
        """
    )
