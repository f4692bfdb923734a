"""Rules and audits: each rule finds its own fault and no other, and an audit collects the findings."""

import pytest

from mlflow2prov import audit, load
from mlflow2prov.analysis import rules
from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.analysis.rules import RULES
from mlflow2prov.errors import ConfigurationError, SelectionError
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

FAULTLESS = (
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
FIRST_COMMIT_TIME = "2024-01-01T00:00:00+00:00"
RUN_START = "2024-01-05T00:00:00+00:00"
DATED_RUN_CREATION = thing(
    "activity",
    "Creation.Run.r1",
    "Creation",
    arguments=(RUN_START, None),
    resource_type="Run",
    dirty="false",
    commit="c1" * 20,
)


def faultless(*more, without=()):
    """Return the document of a version without faults, with more statements and without some."""
    statements = (s for s in FAULTLESS if not any(is_removed(s) for is_removed in without))
    return document(*statements, *more)


def relations_of(kind, *arguments):
    """Return the test for relations of a kind whose first arguments are ``arguments``."""
    return lambda s: s.kind == kind and s.arguments[: len(arguments)] == arguments


def element(identifier):
    """Return the test for the element with an identifier."""
    return lambda s: s.id == identifier


def findings(document_, selector="models:/fraud/1"):
    return [(finding.code, finding.severity) for finding in audit(document_, selector).findings]


def script_revision(number, date):
    """Return the statements about a commit of the script at a time."""
    revision = f"Revision.{number}"
    return (
        thing("activity", f"Commit.{number}", "Commit", arguments=(date, date), sha=number * 20),
        thing("entity", revision, "FileRevision", path="train.py"),
        relation("wasGeneratedBy", revision, f"Commit.{number}", date),
        relation("specializationOf", revision, "File.train"),
    )


def test_a_faultless_version_has_no_findings():
    assert findings(faultless()) == []


FAULTS = {
    "run-unknown": faultless(
        without=[
            relations_of("wasInformedBy", "Creation.Version.1"),
            relations_of("wasGeneratedBy", "LoggedModel.r1"),
        ]
    ),
    "run-not-in-store": faultless(
        relation("wasInformedBy", "Creation.Version.1", "Creation.Run.r2"),
        thing("entity", "Model.x", "LoggedModel"),
        relation("wasDerivedFrom", "Version.1", "Model.x", "Creation.Version.1", None, None),
        without=[
            relations_of("wasInformedBy", "Creation.Version.1", "Creation.Run.r1"),
            relations_of("wasDerivedFrom", "Version.1", "LoggedModel.r1"),
        ],
    ),
    "run-without-commit": faultless(
        thing("activity", "Creation.Run.r1", "Creation"),
        without=[element("Creation.Run.r1"), relations_of("wasInformedBy", "Creation.Run.r1")],
    ),
    "commit-not-in-repository": faultless(
        without=[relations_of("wasInformedBy", "Creation.Run.r1")]
    ),
    "dirty-tree": faultless(
        thing("activity", "Creation.Run.r1", "Creation", dirty="True", commit="c1" * 20),
        without=[element("Creation.Run.r1")],
    ),
    "script-not-in-commit": faultless(
        thing(
            "activity",
            "Creation.Run.r1",
            "Creation",
            dirty="false",
            commit="c1" * 20,
            uncommitted_script="train.py",
        ),
        without=[
            element("Creation.Run.r1"),
            relations_of("used", "Creation.Run.r1", "Revision.c1"),
        ],
    ),
    "unpushed-commit": faultless(
        thing(
            "activity",
            "Commit.c1",
            "Commit",
            arguments=(FIRST_COMMIT_TIME, FIRST_COMMIT_TIME),
            pushed="false",
            sha="c1" * 20,
        )
    ),
    "run-deleted": faultless(
        relation("wasInvalidatedBy", "Run.r1", "Deletion.Run.r1", "2024-03-01T00:00:00+00:00")
    ),
    "experiment-deleted": faultless(
        thing("entity", "Experiment.0", "Experiment", name="fraud", lifecycle_stage="deleted"),
        without=[element("Experiment.0")],
    ),
    "source-deleted": faultless(relation("wasInvalidatedBy", "LoggedModel.r1", "Deletion.x", None)),
    "shared-run": faultless(*version("2", "r1")),
    "no-dataset": faultless(without=[relations_of("used", "Creation.Run.r1", "Dataset.a")]),
    "script-changed": faultless(
        DATED_RUN_CREATION,
        *script_revision("c2", "2024-01-20T00:00:00+00:00"),
        without=[element("Creation.Run.r1")],
    ),
    "unknown-author": faultless(without=[relations_of("wasAssociatedWith", "Commit.c1")]),
}


def test_every_rule_has_a_fault_here_and_one_of_the_severities():
    assert list(FAULTS) == [rule.code for rule in RULES]
    assert {rule.severity for rule in RULES} <= set(SEVERITIES)


def test_a_copy_of_a_version_does_not_share_its_run():
    copies = (
        relation("wasDerivedFrom", "Version.2", "Version.1", None, None, None),
        relation("wasDerivedFrom", "Version.3", "Version.1", None, None, None),
    )
    copied = faultless(*version("2", "r1"), *version("3", "r1"), *copies)
    assert [findings(copied, f"models:/fraud/{number}") for number in "123"] == [[], [], []]
    registered_again = faultless(*version("2", "r1"), *version("3", "r1"), copies[0])
    (finding,) = audit(registered_again, "models:/fraud/3").findings
    assert finding.message == "its run Run.r1 also made models:/fraud/1, models:/fraud/2"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_fault_and_no_other_rule_does(rule):
    assert findings(FAULTS[rule.code]) == [(rule.code, rule.severity)]


@pytest.mark.parametrize(
    ("date", "is_between"),
    [
        ("2024-01-04T23:59:59+00:00", False),  # before the run
        ("2024-01-05T00:30:00+01:00", False),  # before the run, in another time zone
        ("2024-01-05T00:00:01+00:00", True),
        ("2024-02-01T00:00:00+00:00", True),  # at the registration
        ("2024-02-01T00:00:01+00:00", False),
    ],
)
def test_a_script_was_changed_after_the_start_of_the_run_and_up_to_the_registration(
    date, is_between
):
    revised = faultless(
        DATED_RUN_CREATION, *script_revision("c2", date), without=[element("Creation.Run.r1")]
    )
    assert findings(revised) == ([("script-changed", "warning")] if is_between else [])


def test_changes_and_deletions_of_a_script_are_counted_and_the_first_is_named():
    dates = ("2024-01-21T00:00:00+00:00", "2024-01-20T00:00:00+00:00")
    changes = [s for n, date in enumerate(dates, start=2) for s in script_revision(f"c{n}", date)]
    deletion = relation("wasInvalidatedBy", "File.train", "Commit.c4", "2024-01-22T00:00:00+00:00")
    revised = faultless(
        DATED_RUN_CREATION, *changes, deletion, without=[element("Creation.Run.r1")]
    )
    (finding,) = audit(revised).findings
    assert finding.message == (
        "its script train.py was changed 3 times between run and registration, first by Commit.c3"
    )


def test_the_only_finding_in_a_deleted_version_is_its_deletion_and_it_has_no_completeness():
    deleted = faultless(
        relation("wasInvalidatedBy", "Version.1", "Deletion.v", "2024-03-01T00:00:00+00:00"),
        without=[relations_of("used", "Creation.Run.r1", "Dataset.a")],
    )
    result = audit(deleted)
    assert [finding.code for finding in result.findings] == ["version-deleted"]
    assert result.findings[0].message == "it was deleted at 2024-03-01T00:00:00+00:00"
    assert result.completeness is None


def test_a_run_is_not_shared_with_a_deleted_version():
    deletion = relation("wasInvalidatedBy", "Version.2", "Deletion.v", None)
    assert findings(faultless(*version("2", "r1"), deletion)) == []


def test_a_finding_about_a_shared_run_names_a_few_of_many_versions(monkeypatch):
    versions = [s for number in "234" for s in version(number, "r1")]
    (finding,) = audit(faultless(*versions), "models:/fraud/1").findings
    assert finding.message == (
        "its run Run.r1 also made models:/fraud/2, models:/fraud/3, models:/fraud/4"
    )
    monkeypatch.setattr(rules, "MAX_OTHER_VERSIONS", 1)
    (finding,) = audit(faultless(*versions), "models:/fraud/1").findings
    assert finding.message == "its run Run.r1 also made models:/fraud/2 and 2 more"


def test_findings_are_ordered_by_severity():
    faulty = faultless(
        relation("wasInvalidatedBy", "Run.r1", "Deletion.Run.r1", None),
        without=[relations_of("used", "Creation.Run.r1", "Dataset.a")],
    )
    assert [severity for _, severity in findings(faulty)] == ["error", "warning"]


def test_an_audit_lists_all_models_also_those_without_versions():
    empty_model = thing("entity", "Model.empty", "RegisteredModel", name="empty")
    result = audit(document(*STATEMENTS, empty_model))
    assert [(model.item.label, len(model.versions)) for model in result.models] == [
        ("empty", 0),
        ("fraud", 3),
    ]


@pytest.mark.parametrize(
    ("selectors", "numbers"),
    [
        ("models:/fraud/1", [1]),
        ("fraud@live", [2]),
        ("RegisteredModel:fraud", [1, 2, 3]),
        (["models:/fraud/1", "fraud@live"], [1, 2]),
    ],
)
def test_an_audit_of_selected_versions_lists_these_only(selectors, numbers):
    uris = [version.item.about["uri"] for version in audit(project(), selectors).versions]
    assert uris == [f"models:/fraud/{number}" for number in numbers]


def test_versions_that_are_not_selected_count_for_the_findings_in_others():
    assert [finding.code for finding in audit(project(), "fraud@live").findings] == ["shared-run"]


def test_a_selector_of_an_audit_must_match_versions():
    with pytest.raises(SelectionError, match=r"cannot be audited; select a RegisteredModelVersion"):
        audit(project(), "Run:r10123")
    with pytest.raises(ConfigurationError, match="selectors: "):
        audit(project(), None)


def test_completeness_is_the_mean_over_the_versions():
    result = audit(project())
    scores = [version.explanation.completeness for version in result.versions]
    assert result.completeness == result.models[0].completeness == pytest.approx(sum(scores) / 3)


def test_the_example_has_a_run_without_dataset_and_a_deleted_version():
    result = audit(load(GOLDEN / "result.json"))
    assert [(finding.version.label, finding.code) for finding in result.findings] == [
        ("wine-kernel 1", "no-dataset"),
        ("wine 3", "version-deleted"),
    ]


def test_a_document_without_registered_models_has_an_empty_audit():
    assert audit(document(thing("entity", "e"))).models == ()
