"""Findings: each rule finds what it is for, and nothing else does."""

import pytest

from mlflow2prov import audit, load
from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.analysis.rules import RULES
from mlflow2prov.errors import SelectionError
from tests.analysis.graphs import (
    STATEMENTS,
    commit,
    document,
    project,
    relation,
    run,
    thing,
    version,
)
from tests.golden import HERE as GOLDEN

SOUND = (
    thing("agent", "User.ada", "User", name="Ada"),
    thing("agent", "User.bob", "User", name="Bob"),
    thing("entity", "File.train", "File", path="train.py"),
    *commit("c1", "User.ada", path="train.py"),
    thing("entity", "Dataset.a", "Dataset", name="loans", digest="aaaa"),
    thing("entity", "Model.fraud", "RegisteredModel", name="fraud"),
    thing("entity", "Experiment.0", "Experiment", name="fraud"),
    *run("r1", "c1", "c1", "Dataset.a"),
    *version("1", "r1"),
)
FIRST = "2024-01-01T00:00:00+00:00"
BEGAN = "2024-01-05T00:00:00+00:00"
STARTED = thing(
    "activity", "Creation.Run.r1", "Creation", arguments=(BEGAN, None), resource_type="Run",
    dirty="false", commit="c1" * 20,
)  # fmt: skip


def made_of(*more, without=()):
    return document(*(s for s in SOUND if not any(leave(s) for leave in without)), *more)


def kind(name, *arguments):
    """Tell relations of a kind that begin with some arguments."""
    return lambda s: s.kind == name and s.arguments[: len(arguments)] == arguments


def thing_of(identifier):
    return lambda s: s.id == identifier


def found(made, of="models:/fraud/1"):
    return [(f.code, f.severity) for f in audit(made, of).findings]


def later(number, date, **more):
    """A revision of the script at some time."""
    this = f"Revision.{number}"
    return (
        thing("activity", f"Commit.{number}", "Commit", arguments=(date, date), sha=number * 20),
        thing("entity", this, "FileRevision", path="train.py"),
        relation("wasGeneratedBy", this, f"Commit.{number}", date),
        relation("specializationOf", this, "File.train"),
    )


def test_in_a_sound_version_nothing_is_found():
    assert found(made_of()) == []


CASES = {
    "run-unknown": made_of(
        without=[
            kind("wasInformedBy", "Creation.Version.1"),
            kind("wasGeneratedBy", "LoggedModel.r1"),
        ]
    ),
    "run-without-commit": made_of(
        thing("activity", "Creation.Run.r1", "Creation"),
        without=[thing_of("Creation.Run.r1"), kind("wasInformedBy", "Creation.Run.r1")],
    ),
    "commit-not-in-repository": made_of(without=[kind("wasInformedBy", "Creation.Run.r1")]),
    "dirty-tree": made_of(
        thing("activity", "Creation.Run.r1", "Creation", dirty="True", commit="c1" * 20),
        without=[thing_of("Creation.Run.r1")],
    ),
    "unpushed-commit": made_of(
        thing(
            "activity",
            "Commit.c1",
            "Commit",
            arguments=(FIRST, FIRST),
            pushed="false",
            sha="c1" * 20,
        )
    ),
    "run-deleted": made_of(
        relation("wasInvalidatedBy", "Run.r1", "Deletion.Run.r1", "2024-03-01T00:00:00+00:00")
    ),
    "experiment-deleted": made_of(
        thing("entity", "Experiment.0", "Experiment", name="fraud", lifecycle_stage="deleted"),
        without=[thing_of("Experiment.0")],
    ),
    "source-deleted": made_of(relation("wasInvalidatedBy", "LoggedModel.r1", "Deletion.x", None)),
    "shared-run": made_of(*version("2", "r1")),
    "no-dataset": made_of(without=[kind("used", "Creation.Run.r1", "Dataset.a")]),
    "script-changed": made_of(
        STARTED,
        *later("c2", "2024-01-20T00:00:00+00:00"),
        without=[thing_of("Creation.Run.r1")],
    ),
    "unknown-author": made_of(without=[kind("wasAssociatedWith", "Commit.c1")]),
}


