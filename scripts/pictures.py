"""Draw the pictures of ``docs/prov-model.md`` and of the README.

    python scripts/pictures.py

The mapping itself turns one or two facts into each picture of ``docs/prov-model.md``. The picture of the README is
the lineage of a model of the frozen demo project. Requires Graphviz's ``dot``.
"""

from pathlib import Path

from mlflow2prov import lineage, load
from mlflow2prov.facts import Facts
from mlflow2prov.formats import get
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify
from mlflow2prov.vocabulary import identifier_digest

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"

TIME = "2024-01-01T10:00:00+00:00"
LATER = dict.fromkeys(("started_at", "ended_at"), "2024-01-01T10:00:01+00:00")
FIRST_SHA, SECOND_SHA = "1" * 40, "2" * 40

AUTHOR = {"author_name": "Ann", "author_email": "ann@example.org"}


def commit(sha, ordinal, title):
    """Return a row of the table of commits."""
    people = {"committer_name": "Bob", "committer_email": "bob@example.org", **AUTHOR}
    times = {"authored_at": TIME, "committed_at": TIME, "authored_epoch": 1, "committed_epoch": 1}
    return {"ordinal": ordinal, "sha": sha, "title": title, "is_selected": True, **people, **times}


def revision(sha, ordinal, status, path, **columns):
    """Return a row of the table of revisions."""
    common = {"position": 0, "is_repeat": False, "is_boundary": False, "is_selected": True}
    file = {"file_sha": FIRST_SHA, "file_path": "train.py"}
    return {
        "ordinal": ordinal,
        "sha": sha,
        "status": status,
        "path": path,
        **common,
        "committed_at": TIME,
        **AUTHOR,
        **file,
        **columns,
    }


CALL = {
    "module": "wine",
    "status": "FINISHED",
    "cached": False,
    "started_at": TIME,
    "ended_at": TIME,
    "user": "ann",
}
FIRST_COMMIT = commit(FIRST_SHA, 0, "first commit")
SECOND_COMMIT = commit(SECOND_SHA, 1, "second commit")
ADDITION = revision(FIRST_SHA, 0, "A", "train.py")
PREVIOUS_REVISION = {"previous_sha": FIRST_SHA, "previous_path": "train.py"}
EXPERIMENT = {
    "experiment_id": "1",
    "name": "wine",
    "created_at": TIME,
    "lifecycle_stage": "active",
    "identity": "store",
}
RUN = {
    "run_id": "r1",
    "experiment_id": "1",
    "name": "run",
    "user": "ann",
    "started_at": TIME,
    "ended_at": TIME,
}
REGISTERED_MODEL = {
    "name": "classifier",
    "is_prompt": False,
    "created_at": TIME,
    "identity": identifier_digest("store", "classifier"),
}
MODEL_VERSION = {
    "name": "classifier",
    "version": "1",
    "is_prompt": False,
    "is_deleted": False,
    "created_at": TIME,
    "identity": REGISTERED_MODEL["identity"],
}
LOGGED_MODEL = {"model_id": "m-1", "name": "forest", "source_run_id": "r1", "created_at": TIME}

