"""Explanation: every question has an answer, or is unknown; nothing is guessed."""

import pytest

from mlflow2prov import explain, load
from mlflow2prov.analysis.explanation import explain_all, registered_versions
from mlflow2prov.analysis.questions import QUESTIONS
from mlflow2prov.errors import SelectionError
from tests.analysis.graphs import project, relation, thing
from tests.golden import HERE as GOLDEN
from tests.prov.statements import document


@pytest.fixture(scope="module")
def fraud():
    return project()


def said(explanation):
    """The answers, as labels; with values of what has a value."""
    return {
        a.question.name: [
            f"{i.label}={i.about['value']}" if "value" in i.about else i.label for i in a.items
        ]
        for a in explanation.answers
        if a.items
    }


def test_the_names_of_the_questions_are_stable():
    assert [question.name for question in QUESTIONS] == [
        "source", "registered_by", "registered_at", "run", "run_by", "experiment", "parent_run", "commit", "authors",
        "committers", "coauthors", "dirty", "script", "parameters", "metrics", "datasets", "environment",
        "upstream_models",
    ]  # fmt: skip


def test_a_version_is_explained_by_its_run_and_its_commit(fraud):
    explained = explain(fraud, "models:/fraud/1")
    assert said(explained) == {
        "source": ["LoggedModel.r1"],
        "registered_by": ["bob"],
        "registered_at": ["2024-02-01T00:00:00+00:00"],
        "run": ["Run.r1"],
        "run_by": ["Ada"],
        "experiment": ["Experiment.0"],
        "commit": ["c2" * 20],
        "authors": ["bob"],
        "dirty": ["no"],
        "script": ["train.py"],
        "parameters": ["C=r1"],
        "metrics": ["auc=0.1"],
        "datasets": ["loans"],
    }
    assert explained.answer("script").items[0].identifier == "Revision.c1"
    assert explained.answer("datasets").items[0].about["digest"] == "aaaa"
    assert explained.subject.about["registered_model_version_stage"] == "Production"


def test_what_is_unknown_is_told_from_what_there_is_none_of(fraud):
    explained = explain(fraud, "models:/fraud/1")
    assert explained.unknown == ("committers", "environment")
    states = {a.question.name: a.state for a in explained.answers}
    assert [name for name, state in states.items() if state == "none"] == [
        "parent_run",
        "coauthors",
        "upstream_models",
    ]
    assert explained.completeness == pytest.approx(16 / 18)
    assert explained.to_dict()["answers"]["environment"] is None
    assert explained.to_dict()["answers"]["coauthors"] == []


def test_an_alias_is_explained_as_its_version(fraud):
    explained = explain(fraud, "fraud@live")
    assert (
        explained.subject.identifier == "Version.2" and explained.subject.about["aliases"] == "live"
    )


@pytest.mark.parametrize(("selector", "kind"), [("Run:r10123", "run"), ("models:/m-r1", "model")])
def test_runs_and_models_are_asked_what_does_not_concern_registration(fraud, selector, kind):
    explained = explain(fraud, selector)
    assert explained.kind == kind
    asked = [a.question.name for a in explained.answers]
    assert asked == [q.name for q in QUESTIONS if kind in q.subject_kinds]
    assert "registered_by" not in asked and said(explained)["commit"] == ["c2" * 20]


def test_many_are_explained_at_once_each_by_its_own(fraud):
    assert registered_versions(fraud) == ("Version.1", "Version.2", "Version.3")
    wanted = ["Version.3", "Run.r1", "User.ada", "nowhere", "Version.1", "Version.3"]
    many = explain_all(fraud, wanted)
    assert [e.subject.identifier for e in many] == ["Version.3", "Run.r1", "Version.1"]
    assert many[2] == explain(fraud, "models:/fraud/1")
    assert explain_all(fraud, []) == []


def test_a_commit_that_the_repository_lacks_is_known_by_its_hash_only():
    lost = document(
        thing("entity", "Run.x", "Run", run_id="x"),
        thing("activity", "Creation.Run.x", "Creation", commit="abcd", dirty="True"),
        relation("wasGeneratedBy", "Run.x", "Creation.Run.x", None),
    )
    explained = explain(lost, "Run:x")
    (commit,) = explained.answer("commit").items
    assert (commit.label, commit.identifier) == ("abcd", None)
    assert said(explained)["dirty"] == ["yes"]
    assert {"authors", "coauthors"} <= set(explained.unknown)


def test_environments_that_were_read_stand_for_their_files():
    def of(*more):
        model = document(
            thing("entity", "M", "ModelArtifact", path="best", uri="runs:/x/best"),
            thing("entity", "Run.x", "Run"),
            thing("activity", "C", "Creation"),
            relation("wasGeneratedBy", "M", "C", None),
            relation("wasGeneratedBy", "Run.x", "C", None),
            *(relation("hadMember", "Run.x", name) for name in ("mine", "other")),
            thing("entity", "mine", "Artifact", path="best/conda.yaml"),
            thing("entity", "other", "Artifact", path="worse/conda.yaml"),
            *more,
        )
        return said(explain(model, "M")).get("environment")

    assert of() == ["best/conda.yaml"]
    environment = thing("entity", "E", "SoftwareEnvironment", name="conda.yaml", digest="d")
    assert of(environment, relation("wasDerivedFrom", "M", "E", None, None, None)) == ["conda.yaml"]


def test_nested_runs_models_taken_in_and_deletions_are_told():
    nested = document(
        thing("entity", "P", "Run", "prov:Collection", **{"prov:label": "search"}),
        thing("entity", "R", "Run", run_id="r"),
        thing("activity", "C", "Creation"),
        relation("hadMember", "P", "R"),
        relation("wasGeneratedBy", "R", "C", None),
        thing("entity", "M", "LoggedModel", **{"prov:label": "base"}),
        relation("used", "C", "M", None),
        relation("wasInvalidatedBy", "R", "D", "2024-05-01T00:00:00+00:00"),
    )
    explained = explain(nested, "Run:r")
    assert said(explained)["parent_run"] == ["search"]
    assert said(explained)["upstream_models"] == ["base"]
    assert explained.subject.about["deleted_at"] == "2024-05-01T00:00:00+00:00"


def test_what_a_bundle_says_counts_as_well():
    bundled = document(*(s._replace(bundle="b") for s in project().statements()))
    assert said(explain(bundled, "fraud@live")) == said(explain(project(), "fraud@live"))


def test_what_is_no_version_model_or_run_is_not_explained(fraud):
    with pytest.raises(SelectionError, match="--impact"):
        explain(fraud, "User:bob")


def test_the_example_knows_all_of_its_champion_but_whether_the_tree_was_dirty():
    golden = load(GOLDEN / "result.json")
    champion = explain(golden, "models:/wine@champion")
    assert champion.unknown == ("dirty",)
    assert said(champion)["coauthors"] == ["Grace Hopper"]
    redacted = explain(golden, "models:/wine/3")
    assert set(said(redacted)) == {"registered_by", "registered_at"}
    assert "deleted_at" in redacted.subject.about
