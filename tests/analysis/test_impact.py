"""Impact: the runs, models and versions that an element influenced."""

import pytest

from mlflow2prov import impact
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.impact import to_table
from tests.analysis.graphs import document, project, relation, thing


@pytest.fixture(scope="module")
def fraud():
    return project()


def identifiers(result, *, through_history):
    return [
        entry.item.identifier
        for entry in result.reached
        if entry.through_history is through_history
    ]


def test_a_commit_influenced_its_own_runs_and_through_history_those_of_later_commits(fraud):
    result = impact(fraud, "Commit:c2c2")
    assert [item.identifier for item in result.subject] == ["Commit.c2"]
    assert identifiers(result, through_history=False) == ["Run.r1", "LoggedModel.r1", "Version.1"]
    assert identifiers(result, through_history=True) == [
        "Run.r2",
        "LoggedModel.r2",
        "Version.2",
        "Version.3",
        "Alias.live",
    ]


def test_a_data_set_influenced_the_runs_that_used_it(fraud):
    result = impact(fraud, "Dataset:loans@bbbb")
    assert identifiers(result, through_history=False)[:2] == ["Run.r2", "LoggedModel.r2"]
    assert identifiers(result, through_history=True) == []


def test_a_file_influenced_the_runs_that_used_any_of_its_revisions(fraud):
    file = impact(fraud, "File:train.py")
    assert {"Run.r1", "Run.r2"} <= set(identifiers(file, through_history=False))
    first_revision = impact(fraud, "FileRevision:train.py@c1")
    assert "Run.r1" in identifiers(first_revision, through_history=False)
    assert "Run.r2" in identifiers(first_revision, through_history=True)


def test_a_person_influenced_the_effects_of_everything_that_the_person_did(fraud):
    assert set(identifiers(impact(fraud, "User:bob"), through_history=False)) == {
        "Run.r1", "LoggedModel.r1", "Version.1", "Version.2", "Version.3", "Alias.live",
    }  # fmt: skip


def test_a_version_without_effects_has_an_empty_impact(fraud):
    assert impact(fraud, "Version.3").reached == ()
    assert impact(fraud, "Version.3").to_dict()["reached"] == []


def test_an_element_that_only_relations_mention_has_an_impact():
    mention = document(relation("used", "C", "data", None), relation("wasGeneratedBy", "R", "C", None),
                       thing("entity", "R", "Run"))  # fmt: skip
    result = impact(mention, "data")
    assert [(item.label, item.identifier) for item in result.subject] == [("data", "data")]
    assert identifiers(result, through_history=False) == ["R"]


@pytest.mark.parametrize("selector", [None, 7, b"x", ["Run:fit"]])
def test_a_selector_must_be_text(fraud, selector):
    with pytest.raises(ConfigurationError, match="selector: "):
        impact(fraud, selector)


def test_an_effect_of_inferred_relations_only_is_marked(fraud):
    inferred = document(
        *fraud.statements(),
        thing("entity", "File.other", "File", path="other.py"),
        thing("entity", "Revision.other", "FileRevision", path="other.py"),
        relation("specializationOf", "Revision.other", "File.other"),
        relation("used", "Creation.Run.r1", "Revision.other", None, role="Source", inferred="so"),
    )
    result = impact(inferred, "File:other.py")
    assert {entry.item.identifier for entry in result.reached} == {
        "Run.r1",
        "LoggedModel.r1",
        "Version.1",
    }
    assert all(entry.is_inferred for entry in result.reached)
    assert all(entry["inferred"] for entry in result.to_dict()["reached"])
    assert {row[3] for row in to_table(result).rows} == {"itself, inferred"}
    known = impact(inferred, "Commit:c2c2").reached
    assert known and not any(entry.is_inferred for entry in known)
