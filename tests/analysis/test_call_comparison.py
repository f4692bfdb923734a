"""Comparison of two runs through their captured calls: arguments, functions, files, results, packages."""

import pytest

from mlflow2prov import statistics
from mlflow2prov.analysis.comparison import Point, compare
from tests.analysis.test_captured_calls import CALL, RUN, T, document

OTHER = RUN | {"run_id": "s" * 32, "lifecycle_stage": "active"}
SIDES = {"a": RUN["run_id"], "b": OTHER["run_id"]}


def call(side, **values):
    times = {"started_at": T.format(3), "ended_at": T.format(4)}
    row = {"call_id": side, "function": "fit", "run_id": SIDES[side], "source_digest": "sha256:1"}
    return CALL | times | row | values


def comparison(before=None, after=None, **tables):
    """Return the comparison of two runs with one call each; both sides' rows have the identifier of their call."""
    rows = {
        table: [{"call_id": side, **row} for side in SIDES for row in sides.get(side, ())]
        for table, sides in tables.items()
    }
    made = document(
        runs=[OTHER], calls=[call("a", **(before or {})), call("b", **(after or {}))], **rows
    )
    return compare(made, f"Run.{SIDES['a']}", f"Run.{SIDES['b']}")


def sections(result):
    return {section.name for section in result.sections} - {"run"}


def test_equal_calls_have_no_section():
    argument = {"name": "rate", "value": "0.1", "digest": "sha256:5"}
    result = {"digest": "sha256:7"}
    both = {"a": [argument], "b": [argument]}
    assert (
        sections(comparison(call_arguments=both, call_results={"a": [result], "b": [result]}))
        == set()
    )


@pytest.mark.parametrize(
    ("before", "after", "point"),
    [
        ({"value": "1"}, {"value": "2"}, Point("changed", "fit(x)", "1", "2")),
        (
            {"value": "[1, ...]", "digest": "sha256:5"},
            {"value": "[1, ...]", "digest": "sha256:6"},
            Point("changed", "fit(x)", "[1, ...] sha256:5", "[1, ...] sha256:6"),
        ),
        ({"value": "1"}, None, Point("removed", "fit(x)", "1", None)),
        (None, {"value": "1"}, Point("added", "fit(x)", None, "1")),
    ],
)
def test_arguments_are_compared_by_value_and_digest(before, after, point):
    rows = {
        side: [{"name": "x", **row}]
        for side, row in (("a", before), ("b", after))
        if row is not None
    }
    result = comparison(call_arguments=rows)
    assert sections(result) == {"arguments"}
    assert result.section("arguments") == (point,)


def test_the_source_and_the_version_of_functions_are_compared():
    result = comparison({"source_digest": "sha256:2"})
    assert result.section("functions") == (Point("changed", "train.fit", "sha256:2", "sha256:1"),)
    result = comparison({"version": "2"})
    assert result.section("functions") == (
        Point("changed", "train.fit", "sha256:1, version 2", "sha256:1"),
    )
    assert sections(result) == {"functions"}


def test_functions_that_only_one_side_called_are_removed_and_added():
    result = comparison({"function": "old"})
    assert result.section("calls") == (
        Point("removed", "train.old", "FINISHED", None),
        Point("added", "train.fit", None, "FINISHED"),
    )
    assert {point.name for point in result.section("functions")} == {"train.old", "train.fit"}


def test_a_call_that_failed_differs_from_one_that_finished():
    result = comparison({"status": "FAILED"})
    assert result.section("calls") == (Point("changed", "train.fit", "FAILED", "FINISHED"),)


def file(digest):
    return [{"name": "path", "value": "data.csv", "content": digest}]


def test_files_are_compared_by_path_and_content():
    result = comparison(call_arguments={"a": file("sha256:8"), "b": file("sha256:9")})
    assert result.section("datasets") == (Point("changed", "data.csv", "sha256:8", "sha256:9"),)
    assert sections(result) == {"datasets"}


def test_files_beside_a_dataset_are_input_files():
    dataset = {"name": "wine", "digest": "aaaa"}
    made = document(
        runs=[OTHER],
        calls=[call("a"), call("b")],
        call_arguments=[
            {"call_id": "a", **file("sha256:8")[0]},
            {"call_id": "b", **file("sha256:9")[0]},
        ],
        dataset_inputs=[dataset | {"run_id": run} for run in SIDES.values()],
    )
    result = compare(made, f"Run.{SIDES['a']}", f"Run.{SIDES['b']}")
    assert result.section("inputs") == (Point("changed", "data.csv", "sha256:8", "sha256:9"),)
    assert result.section("datasets") == ()


def test_results_are_compared_by_function_and_part():
    before = [{"key": "train", "digest": "sha256:1"}, {"key": "test", "digest": "sha256:2"}]
    after = [{"key": "train", "digest": "sha256:3"}, {"path": "m.bin", "digest": "sha256:4"}]
    result = comparison(call_results={"a": before, "b": after})
    assert result.section("results") == (
        Point("removed", "train.fit[test]", "sha256:2", None),
        Point("changed", "train.fit[train]", "sha256:1", "sha256:3"),
        Point("added", "train.fit[m.bin]", None, "sha256:4"),
    )


def test_a_result_that_was_looked_up_is_compared_like_one_that_was_computed():
    made = {"artifact_id": "x"}
    looked_up = made | {"cached": True, "source_digest": None}
    result = comparison(made, looked_up, call_results={"a": [made | {"digest": "sha256:7"}]})
    assert sections(result) == set()


def test_packages_are_compared():
    result = comparison(
        {"environment_digest": "e"},
        {"environment_digest": "f"},
    )
    assert result.section("environment") == (Point("changed", "installed packages", "e", "f"),)
    made = document(
        runs=[OTHER],
        calls=[call("a", environment_digest="e"), call("b", environment_digest="f")],
        environment_packages=[
            {"digest": "e", "name": "numpy", "version": "1"},
            {"digest": "f", "name": "numpy", "version": "2"},
        ],
    )
    result = compare(made, f"Run.{SIDES['a']}", f"Run.{SIDES['b']}")
    assert result.section("packages") == (Point("changed", "numpy", "1", "2"),)


def test_statistics_count_calls_by_agent_month_type_and_model():
    made = document(
        calls=[
            call("a"),
            call("a", call_id="other", user="bob"),
            call("a", call_id="apart", run_id=None),
        ],
        logged_models=[{"model_id": "m-1", "source_run_id": RUN["run_id"]}],
        registered_models=[{"name": "wine", "is_prompt": False, "identity": "i"}],
        registered_model_versions=[
            {
                "name": "wine",
                "version": "1",
                "is_prompt": False,
                "is_deleted": False,
                "identity": "i",
                "source_model_id": "m-1",
            }
        ],
    )

    def rows(by):
        table = statistics(made, by=by)
        return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}

    assert {name: row["calls"] for name, row in rows("agent").items() if row["calls"]} == {
        "ada": 2,
        "bob": 1,
    }
    assert rows("month")["2024-01"]["calls"] == 3
    assert rows("type")["Call"]["made"] == 3
    assert rows("model")["wine"]["calls"] == 2
    assert ("activity", "Call", 3) in statistics(made, "fine").rows
