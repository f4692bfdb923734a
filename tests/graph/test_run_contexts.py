"""Run contexts: which inputs of a call around a run are those of the run, and which calls the run inherits."""

import pytest

from mlflow2prov import explain, lineage
from tests.analysis.test_captured_calls import CALL, T, document


def run(name, start, end=None, parent=None, user="ada", script="train.py"):
    """Return a run with its tags."""
    row = {"run_id": name, "experiment_id": "1", "name": name, "lifecycle_stage": "active"}
    times = {"started_at": T.format(start), "ended_at": None if end is None else T.format(end)}
    tags = {"mlflow.parentRunId": parent, "mlflow.source.name": script}
    return row | times | {"user": user}, tags


def call(name, start, end, run=None, parent=None, **values):
    times = {"started_at": T.format(start), "ended_at": T.format(end)}
    ids = {"call_id": name, "function": name, "run_id": run, "parent_id": parent}
    return CALL | ids | times | values


def graph(runs, calls):
    """Return the document of runs and calls; each call reads a file of its name, and each run logs a model."""
    return document(
        runs=[row for row, _ in runs],
        run_tags=[
            {"run_id": row["run_id"], "key": key, "value": value}
            for row, tags in runs
            for key, value in tags.items()
            if value is not None
        ],
        logged_models=[
            {"model_id": f"m-{row['run_id']}", "source_run_id": row["run_id"]} for row, _ in runs
        ],
        calls=calls,
        call_arguments=[
            {
                "call_id": one["call_id"],
                "name": "path",
                "value": f"{one['call_id']}.csv",
                "content": f"sha256:{one['call_id']}",
            }
            for one in calls
        ],
    )


def files(document_, run_name):
    """Return the calls whose files are inputs of a run, which lineage, its reverse and explanation agree on."""
    model = f"LoggedModel:m-{run_name}"
    contents = {
        str(a.value).removeprefix("sha256:")
        for s in lineage(document_, model).statements()
        if str(s.id).startswith("Content.")
        for a in s.attributes
        if a.key == "digest"
    }
    answer = explain(document_, model).answer("inputs")
    assert {item.label.removeprefix("sha256:") for item in answer.items} == contents
    for name in contents:
        downstream = lineage(document_, f"Content:{name}.csv", "downstream").statements()
        assert f"LoggedModel.m-{run_name}" in {s.id for s in downstream}
    return contents


def calls(document_, run_name):
    """Return the calls of an explanation."""
    answer = explain(document_, f"LoggedModel:m-{run_name}").answer("calls")
    return {item.label.partition(".")[2] for item in answer.items}


def test_a_run_inherits_the_inputs_of_the_only_call_that_began_it():
    made = graph([run("x", 3, 6)], [call("around", 2, 8, "x"), call("within", 4, 5, "x", "around")])
    assert files(made, "x") == {"around", "within"}
    assert calls(made, "x") == {"around", "within"}


def test_calls_of_the_function_count_until_the_run_ends():
    made = graph(
        [run("x", 4, 6)],
        [
            call("around", 1, 9, "x"),
            call("before", 2, 3, parent="around"),
            call("after", 7, 8, parent="around"),
        ],
    )
    assert files(made, "x") == {"around", "before"}
    assert calls(made, "x") == {"around", "before"}


def test_a_call_that_failed_is_named_and_no_cause():
    failed = call("failed", 2, 3, parent="around", status="FAILED")
    made = graph([run("x", 4, 6)], [call("around", 1, 9, "x"), failed])
    assert calls(made, "x") == {"around", "failed"}
    assert "Call.failed" not in {s.id for s in lineage(made, "LoggedModel:m-x").statements()}


def test_of_several_runs_each_has_the_inputs_of_the_calls_within_it():
    made = graph(
        [run("x", 2, 4), run("y", 6, 8)],
        [
            call("around", 1, 9, "y"),
            call("first", 3, 3, "x", "around"),
            call("between", 5, 5, parent="around"),
            call("second", 7, 7, "y", "around"),
        ],
    )
    assert files(made, "x") == {"first"}
    assert files(made, "y") == {"second"}
    assert calls(made, "y") == {"around", "second"}


