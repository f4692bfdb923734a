"""A DAG of Airflow that extracts the provenance of a project every night and checks its champion."""

from __future__ import annotations

import datetime

from airflow.sdk import dag, task

REPOSITORY = "/opt/projects/wine"
GRAPH = "/opt/provenance/wine.json"


@dag(schedule="@daily", start_date=datetime.datetime(2026, 1, 1), catchup=False)
def provenance():
    """Extract, then check."""

    @task
    def extract_graph() -> str:
        from mlflow2prov import extract

        # MLFLOW_TRACKING_TOKEN comes from the environment of the worker.
        extract(REPOSITORY, "http://mlflow:5000").save(GRAPH, "json")
        return GRAPH

    @task
    def check_champion(path: str) -> None:
        from mlflow2prov import load

        result = load(path).check("wine@champion", require=["commit", "datasets"])
        if not result.has_passed:
            raise ValueError("\n".join(f"{f.version.label}: {f.message}" for f in result.failures))

    check_champion(extract_graph())


provenance()