def test_every_rule_has_a_case_here_and_a_known_severity():
    assert list(CASES) == [rule.code for rule in RULES]
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_what_it_is_for(rule):
    assert found(CASES[rule.code]) == [(rule.code, rule.severity)]


@pytest.mark.parametrize(
    ("date", "is_between"),
    [
        ("2024-01-04T23:59:59+00:00", False),  # before the run
        ("2024-01-05T00:30:00+01:00", False),  # before it, by the clock of the world
        ("2024-01-05T00:00:01+00:00", True),
        ("2024-02-01T00:00:00+00:00", True),  # registered then
        ("2024-02-01T00:00:01+00:00", False),
    ],
)
def test_a_script_counts_as_changed_between_run_and_registration_only(date, is_between):
    made = made_of(STARTED, *later("c2", date), without=[thing_of("Creation.Run.r1")])
    assert found(made) == ([("script-changed", "warning")] if is_between else [])


def test_changes_of_a_script_are_counted_and_the_first_is_named():
    dates = ("2024-01-21T00:00:00+00:00", "2024-01-20T00:00:00+00:00")
    changes = [s for n, date in enumerate(dates, start=2) for s in later(f"c{n}", date)]
    gone = relation("wasInvalidatedBy", "File.train", "Commit.c4", "2024-01-22T00:00:00+00:00")
    made = made_of(STARTED, *changes, gone, without=[thing_of("Creation.Run.r1")])
    (finding,) = audit(made).findings
    assert finding.message == (
        "its script train.py was changed 3 times between run and registration, first by Commit.c3"
    )


def test_of_a_deleted_version_only_that_is_said_and_it_is_not_judged():
    made = made_of(
        relation("wasInvalidatedBy", "Version.1", "Deletion.v", "2024-03-01T00:00:00+00:00"),
        without=[kind("used", "Creation.Run.r1", "Dataset.a")],
    )
    audited = audit(made)
    assert [f.code for f in audited.findings] == ["version-deleted"]
    assert audited.findings[0].message == "it was deleted at 2024-03-01T00:00:00+00:00"
    assert audited.completeness is None


def test_a_version_that_shares_its_run_with_a_deleted_one_has_it_alone():
    made = made_of(
        *version("2", "r1"), relation("wasInvalidatedBy", "Version.2", "Deletion.v", None)
    )
    assert found(made) == []


def test_the_gravest_findings_come_first():
    made = made_of(
        relation("wasInvalidatedBy", "Run.r1", "Deletion.Run.r1", None),
        without=[kind("used", "Creation.Run.r1", "Dataset.a")],
    )
    assert [severity for _, severity in found(made)] == ["error", "warning"]


def test_an_audit_is_of_all_models_or_of_those_that_are_asked_for():
    made = document(*STATEMENTS, thing("entity", "Model.empty", "RegisteredModel", name="empty"))
    assert [(m.item.label, len(m.versions)) for m in audit(made).models] == [
        ("empty", 0),
        ("fraud", 3),
    ]
    for selector, uris in {
        "models:/fraud/1": ["models:/fraud/1"],
        "fraud@live": ["models:/fraud/2"],
        "RegisteredModel:fraud": [f"models:/fraud/{n}" for n in (1, 2, 3)],
    }.items():
        assert [v.item.about["uri"] for v in audit(made, selector).versions] == uris
    # Whoever else shares the run is known all the same.
    assert [f.code for f in audit(made, "fraud@live").findings] == ["shared-run"]
    with pytest.raises(SelectionError, match="cannot be audited"):
        audit(made, "Run:r10123")


def test_the_mean_is_that_of_the_versions():
    audited = audit(project())
    scores = [v.explanation.completeness for v in audited.versions]
    assert audited.completeness == audited.models[0].completeness == pytest.approx(sum(scores) / 3)


def test_the_demo_has_what_its_story_tells():
    audited = audit(load(GOLDEN / "result.json"))
    said = [(f.version.label, f.code) for f in audited.findings]
    assert said == [("wine-kernel 1", "no-dataset"), ("wine 3", "version-deleted")]


def test_a_document_without_models_has_nothing_to_audit():
    assert audit(document(thing("entity", "e"))).models == ()
