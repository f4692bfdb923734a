"""Stored runs: the commit that added the files of a run to the repository.

Many projects commit their store. MLflow names the folder of a run's files after the run, in a file store as well as
among the artifacts of a server: ``<experiment id>/<run id>/meta.yaml``, ``<experiment id>/<run id>/artifacts/``. The
commit that adds such a folder is later than the run, and is not the commit that the run was started from.
"""

from __future__ import annotations

from mlflow2prov.facts.facts import Facts

RUN_FILES = "([0-9a-f]{32})/(?:meta[.]yaml$|artifacts/|inputs/|metrics/|outputs/|params/|tags/)"
"""The regular expression of a path within a store, from the folder of the run on; its first group is the run's id."""

_STORED_RUNS = f"""
    INSERT INTO stored_runs BY NAME
    WITH run_files AS (
        SELECT ordinal, sha, is_boundary, regexp_extract(path, '(?:^|/){RUN_FILES}', 1) AS run_id
        FROM changed_paths
        WHERE status <> 'D' AND regexp_matches(path, '(?:^|/){RUN_FILES}')
    ),
    first_files AS (
        SELECT *
        FROM run_files
        SEMI JOIN runs USING (run_id)
        JOIN (SELECT ordinal, committed_epoch FROM commits) USING (ordinal)
        QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY committed_epoch, ordinal) = 1
    )
    SELECT run_id, sha
    FROM first_files
    WHERE NOT is_boundary
    ORDER BY run_id
"""


def derive_stored_runs(facts: Facts) -> None:
    """Fill ``stored_runs`` from ``runs``, ``commits`` and the changed paths.

    Where several branches added the files, the earliest commit counts. If the oldest state of a shallow clone has them,
    the commit is unknown.
    """
    facts.execute(_STORED_RUNS)
