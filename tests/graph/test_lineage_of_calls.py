"""Lineage through captured calls: a call leads to its arguments and to the calls that returned to it, not beside it."""

import pytest

from mlflow2prov import lineage, validate
from tests.analysis.test_captured_calls import CALL, RUN, T, document

RUN_ID = RUN["run_id"]
OTHER_RUN = RUN | {"run_id": "s" * 32, "started_at": T.format(6)}


def call(name, start, end, **values):
    times = {"started_at": T.format(start), "ended_at": T.format(end)}
    return CALL | {"call_id": name, "function": name, "run_id": RUN_ID, **times, **values}


def file_argument(name, digest):
    return {
        "call_id": name,
        "name": "path",
        "value": f"{digest}.csv",
        "content": f"sha256:{digest}",
    }


@pytest.fixture(scope="module")
def graph():
    """Two runs: in the first, two calls read a file each, one within another; the second looks up a result of it."""
    made = document(
        runs=[OTHER_RUN],
        calls=[
            call("train", 3, 5),
            call("read", 3, 4, parent_id="train"),
            call("encode", 4, 5, artifact_id="x"),
            call("failed", 4, 5, status="FAILED"),
            call("again", 7, 8, cached=True, artifact_id="x", run_id=OTHER_RUN["run_id"]),
        ],
        call_arguments=[
            file_argument("read", "1"),
            file_argument("encode", "2"),
            file_argument("failed", "3"),
        ],
        call_results=[{"call_id": "encode", "artifact_id": "x", "digest": "sha256:4"}],
        logged_models=[
            {"model_id": "m-1", "source_run_id": RUN_ID},
            {"model_id": "m-2", "source_run_id": OTHER_RUN["run_id"]},
        ],
    )
    assert validate(made).is_valid
    return made


def names(document_, selector, direction="upstream"):
    """Return what a lineage has of calls, models and contents."""
    part = lineage(document_, selector, direction)
    found = {
        s.id: [str(a.value) for a in s.attributes if a.key == "digest"] for s in part.statements()
    }
    return {
        values[0] if name.startswith("Content") else name.partition(".")[2]
        for name, values in found.items()
        if name and name.startswith(("Call.", "LoggedModel.", "Content."))
    }


def test_a_model_has_the_calls_that_returned_to_its_run_and_what_these_used(graph):
    assert names(graph, "LoggedModel:m-1") == {
        "m-1", "train", "read", "encode", "sha256:1", "sha256:2",
    }  # fmt: skip


def test_a_result_that_was_looked_up_leads_to_the_call_that_computed_it_and_not_to_its_run(graph):
    assert names(graph, "LoggedModel:m-2") == {"m-2", "again", "encode", "sha256:2", "sha256:4"}


def test_a_call_has_neither_the_other_calls_of_its_caller_nor_of_its_run(graph):
    assert names(graph, "Call:read") == {"read", "train", "sha256:1"}
    assert names(graph, "Call:encode") == {"encode", "sha256:2"}


def test_a_content_led_to_the_callers_of_the_calls_that_read_it(graph):
    downstream = names(graph, "Content:1.csv", "downstream")
    assert {"read", "train", "m-1"} <= downstream and "m-2" not in downstream
    assert {"encode", "again", "m-1", "m-2"} <= names(graph, "Content:2.csv", "downstream")


def test_a_call_that_failed_returned_nothing(graph):
    assert not {"m-1", "m-2"} & names(graph, "Content:3.csv", "downstream")


def test_the_calls_that_a_run_started_are_its_effects(graph):
    assert {"train", "encode", "failed"} <= names(graph, f"Creation.Run.{RUN_ID}", "downstream")
