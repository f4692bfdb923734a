"""Call sources: the revision of the file with a call's function, as of the call's commit.

Capture records the commit and the path, so that nothing has to be searched.
"""

from __future__ import annotations

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.run_sources import ScriptBlob, blobs_of_trees, script_revisions


def candidate_call_sources(facts: Facts) -> list[tuple[str, str]]:
    """Return the (commit, path) pairs of the files with captured functions, for the Git source to look up."""
    return facts.rows(f"SELECT DISTINCT linked_commit, source_path FROM {_SOURCES} ORDER BY ALL")


def link_calls(facts: Facts) -> None:
    """Fill ``call_sources`` from the calls, ``tree_files`` and ``revisions``.

    Millions of calls share few files of few commits, so that only these are looked up.
    """
    trees = blobs_of_trees(facts)
    scripts = [
        ScriptBlob(commit, commit, path, trees[commit][path])
        for commit, path in candidate_call_sources(facts)
        if path in trees[commit]
    ]
    links = pa.Table.from_pylist(
        [
            {"commit": commit, "sha": sha, "path": path}
            for commit, sha, path in script_revisions(facts, scripts)
        ],
        pa.schema([(name, pa.string()) for name in ("commit", "sha", "path")]),
    )
    with engine.registered(links) as revisions:
        facts.execute(
            f"""
            INSERT INTO call_sources (call_id, sha, path)
            SELECT sources.call_id, revisions.sha, revisions.path
            FROM {_SOURCES} AS sources
            JOIN {revisions} AS revisions
                ON revisions.commit = sources.linked_commit AND revisions.path = sources.source_path
            """
        )


_SOURCES = Sql(
    """
    (
        SELECT call_id, linked_commit, source_path
        FROM calls_of_functions
        WHERE linked_commit IS NOT NULL AND source_path IS NOT NULL AND source_tracked
    )
    """
)
"""The files of the calls whose file is in a commit of the repository."""
