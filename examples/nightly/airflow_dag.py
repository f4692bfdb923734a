"""A DAG of Airflow that updates the provenance of a project every night, and reports the changes of the day."""

from __future__ import annotations

import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag

PROJECT = "/opt/projects/wine"

UPDATE = """
mlflow2prov --quiet update --state audit.mlflow2prov --repository-path . --mlflow-url http://mlflow:5000 --exit-code
code=$?
[ $code -eq 4 ] && exit 0   # something changed
[ $code -eq 0 ] && exit 99  # nothing changed: skip the tasks that follow
exit $code
"""

REPORT = "mlflow2prov --quiet load audit.mlflow2prov history --since '1 day ago'"


@dag(
    schedule="17 3 * * *",
    start_date=datetime.datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
)
def provenance_nightly():
    """Update, then report."""
    # MLFLOW_TRACKING_TOKEN comes from the environment of the worker.
    update = BashOperator(task_id="update", bash_command=UPDATE, cwd=PROJECT, skip_on_exit_code=99)
    report = BashOperator(task_id="report", bash_command=REPORT, cwd=PROJECT)
    update >> report


provenance_nightly()
