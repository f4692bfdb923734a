"""Make a store with the entities that MLflow had before version 3: ``python mlflow_2_store.py TRACKING_URI``.

The script needs an interpreter that has MLflow 2.5 or a later MLflow 2.
"""

import sys
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, RunTag

START = 1_700_000_000_000
"""Milliseconds since 1970-01-01 UTC, in November 2023."""
NOTE = "</script>\"'\\ ;DROP TABLE runs; --\n\u0416\u6f22\U0001f600"


def main(uri: str) -> None:
    mlflow.set_tracking_uri(uri)
    client = MlflowClient(uri, uri)
    wine = client.create_experiment("wine", tags={"team": "cellar"})
    closed = client.create_experiment("closed")

    def run(experiment, name, user, start, status="FINISHED", **tags):
        tags = {"mlflow.user": user, "mlflow.source.name": "train.py", **tags}
        run_id = client.create_run(experiment, START + start, tags, name).info.run_id
        if status:
            client.set_terminated(run_id, status, START + start + 60_000)
        return run_id

    search = run(wine, "search", "alice", 0)
    trials = [
        run(wine, f"trial {n}", "alice", 1000 + n, **{"mlflow.parentRunId": search}) for n in (0, 1)
    ]
    for number, trial in enumerate(trials):
        client.log_batch(
            trial,
            metrics=[
                Metric("loss", 1 / (2 ** (step + number)), START + step, step) for step in range(3)
            ],
            tags=[RunTag("mlflow.note.content", NOTE)],
        )
        client.log_param(trial, "depth", number)
    numbers = {"nan": float("nan"), "up": float("inf"), "down": float("-inf")}
    metrics = [Metric(key, number, START, 0) for key, number in numbers.items()]
    client.log_batch(trials[0], metrics=metrics)
    client.log_inputs(
        trials[0],
        [
            DatasetInput(
                Dataset("bottles", "abc123", "local", '{"uri": "bottles.csv"}', '{"a": 1}', "{}"),
                [InputTag("mlflow.data.context", "training")],
            )
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        model.mkdir()
        (model / "MLmodel").write_text("flavors: {}\n")
        (model / "weights.bin").write_bytes(b"\0" * 100)
        Path(folder, "top.txt").write_text("top")
        client.log_artifacts(trials[0], folder)
    going_on = run(wine, "going on", "bob", 100_000, status=None)
    if hasattr(client, "start_trace"):  # since 2.14
        log_trace(client, wine, going_on)
    client.delete_run(run(wine, "mistake", "bob", 50_000, status="FAILED"))
    run(closed, "unlucky", "carol", 60_000, status="KILLED")
    client.delete_experiment(closed)

    source = f"{client.get_run(trials[0]).info.artifact_uri}/model"
    client.create_registered_model("wine", {"tier": "1"}, "Tells wines apart.")
    client.create_registered_model("empty")
    for tags in ({"by": "bob"}, {}, {}, {}):
        client.create_model_version("wine", source, trials[0], tags, description="from a trial")
    client.transition_model_version_stage("wine", "1", "Archived")
    client.transition_model_version_stage("wine", "2", "Production")
    client.set_registered_model_alias("wine", "champion", "2")
    client.delete_model_version("wine", "3")
    if hasattr(client, "register_prompt"):  # since 2.22
        client.register_prompt("greeting", "Hello {{name}}", "first")


def log_trace(client, experiment, run_id) -> None:
    """Log a trace as MLflow does when a run calls a traced function, but with fixed times."""
    from mlflow.entities.trace_status import TraceStatus

    tracking = client._tracking_client
    metadata = {"mlflow.sourceRun": run_id, "mlflow.user": "bob"}
    tags = {"mlflow.traceName": "answer"}
    trace = tracking.start_trace(experiment, START + 101_000, metadata, tags)
    tracking.end_trace(trace.request_id, START + 102_000, TraceStatus.OK, {}, {})


if __name__ == "__main__":
    main(sys.argv[1])
