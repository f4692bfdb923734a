"""Make a rich MLflow store with MLflow itself: ``python mlflow_store.py TRACKING_URI [COMMIT]``.

The store has every kind of entity that MLflow knows, in every state of its lifecycle. The script needs an interpreter
that has MLflow.
"""

import os
import sys
import tempfile
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
from mlflow.entities import Dataset, DatasetInput, InputTag, LoggedModelInput, Metric
from mlflow.entities.logged_model_status import LoggedModelStatus

try:
    from mlflow.entities import AssessmentSource, TraceInfo, TraceState
    from mlflow.entities.trace_location import TraceLocation
except ImportError:  # MLflow 2 has other traces
    pass

START = 1_700_000_000_000
"""Milliseconds since 1970-01-01 UTC, in November 2023."""
HOSTILE = "</script><b>\"'\\ ;DROP TABLE runs; --\n\u2028 =1+1 \u0416\u6f22\U0001f600"


def main(uri: str, commit: str) -> None:
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = mlflow.MlflowClient(uri, uri)

    fraud = client.create_experiment("fraud", tags={"mlflow.user": "alice", "team": "risk"})
    deleted_experiment = client.create_experiment("gone")
    # The file store cannot look up a name that contains quotes.
    suffix = HOSTILE.replace("\n", " ").replace("/", "|") if not uri.startswith("file") else "one"
    plain = client.create_experiment(f"plain {suffix}")

    def run(experiment, name, user, start, tags=None, status="FINISHED", end=60_000, parent=None):
        tags = {"mlflow.user": user, "mlflow.runName": name, **(tags or {})}
        if parent:
            tags["mlflow.parentRunId"] = parent.info.run_id
        new_run = client.create_run(experiment, start_time=START + start, tags=tags, run_name=name)
        if status:
            client.set_terminated(new_run.info.run_id, status, end_time=START + start + end)
        return new_run

    origin = {
        "mlflow.source.name": "src/train.py",
        "mlflow.source.type": "LOCAL",
        "mlflow.source.git.commit": commit,
    }
    parent = run(fraud, "search", "alice", 0, origin)
    children = []
    for number in range(3):
        child = run(fraud, f"trial {number}", "alice", 1000 + number, origin, parent=parent)
        run_id = child.info.run_id
        client.log_param(run_id, "depth", str(number))
        client.log_param(run_id, "note", HOSTILE if number == 0 else "x" * 6000)
        for step in range(4):
            client.log_batch(
                run_id,
                metrics=[
                    Metric("loss", 1.0 / (step + 1 + number), START + 2000 + step, step),
                    Metric("r2", 0.1234567890123456 * (step + number), START + 2000 + step, step),
                ],
            )
        children.append(child)
    client.log_batch(
        children[0].info.run_id,
        metrics=[
            Metric("nan", float("nan"), START, 0),
            Metric("up", float("inf"), START, 0),
            Metric("down", float("-inf"), START, 0),
        ],
    )
    client.log_inputs(
        children[0].info.run_id,
        [
            DatasetInput(
                Dataset(
                    "payments", "abc123", "local", '{"uri": "data.csv"}', '{"a": 1}', '{"n": 2}'
                ),
                [InputTag("mlflow.data.context", "training")],
            )
        ],
    )
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        (model / "deep" / "er").mkdir(parents=True)
        (model / "MLmodel").write_text("artifact_path: model\nflavors: {}\n")
        (model / "requirements.txt").write_text(
            "scikit-learn==1.5\nnumpy<3,>=2 ; python_version>'3'\n"
        )
        (model / "deep" / "er" / "weights.bin").write_bytes(b"\0" * 100)
        Path(folder, "top.txt").write_text("top")
        for child in children[:2]:
            client.log_artifacts(child.info.run_id, folder)

        logged = client.create_logged_model(
            fraud,
            name="classifier",
            source_run_id=children[1].info.run_id,
            tags={
                "colour": "blue",
                "mlflow.source.git.commit": commit,
                "mlflow.source.git.branch": "main",
                "mlflow.source.git.dirty": "true",
            },
            params={"alpha": "0.5"},
            model_type="sklearn",
        )
        client.log_model_artifacts(logged.model_id, str(model))
        client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    client.log_metric(
        children[1].info.run_id, "auc", 0.75, START + 9000, 3, model_id=logged.model_id
    )
    consumer = run(
        plain, "scoring", "bob", 100_000, {"mlflow.note.content": "nightly " * 1000}, status=None
    )
    client.log_inputs(consumer.info.run_id, models=[LoggedModelInput(logged.model_id)])

    evaluate = {
        **origin,
        "mlflow.source.name": "src/evaluate.py",
        "mlflow.source.git.branch": "main",
        "mlflow.source.git.dirty": "false",
        "mlflow.source.git.repoURL": "https://dave:t0ps3cret@example.org/team/fraud.git",
    }
    evaluation = run(fraud, "evaluation", "dave", 70_000, evaluate)
    log_traces(fraud, evaluation)

    deleted_run = run(fraud, "mistake", "bob", 50_000, origin, status="FAILED")
    client.log_param(deleted_run.info.run_id, "depth", "99")
    client.delete_run(deleted_run.info.run_id)
    killed = run(deleted_experiment, "unlucky", "carol", 60_000, status="KILLED")
    client.log_metric(killed.info.run_id, "r2", 0.5, START, 0)
    client.delete_experiment(deleted_experiment)

    client.create_registered_model("fraud", {"mlflow.user": "alice", "tier": "1"}, "Finds fraud.")
    client.create_registered_model("other", description=HOSTILE)
    uri_0 = f"{children[0].info.artifact_uri}/model"
    client.create_model_version(
        "fraud", uri_0, children[0].info.run_id, tags={"mlflow.user": "bob"}
    )
    client.create_model_version("fraud", f"models:/{logged.model_id}", model_id=logged.model_id)
    client.create_model_version("fraud", uri_0, children[0].info.run_id, description="to go")
    client.create_model_version("other", uri_0, children[0].info.run_id)
    client.set_registered_model_alias("fraud", "production", "2")
    client.set_registered_model_alias("fraud", "candidate", "1")
    client.delete_model_version("fraud", "3")

    if not uri.startswith("file"):
        prompt = client.register_prompt("greeting", "Hello {{name}}", commit_message="first")
        client.set_prompt_alias("greeting", "live", prompt.version)


def log_traces(experiment, run) -> None:
    """Log two traces of a run and one of none, and assess one as a program and as a person."""
    if not hasattr(mlflow, "log_feedback"):
        return
    client = mlflow.MlflowClient()
    trace_ids = []
    for metadata in (
        {"mlflow.sourceRun": run.info.run_id},
        {"mlflow.sourceRun": run.info.run_id},
        {},
    ):
        location = TraceLocation.from_experiment_id(experiment)
        info = TraceInfo(
            trace_id=f"tr-{len(trace_ids):032x}",
            trace_location=location,
            request_time=START + 71_000 + len(trace_ids),
            state=TraceState.OK,
            trace_metadata={"mlflow.user": "dave", **metadata},
            tags={"mlflow.traceName": "answer"},
        )
        trace_ids.append(client._tracing_client.start_trace(info).trace_id)
    code = AssessmentSource("CODE", "exactness")
    person = AssessmentSource("HUMAN", "erin")
    mlflow.log_feedback(trace_id=trace_ids[0], name="exact", value=True, source=code)
    mlflow.log_expectation(trace_id=trace_ids[0], name="expected", value="yes", source=person)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "0" * 40)
