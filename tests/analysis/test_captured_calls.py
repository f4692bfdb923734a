"""Explanations of runs in and around captured calls: what MLflow does not record, the calls answer."""

from mlflow2prov import explain, report, validate
from mlflow2prov.facts import Facts
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify

T = "2024-01-01T10:00:0{}+00:00"
SHA = "a" * 40
RUN = {
    "run_id": "r" * 32,
    "experiment_id": "1",
    "name": "wine",
    "status": "FINISHED",
    "started_at": T.format(2),
}
CALL = {"module": "train", "status": "FINISHED", "cached": False, "user": "ada"}


def document(**tables):
    """Return the unified document of rows of fact tables."""
    with Facts() as facts:
        facts.add(
            "experiments", experiment_id="1", name="wine", identity="x", lifecycle_stage="active"
        )
        facts.add("runs", **RUN, lifecycle_stage="active")
        facts.add(
            "commits",
            ordinal=0,
            sha=SHA,
            author_name="Ada",
            author_email="ada@example.org",
            authored_at=T.format(0),
            authored_epoch=1,
            committer_name="Ada",
            committer_email="ada@example.org",
            committed_at=T.format(0),
            committed_epoch=1,
            title="first",
            message="first",
            is_selected=True,
        )
        for table, rows in tables.items():
            for row in rows:
                facts.add(table, **row)
    made = Document()
    expand(RULES, facts, made)
    unify(made)
    assert validate(made).is_valid
    return made


def labels(explanation, question):
    return [item.label for item in explanation.answer(question).items]


AROUND = CALL | {
    "call_id": "outer",
    "function": "train",
    "started_at": T.format(1),
    "ended_at": T.format(9),
    "run_id": RUN["run_id"],
    "commit": SHA,
    "dirty": True,
    "seed": 7,
}
WITHIN = CALL | {
    "call_id": "inner",
    "parent_id": "outer",
    "function": "fit",
    "started_at": T.format(3),
    "ended_at": T.format(4),
    "run_id": RUN["run_id"],
    "status": "FAILED",
    "exception": "ValueError: no",
}
APART = CALL | {"call_id": "other", "function": "other", "started_at": T.format(1)}


def example():
    return document(
        calls=[AROUND, WITHIN, APART],
        call_arguments=[
            {"call_id": "outer", "name": "data", "value": "data.csv", "content": "sha256:1"},
            {"call_id": "inner", "name": "rate", "value": "0.1"},
            {"call_id": "other", "name": "x", "value": "1"},
        ],
    )


def test_the_calls_around_and_within_a_run_are_listed_in_order_of_time():
    explanation = explain(example(), f"runs:/{RUN['run_id']}")
    assert labels(explanation, "calls") == ["train.train", "train.fit"]
    outer, inner = explanation.answer("calls").items
    assert outer.about["seed"] == "7"
    assert (inner.about["status"], inner.about["exception"]) == ("FAILED", "ValueError: no")


def test_their_arguments_and_input_files_are_listed():
    explanation = explain(example(), f"runs:/{RUN['run_id']}")
    arguments = {item.label: item.about["value"] for item in explanation.answer("arguments").items}
    assert arguments == {"train(data)": "data.csv", "fit(rate)": "0.1"}
    assert labels(explanation, "inputs") == ["sha256:1"]


def test_files_behind_the_results_that_calls_used_are_listed():
    archive = CALL | {"call_id": "archive", "function": "archive", "artifact_id": "a"}
    load = CALL | {"call_id": "load", "function": "load", "artifact_id": "l"}
    times = {"started_at": T.format(0), "ended_at": T.format(1)}
    again = load | {"call_id": "again", "cached": True, "started_at": T.format(1)}
    made = document(
        calls=[archive | times, load | times, again, AROUND, APART],
        call_arguments=[
            {"call_id": "load", "name": "schema", "value": "s.json", "content": "sha256:3"},
            {"call_id": "other", "name": "x", "value": "x.csv", "content": "sha256:4"},
        ],
        call_argument_artifacts=[
            {"call_id": "load", "name": "file", "artifact_id": "a", "is_ignored": False},
            {"call_id": "outer", "name": "data", "artifact_id": "l", "is_ignored": False},
        ],
        call_results=[
            {
                "call_id": "archive",
                "artifact_id": "a",
                "digest": "sha256:2",
                "path": "wine.csv",
                "serializer": "file",
                "size": 7,
            },
            {"call_id": "load", "artifact_id": "l", "digest": "sha256:5", "serializer": "json"},
            # A file that the call made is no input.
            {
                "call_id": "outer",
                "artifact_id": "o",
                "digest": "sha256:6",
                "path": "model.bin",
                "serializer": "file",
            },
        ],
    )
    explanation = explain(made, f"runs:/{RUN['run_id']}")
    inputs = {
        item.label: (item.about.get("path"), item.about.get("file_size"))
        for item in explanation.answer("inputs").items
    }
    assert inputs == {"sha256:2": ("wine.csv", "7"), "sha256:3": ("s.json", None)}


def test_the_commit_and_the_state_of_the_tree_are_those_of_the_calls():
    explanation = explain(example(), f"runs:/{RUN['run_id']}")
    assert labels(explanation, "commit") == [SHA]
    assert labels(explanation, "authors") == ["Ada"]
    assert labels(explanation, "dirty") == ["yes"]


def test_a_call_around_the_parent_of_a_run_is_around_it_too():
    trial = RUN | {"run_id": "t" * 32, "name": "trial", "started_at": T.format(5)}
    other = trial | {"run_id": "u" * 32}
    parent = {"key": "mlflow.parentRunId", "value": RUN["run_id"]}
    within = {"call_id": "within", "function": "predict", "started_at": T.format(6)}
    made = document(
        runs=[trial, other],
        run_tags=[trial_tag | parent for trial_tag in ({"run_id": "t" * 32}, {"run_id": "u" * 32})],
        calls=[
            AROUND,
            CALL | within | {"parent_id": "outer", "run_id": other["run_id"]},
        ],
    )
    explanation = explain(made, f"runs:/{trial['run_id']}")
    assert labels(explanation, "calls") == ["train.train"]
    assert labels(explanation, "dirty") == ["yes"]
    assert labels(explain(made, f"runs:/{other['run_id']}"), "calls") == [
        "train.train",
        "train.predict",
    ]


def test_questions_about_calls_are_not_asked_without_any():
    explanation = explain(document(), f"runs:/{RUN['run_id']}")
    shown = {answer.question.name for answer in explanation.answers if answer.items}
    assert not shown & {"calls", "arguments", "inputs"}


def test_a_call_that_starts_right_before_its_run_is_around_it():
    started = RUN["started_at"].replace(":02+", ":02.000900+")
    made = document(calls=[AROUND | {"started_at": started}])
    explanation = explain(made, f"runs:/{RUN['run_id']}")
    assert labels(explanation, "calls") == ["train.train"]


def test_the_report_of_a_graph_with_calls_is_rendered():
    assert "<h1>" in report(example())


def test_a_call_starts_the_run_that_it_is_around_and_a_run_the_call_that_is_within():
    run = f"Creation.Run.{RUN['run_id']}"
    starts = {
        (statement.arguments[0], statement.arguments[2])
        for statement in example().statements()
        if statement.kind == "wasStartedBy"
    }
    assert starts == {(run, "Call.outer"), ("Call.inner", run), ("Call.inner", "Call.outer")}
