"""Impact: the runs, models and versions that something reaches."""

import pytest

from mlflow2prov import impact
from tests.analysis.graphs import project


@pytest.fixture(scope="module")
def fraud():
    return project()


def told(found, *, through_history):
    return [r.item.identifier for r in found.reached if r.through_history is through_history]


def test_of_a_commit_its_own_runs_come_before_those_of_later_commits(fraud):
    found = impact(fraud, "Commit:c2c2")
    assert [item.identifier for item in found.subject] == ["Commit.c2"]
    assert told(found, through_history=False) == ["Run.r1", "LoggedModel.r1", "Version.1"]
    later = ["Run.r2", "LoggedModel.r2", "Version.2", "Version.3", "Alias.live"]
    assert told(found, through_history=True) == later


def test_of_data_it_is_what_used_it(fraud):
    found = impact(fraud, "Dataset:loans@bbbb")
    assert told(found, through_history=False)[:2] == ["Run.r2", "LoggedModel.r2"]
    assert told(found, through_history=True) == []


def test_of_a_file_it_is_what_used_any_of_its_revisions(fraud):
    assert {"Run.r1", "Run.r2"} <= set(told(impact(fraud, "File:train.py"), through_history=False))
    first = impact(fraud, "FileRevision:train.py@c1")
    assert "Run.r1" in told(first, through_history=False)
    assert "Run.r2" in told(first, through_history=True)


def test_of_a_person_it_is_what_came_of_all_that_the_person_made(fraud):
    assert set(told(impact(fraud, "User:bob"), through_history=False)) == {
        "Run.r1", "LoggedModel.r1", "Version.1", "Version.2", "Version.3", "Alias.live",
    }  # fmt: skip


def test_nobody_and_nothing_is_reached_from_the_end(fraud):
    assert impact(fraud, "Version.3").reached == ()
    assert impact(fraud, "Version.3").to_dict()["reached"] == []
