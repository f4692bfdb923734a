"""Draw the pictures of ``docs/prov-model.md``: each model of a fact or two, by the templates themselves;
and README's, what is behind a model of the frozen example.

    python scripts/pictures.py

needs Graphviz's dot.
"""

from pathlib import Path

from mlflow2prov import lineage, load
from mlflow2prov.facts import TABLES, Facts
from mlflow2prov.formats import get
from mlflow2prov.mapping import TEMPLATES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs" / "pictures"

T = "2024-01-01T10:00:00+00:00"
ONE, TWO = "1" * 40, "2" * 40

ANN = {"author_name": "Ann", "author_email": "ann@example.org"}


def commit(sha, ordinal, title):
    who = {"committer_name": "Bob", "committer_email": "bob@example.org", **ANN}
    times = {"authored_at": T, "committed_at": T, "authored_epoch": 1, "committed_epoch": 1}
    return {"ordinal": ordinal, "sha": sha, "title": title, "is_selected": True, **who, **times}


def revision(sha, ordinal, status, path, **more):
    common = {"position": 0, "is_repeat": False, "is_boundary": False, "is_selected": True}
    file = {"file_sha": ONE, "file_path": "train.py"}
    return {
        "ordinal": ordinal,
        "sha": sha,
        "status": status,
        "path": path,
        **common,
        "committed_at": T,
        **ANN,
        **file,
        **more,
    }


FIRST, SECOND = commit(ONE, 0, "first commit"), commit(TWO, 1, "second commit")
ADDED = revision(ONE, 0, "A", "train.py")
BEFORE = {"previous_sha": ONE, "previous_path": "train.py"}
EXPERIMENT = {"experiment_id": "1", "name": "wine", "created_at": T, "lifecycle_stage": "active"}
RUN = {
    "run_id": "r1",
    "experiment_id": "1",
    "name": "run",
    "user": "ann",
    "started_at": T,
    "ended_at": T,
}
MODEL = {"name": "classifier", "is_prompt": False, "created_at": T}
VERSION = {
    "name": "classifier",
    "version": "1",
    "is_prompt": False,
    "is_deleted": False,
    "created_at": T,
}
LOGGED = {"model_id": "m-1", "name": "forest", "source_run_id": "r1", "created_at": T}

MODELS = {
    "commit": {
        "commits": [FIRST, SECOND],
        "parents": [{"ordinal": 1, "sha": TWO, "parent": ONE, "position": 0}],
        "coauthors": [{"ordinal": 1, "sha": TWO, "name": "Cy", "email": "cy@example.org"}],
    },
    "file-addition": {"commits": [FIRST], "revisions": [ADDED]},
    "file-modification": {
        "commits": [SECOND],
        "revisions": [ADDED, revision(TWO, 1, "M", "train.py", **BEFORE)],
    },
    "file-deletion": {
        "commits": [SECOND],
        "revisions": [ADDED, revision(TWO, 1, "D", "train.py", **BEFORE)],
    },
    "experiment-addition": {
        "experiments": [EXPERIMENT],
        "experiment_tags": [{"experiment_id": "1", "key": "mlflow.user", "value": "ann"}],
    },
    "experiment-deletion": {
        "experiments": [EXPERIMENT | {"lifecycle_stage": "deleted", "last_updated_at": T}],
        "experiment_tags": [{"experiment_id": "1", "key": "team", "value": "risk"}],
    },
    "run-addition": {
        "experiments": [EXPERIMENT],
        "commits": [FIRST],
        "revisions": [ADDED],
        "runs": [RUN],
        "run_tags": [{"run_id": "r1", "key": "mlflow.source.git.commit", "value": ONE}],
        "run_sources": [{"run_id": "r1", "sha": ONE, "path": "train.py"}],
        "params": [{"run_id": "r1", "key": "depth", "value": "3"}],
        "metrics": [{"run_id": "r1", "key": "r2", "value": 0.9, "step": 0, "timestamp": T}],
        "artifacts": [{"run_id": "r1", "path": "plot.png", "is_dir": False}],
        "dataset_inputs": [{"run_id": "r1", "name": "wine.csv", "digest": "1"}],
    },
    "nested-runs": {
        "runs": [RUN, RUN | {"run_id": "r2", "name": "nested run"}],
        "run_tags": [{"run_id": "r2", "key": "mlflow.parentRunId", "value": "r1"}],
    },
    "run-deletion": {
        "runs": [RUN | {"lifecycle_stage": "deleted", "deleted_at": T}],
        "params": [{"run_id": "r1", "key": "depth", "value": "3"}],
    },
    "logged-model": {
        "runs": [RUN, RUN | {"run_id": "r2", "name": "another run"}],
        "logged_models": [LOGGED],
        "logged_model_params": [{"model_id": "m-1", "key": "alpha", "value": "1"}],
        "run_models": [{"run_id": "r2", "model_id": "m-1", "direction": "input"}],
    },
    "software-environment": {
        "runs": [RUN],
        "logged_models": [LOGGED],
        "environments": [
            {"owner_id": "m-1", "path": "", "name": "requirements.txt", "digest": "e" * 64}
        ],
        "environment_packages": [
            {"digest": "e" * 64, "name": "scikit-learn", "version": "1.5.2"},
        ],
    },
    "trace": {
        "runs": [RUN],
        "traces": [
            {"trace_id": "tr-1", "run_id": "r1", "name": "answer", "requested_at": T, "user": "ann"}
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
        "registered_models": [MODEL],
        "registered_model_tags": [{"name": "classifier", "key": "mlflow.user", "value": "ann"}],
    },
    "registered-model-version-addition": {
        "registered_models": [MODEL],
        "registered_model_aliases": [{"name": "classifier", "alias": "production", "version": "1"}],
        "registered_model_versions": [
            VERSION | {"source_model_id": "m-1", "source_run_id": "r1", "user": "ann"}
        ],
        "logged_models": [LOGGED],
    },
    "registered-model-version-deletion": {
        "registered_model_versions": [VERSION | {"is_deleted": True, "deleted_at": T}],
        "registered_model_version_tags": [
            {"name": "classifier", "version": "1", "key": "approved", "value": "yes"}
        ],
    },
}


def document_of(tables: dict[str, list[dict[str, object]]]) -> Document:
    """Return what the templates make of a few facts."""
    facts = Facts()
    with facts:
        facts.add("stores", "store", None, None, None)
        for table, rows in tables.items():
            for row in rows:
                facts.add(table, *(row.get(column) for column in TABLES[table].columns))
    document = Document()
    expand(TEMPLATES, facts, document)
    unify(document)
    return document


def main() -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, tables in MODELS.items():
        with (PICTURES / f"{name}.svg").open("wb") as file:
            get("svg").write(document_of(tables), file)
    golden = load(TOP / "tests" / "golden" / "result.json")
    part = lineage(golden, "wine@champion", without=["*Tag", "Artifact"])
    with (PICTURES / "champion.svg").open("wb") as file:
        get("svg").write(part, file)


if __name__ == "__main__":
    main()