def test_calls_deeper_within_the_function_account_for_runs_too():
    made = graph(
        [run("x", 3, 4), run("y", 6, 8)],
        [
            call("around", 1, 9, "y"),
            call("middle", 2, 5, "x", "around"),
            call("inner", 3, 4, "x", "middle"),
        ],
    )
    assert files(made, "x") == {"middle", "inner"}
    assert files(made, "y") == set()


def test_a_run_of_the_same_script_and_user_during_the_call_may_be_within_it():
    around = call("around", 1, 8, "y")
    assert files(graph([run("x", 2, 3), run("y", 4, 5)], [around]), "y") == set()
    for other in (
        run("x", 2, 3, user="grace"),
        run("x", 2, 3, script="other.py"),
        run("x", 0, 3),
        run("x", 9, 9),
    ):
        assert files(graph([other, run("y", 4, 5)], [around]), "y") == {"around"}


def test_a_run_that_another_call_began_is_not_within_this_one():
    runs = [run("x", 2, 3), run("y", 4, 5)]
    made = graph(runs, [call("around", 1, 8, "y"), call("parallel", 1, 8, "x")])
    assert files(made, "y") == {"around"}
    assert files(made, "x") == {"parallel"}
    made = graph(runs, [call("around", 1, 8, "y"), call("parallel", 2, 3, "x")])
    assert files(made, "y") == {"around"}


def test_nested_runs_inherit_what_is_around_them_and_nothing_from_each_other():
    made = graph(
        [run("x", 2, 8), run("y", 4, 5, "x"), run("z", 6, 7, "x")],
        [
            call("around", 1, 9, "z"),
            call("common", 3, 3, "x", "around"),
            call("first", 4, 4, "y", "around"),
            call("second", 6, 6, "z", "around"),
        ],
    )
    assert files(made, "y") == {"around", "common", "first"}
    assert files(made, "z") == {"around", "common", "second"}
    assert files(made, "x") == {"around", "common"}


def test_a_call_in_the_outer_run_is_not_inherited_with_the_calls_of_another_nested_run():
    made = graph(
        [run("x", 0, 9), run("y", 2, 4, "x"), run("z", 6, 8, "x")],
        [
            call("search", 1, 8, "x"),
            call("first", 3, 3, "y", "search"),
            call("second", 7, 7, "z", "search"),
        ],
    )
    assert files(made, "y") == {"first"}
    assert files(made, "z") == {"second"}


def test_the_code_of_a_shared_call_is_inherited():
    sha = "a" * 40
    made = graph([run("x", 2, 3), run("y", 4, 5)], [call("around", 1, 8, "y", commit=sha)])
    names = {s.id for s in lineage(made, "LoggedModel:m-y").statements()}
    assert {"Call.around", f"Commit.{sha}"} <= names
    assert not any(str(name).startswith(("Argument.", "Content.")) for name in names)


def test_the_runs_that_a_call_began_are_its_effects():
    for runs in ([run("y", 4, 5)], [run("x", 2, 3), run("y", 4, 5)]):
        made = graph(runs, [call("around", 1, 8, "y")])
        names = {s.id for s in lineage(made, "Call:around", "downstream").statements()}
        assert "LoggedModel.m-y" in names and "LoggedModel.m-x" not in names


def test_types_that_are_left_out_are_not_passed():
    made = graph([run("x", 2, 3)], [call("around", 1, 8, "x")])
    names = {s.id for s in lineage(made, "LoggedModel:m-x", without=["Call"]).statements()}
    assert not any(str(name).startswith(("Call.", "Content.")) for name in names)


@pytest.mark.parametrize(("depth", "expected"), [(1, False), (2, True), (3, True)])
def test_a_starter_is_one_step_away(depth, expected):
    made = graph([run("x", 2, 3)], [call("around", 1, 8, "x")])
    names = {s.id for s in lineage(made, "LoggedModel:m-x", depth=depth).statements()}
    assert ("Call.around" in names) == expected
    assert any(str(name).startswith("Content.") for name in names) == (depth == 3)


def test_only_chosen_relations_are_followed():
    made = graph(
        [run("x", 2, 3)], [call("around", 1, 8, "x"), call("before", 1, 1, parent="around")]
    )
    relations = ["wasGeneratedBy", "wasStartedBy"]
    names = {s.id for s in lineage(made, "LoggedModel:m-x", relations=relations).statements()}
    assert "Call.around" in names
    assert "Call.before" not in names