EXAMPLES = {
    "commit": {
        "commits": [FIRST_COMMIT, SECOND_COMMIT],
        "parents": [{"ordinal": 1, "sha": SECOND_SHA, "parent": FIRST_SHA, "position": 0}],
        "coauthors": [{"ordinal": 1, "sha": SECOND_SHA, "name": "Cy", "email": "cy@example.org"}],
    },
    "file-addition": {"commits": [FIRST_COMMIT], "revisions": [ADDITION]},
    "file-modification": {
        "commits": [SECOND_COMMIT],
        "revisions": [ADDITION, revision(SECOND_SHA, 1, "M", "train.py", **PREVIOUS_REVISION)],
    },
    "file-deletion": {
        "commits": [SECOND_COMMIT],
        "revisions": [ADDITION, revision(SECOND_SHA, 1, "D", "train.py", **PREVIOUS_REVISION)],
    },
    "experiment-addition": {
        "experiments": [EXPERIMENT],
        "experiment_tags": [{"experiment_id": "1", "key": "mlflow.user", "value": "ann"}],
    },
    "experiment-deletion": {
        "experiments": [EXPERIMENT | {"lifecycle_stage": "deleted", "last_updated_at": TIME}],
        "experiment_tags": [{"experiment_id": "1", "key": "team", "value": "risk"}],
    },
    "run-addition": {
        "experiments": [EXPERIMENT],
        "commits": [FIRST_COMMIT],
        "revisions": [ADDITION],
        "runs": [RUN],
        "run_tags": [{"run_id": "r1", "key": "mlflow.source.git.commit", "value": FIRST_SHA}],
        "run_sources": [{"run_id": "r1", "sha": FIRST_SHA, "path": "train.py"}],
        "params": [{"run_id": "r1", "key": "depth", "value": "3"}],
        "metrics": [{"run_id": "r1", "key": "r2", "value": 0.9, "step": 0, "timestamp": TIME}],
        "artifacts": [{"run_id": "r1", "path": "plot.png", "is_dir": False}],
        "dataset_inputs": [{"run_id": "r1", "name": "wine.csv", "digest": "1"}],
    },
    "nested-runs": {
        "runs": [RUN, RUN | {"run_id": "r2", "name": "nested run"}],
        "run_tags": [{"run_id": "r2", "key": "mlflow.parentRunId", "value": "r1"}],
    },
    "run-storage": {
        "commits": [SECOND_COMMIT],
        "runs": [RUN],
        "stored_runs": [{"run_id": "r1", "sha": SECOND_SHA}],
    },
    "run-deletion": {
        "runs": [RUN | {"lifecycle_stage": "deleted", "deleted_at": TIME}],
        "params": [{"run_id": "r1", "key": "depth", "value": "3"}],
    },
    "logged-model": {
        "runs": [RUN, RUN | {"run_id": "r2", "name": "another run"}],
        "logged_models": [LOGGED_MODEL],
        "logged_model_params": [{"model_id": "m-1", "key": "alpha", "value": "1"}],
        "run_models": [{"run_id": "r2", "model_id": "m-1", "direction": "input"}],
    },
    "software-environment": {
        "runs": [RUN],
        "logged_models": [LOGGED_MODEL],
        "environments": [
            {"owner_id": "m-1", "path": "", "name": "requirements.txt", "digest": "e" * 64}
        ],
        "environment_packages": [
            {"digest": "e" * 64, "name": "scikit-learn", "version": "1.5.2"},
        ],
    },
    "call": {
        "commits": [FIRST_COMMIT],
        "revisions": [ADDITION],
        "calls": [
            CALL | {"call_id": "c1", "function": "load", "artifact_id": "a1"},
            CALL | {"call_id": "c2", "function": "fit", "commit": FIRST_SHA},
        ],
        "call_sources": [{"call_id": "c2", "sha": FIRST_SHA, "path": "train.py"}],
        "call_arguments": [
            {"call_id": "c1", "name": "path", "value": "data.csv", "content": "sha256:11"},
            {"call_id": "c2", "name": "rate", "value": "0.1"},
        ],
        "call_argument_artifacts": [
            {"call_id": "c2", "name": "data", "artifact_id": "a1", "is_ignored": False}
        ],
        "call_results": [
            {"call_id": "c1", "artifact_id": "a1", "digest": "sha256:22"},
            {"call_id": "c2", "artifact_id": "a2", "digest": "sha256:33"},
        ],
    },
    "result-set": {
        "calls": [
            CALL | {"call_id": "c1", "function": "load"},
            CALL | {"call_id": "c2", "function": "fit"},
        ],
        "call_results": [
            {"call_id": "c1", "artifact_id": "a1", "digest": "sha256:22"},
            {"call_id": "c2", "artifact_id": "a2", "digest": "sha256:33"},
        ],
        "result_sets": [
            {"set_id": "s1", "name": "wine", "labels": '{"name": "wine"}', "created_at": TIME}
        ],
        "result_set_members": [
            {"set_id": "s1", "artifact_id": "a1"},
            {"set_id": "s1", "artifact_id": "a2"},
        ],
    },
    "call-in-run": {
        "runs": [RUN],
        "artifacts": [{"run_id": "r1", "path": "model.bin", "file_size": 5, "is_dir": False}],
        "artifact_digests": [{"owner_id": "r1", "path": "model.bin", "digest": "sha256:33"}],
        "dataset_inputs": [
            {"run_id": "r1", "name": "wine", "digest": "a1b2c3d4", "source": '{"uri": "data.csv"}'}
        ],
        "calls": [CALL | {"call_id": "c3", "function": "fit", "run_id": "r1", **LATER}],
        "call_arguments": [
            {"call_id": "c3", "name": "path", "value": "data.csv", "content": "sha256:11"},
        ],
        "call_results": [
            {"call_id": "c3", "path": "model.bin", "digest": "sha256:33", "size": 5},
        ],
    },
    "trace": {
        "runs": [RUN],
        "traces": [
            {
                "trace_id": "tr-1",
                "run_id": "r1",
                "name": "answer",
                "requested_at": TIME,
                "user": "ann",
            }
        ],
        "assessments": [
            {
                "assessment_id": "a-1",
                "trace_id": "tr-1",
                "name": "correct",
                "value": "true",
                "source_type": "human",
                "source_id": "bob",
            }
        ],
    },
    "registered-model-addition": {
        "registered_models": [REGISTERED_MODEL],
        "registered_model_tags": [{"name": "classifier", "key": "mlflow.user", "value": "ann"}],
    },
    "registered-model-version-addition": {
        "registered_models": [REGISTERED_MODEL],
        "registered_model_aliases": [{"name": "classifier", "alias": "production", "version": "1"}],
        "registered_model_versions": [
            MODEL_VERSION | {"source_model_id": "m-1", "source_run_id": "r1", "user": "ann"}
        ],
        "logged_models": [LOGGED_MODEL],
    },
    "observed-change": {
        "registered_models": [REGISTERED_MODEL],
        "registered_model_aliases": [{"name": "classifier", "alias": "production", "version": "2"}],
        "registered_model_versions": [MODEL_VERSION | {"version": "2"}],
        "observed_changes": [
            {
                "change_id": "c1",
                "subject": "alias",
                "uri": "models:/classifier@production",
                "name": "classifier",
                "is_prompt": False,
                "identity": REGISTERED_MODEL["identity"],
                "alias": "production",
                "property": "version",
                "old_value": "1",
                "new_value": "2",
                "old_state": "s1",
                "new_state": "s2",
                "not_before": TIME,
                "not_after": "2024-01-02T10:00:00+00:00",
            }
        ],
    },
    "registered-model-version-deletion": {
        "registered_model_versions": [MODEL_VERSION | {"is_deleted": True, "deleted_at": TIME}],
        "registered_model_version_tags": [
            {"name": "classifier", "version": "1", "key": "approved", "value": "yes"}
        ],
    },
}
"""The facts behind each picture: its name, and the rows of the fact tables by table."""


def document_of(tables: dict[str, list[dict[str, object]]]) -> Document:
    """Return the document that the mapping creates from a few facts."""
    facts = Facts()
    with facts:
        for table, rows in tables.items():
            for row in rows:
                facts.add(table, **row)
    document = Document()
    expand(RULES, facts, document)
    unify(document)
    return document


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, tables in EXAMPLES.items():
        with (PICTURES / f"{name}.svg").open("wb") as file:
            get("svg").write(document_of(tables), file)
    golden = load(TOP / "tests" / "golden" / "result.json")
    without = ["*Tag", "Artifact", "Argument", "Function", "SoftwareEnvironment"]
    origins = lineage(golden, "wine@champion", without=without)
    with (PICTURES / "champion.svg").open("wb") as file:
        get("svg").write(origins, file)


if __name__ == "__main__":
    main()
