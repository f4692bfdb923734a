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


def test_the_commit_and_the_state_of_the_tree_are_those_of_the_calls():
    explanation = explain(example(), f"runs:/{RUN['run_id']}")
    assert labels(explanation, "commit") == [SHA]
    assert labels(explanation, "authors") == ["Ada"]
    assert labels(explanation, "dirty") == ["yes"]


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
