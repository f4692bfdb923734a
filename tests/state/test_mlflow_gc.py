"""Runs that MLflow's own garbage collection removed."""

import os
import subprocess

import pytest

from tests.conftest import MLFLOW
from tests.state.projects import Project
from tests.state.test_update import facts_equal_those_of_an_extraction

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::UserWarning")]


def test_a_run_that_mlflow_gc_removed_has_vanished(tmp_path, sqlite_store):
    project = Project(tmp_path, sqlite_store)
    project.repository.commit(train__py="1\n")
    ((run, artifacts),) = project.rows(
        "SELECT run_uuid, artifact_uri FROM runs WHERE status = 'FINISHED' AND lifecycle_stage = 'active' LIMIT 1"
    )
    # The artifacts of the session's store stay.
    project.execute(
        "UPDATE runs SET artifact_uri = replace(artifact_uri, ?, ?)",
        artifacts,
        str(tmp_path / "none"),
    )
    project.execute(
        "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = 1700000000000 WHERE run_uuid = ?",
        run,
    )
    project.update()
    runs, experiments = runs_of(project), experiments_of(project)
    store = f"sqlite:///{project.database}"
    command = [str(MLFLOW), "-m", "mlflow", "gc", "--backend-store-uri", store, "--run-ids", run]
    environment = {**os.environ, "MLFLOW_TRACKING_URI": store, "MLFLOW_DISABLE_TELEMETRY": "true"}
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env=environment)
    # MLflow also removes deleted experiments, with their runs.
    vanished = {f"runs:/{each}" for each in runs - runs_of(project)}
    vanished |= experiments - experiments_of(project)
    assert f"runs:/{run}" in vanished
    result = project.update()
    assert project.new_changes() == {(uri, "presence", None, "present", None) for uri in vanished}
    assert facts_equal_those_of_an_extraction(project, result.document)


def runs_of(project):
    return {run for (run,) in project.rows("SELECT run_uuid FROM runs")}


def experiments_of(project):
    return {name for (name,) in project.rows("SELECT name FROM experiments")}
