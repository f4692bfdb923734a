"""Missing scripts: those that the commit of their run lacks, so that they were not committed when they were run.

MLflow takes the commit from the repository that contains the script. A commit without any file that the recorded name
could mean is therefore a proof. Programs that start scripts are exempt, because MLflow records them in place of the
script.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts.facts import Facts
from mlflow2prov.facts.run_sources import blobs_of_trees, named_scripts, paths_by_key
from mlflow2prov.facts.script_names import Anchor


def find_missing_scripts(facts: Facts) -> None:
    """Fill ``missing_scripts`` from the runs, ``tree_files`` and ``revisions``.

    A script that no commit has counts only if the run's commit has no file of its base name, of which the script might
    be a copy.
    """
    if not facts.rows("SELECT 1 FROM revisions LIMIT 1"):
        # The files of all commits are unknown.
        return
    scripts = [script for script in named_scripts(facts) if script.name.is_script]
    trees = blobs_of_trees(facts)
    paths = paths_by_key(facts, (script.name for script in scripts))
    matches = {
        name: [path for path in paths[name.key] if name.denotes(path)]
        for name in dict.fromkeys(script.name for script in scripts)
    }
    additions = _first_additions(facts, {path for group in matches.values() for path in group})
    for run_id, commit, name in scripts:
        namesakes = [path for path in paths[name.key] if path in trees[commit]]
        if any(name.may_mean(path) for path in namesakes):
            continue
        added = additions.get(name.path) or min(
            (additions[path] for path in matches[name] if path in additions), default=None
        )
        if added is not None:
            _, path, sha = added
            facts.add("missing_scripts", run_id=run_id, path=path, added_by=sha)
        elif not namesakes:
            # The folders of an absolute name are those of a machine.
            path = name.parts[-1] if name.anchor is Anchor.FILE_SYSTEM else name.path
            facts.add("missing_scripts", run_id=run_id, path=path)
    facts.flush()


def _first_additions(facts: Facts, paths: Iterable[str]) -> dict[str, tuple[int, str, str]]:
    """Return the time, the path and the hash of the earliest commit that has a file at each path."""
    with engine.registered(pa.table({"path": pa.array(sorted(paths), pa.string())})) as names:
        rows = facts.rows(
            f"""
            SELECT path, min(committed_epoch), arg_min(sha, (committed_epoch, sha))
            FROM revisions
            SEMI JOIN {names} AS names USING (path)
            JOIN (SELECT ordinal, committed_epoch FROM commits) USING (ordinal)
            WHERE status <> 'D' AND NOT is_boundary AND committed_epoch IS NOT NULL
            GROUP BY path
            """
        )
    return {path: (epoch, path, sha) for path, epoch, sha in rows}
