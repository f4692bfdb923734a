"""The identity of experiments and registered models, whose names are unique only within a store.

MLflow gives a store no identifier. Therefore each experiment and each registered model has a digest of facts
about itself that never change. The digest is the same however the store is read, and whatever else is added
to the store or removed from it.
"""

from __future__ import annotations

from mlflow2prov.engine import literal
from mlflow2prov.facts import Facts
from mlflow2prov.vocabulary import DIGEST_SEPARATOR


def add_identities(facts: Facts) -> None:
    """Set ``identity`` of experiments, registered models and their versions.

    An experiment is identified by its creation time and its id. Experiments from before MLflow 1.29 have no
    creation time. They are identified by their earliest run, without runs by the earliest run of the store,
    and in a store without runs by their artifact location. Deleted runs count only in a deleted experiment, so
    that a purge of deleted runs changes nothing.

    A registered model is identified by its creation time and its name, which its versions share.
    """
    facts.execute(
        f"""
        WITH retained_runs AS (
            SELECT runs.experiment_id, runs.run_id, runs.started_at
            FROM runs
            LEFT JOIN experiments USING (experiment_id)
            WHERE runs.run_id IS NOT NULL
                AND (
                    runs.lifecycle_stage IS DISTINCT FROM 'deleted'
                    OR experiments.lifecycle_stage = 'deleted'
                )
        ),
        earliest_runs AS (
            SELECT experiment_id, arg_min(run_id, (started_at, run_id)) AS run_id
            FROM retained_runs
            GROUP BY experiment_id
        ),
        earliest_run AS (
            SELECT arg_min(run_id, (started_at, run_id)) AS run_id FROM retained_runs
        ),
        evidence AS (
            SELECT
                experiments.experiment_id,
                coalesce(
                    experiments.created_at,
                    earliest_runs.run_id,
                    earliest_run.run_id,
                    experiments.artifact_location,
                    ''
                ) AS origin
            FROM experiments
            LEFT JOIN earliest_runs USING (experiment_id)
            CROSS JOIN earliest_run
        )
        UPDATE experiments
        SET identity = {_digest("evidence.origin", "experiments.experiment_id")}
        FROM evidence
        WHERE evidence.experiment_id = experiments.experiment_id
        """
    )
    facts.execute(
        f"""
        UPDATE registered_models
        SET identity = {_digest("coalesce(created_at, '')", "name")}
        """
    )
    facts.execute(
        """
        UPDATE registered_model_versions
        SET identity = registered_models.identity
        FROM registered_models
        WHERE registered_models.name = registered_model_versions.name
        """
    )


def _digest(*parts: str) -> str:
    separator = f" || {literal(DIGEST_SEPARATOR)} || "
    return f"identifier_digest({separator.join(parts)})"
