"""Rules and audits: each rule finds its own fault and no other, and an audit collects the findings."""

import pytest

from mlflow2prov import audit, load
from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.analysis.rules import RULES, runs
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


def call(number="1", **attributes):
    """Return the statements about a captured call in the run, which finished and has a seed unless others are given."""
    name = f"Call.{number}"
    values = {"name": "fit", "module": "wine", "status": "FINISHED", "seed": "7"} | attributes
    values = {key: value for key, value in values.items() if value is not None}
    times = (f"2024-01-05T00:00:0{number}+00:00", None)
    return (
        thing("activity", name, "Call", arguments=times, **values),
        relation("wasStartedBy", name, None, "Creation.Run.r1", None),
    )


def argument(number="1", key="data", **attributes):
    """Return the statements about an argument of a captured call."""
    name = f"Argument.{number}.{key}"
    return (
        thing("entity", name, "Argument", name=key, **attributes),
        relation("used", f"Call.{number}", name, None),
    )


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
    "call-failed": faultless(*call(), *call("2", status="FAILED", exception="ValueError: no")),
    "data-without-digest": faultless(*call(), *argument(value="a lock", type_name="_thread.lock")),
    "unseeded-training": faultless(*call(seed=None)),
}


def test_a_version_with_faultless_calls_has_no_findings():
    calls = (*call(), *call("2", seed=None), *argument(value="x", type_name="str", digest="a"))
    assert findings(faultless(*calls)) == []


def messages(*statements):
    return [finding.message for finding in audit(faultless(*statements)).findings]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"status": "FAILED"}, "its call wine.fit failed"),
        ({"status": "FAILED", "exception": "E: no"}, "its call wine.fit failed (E: no)"),
        ({"status": "KILLED"}, "its call wine.fit was interrupted"),
        ({"status": "RUNNING"}, "its call wine.fit did not end"),
    ],
)
def test_a_finding_about_a_call_has_its_outcome_and_counts_others(attributes, message):
    assert messages(*call(**attributes)) == [message]
    two = (*call(**attributes), *call("2", status="KILLED"))
    assert messages(*two) == [f"{message}, and 1 other call too"]


@pytest.mark.parametrize(
    ("attributes", "is_finding"),
    [
        ({"type_name": "Lock"}, True),
        ({"type_name": "Lock", "value": "a lock"}, True),
        ({"type_name": "Lock", "ignored": "true"}, False),
        ({"type_name": "str", "value": "..."}, False),  # a secret
        ({"type_name": "str", "digest": "sha256:1"}, False),
        ({"value": "1"}, False),  # of pycrumbs
    ],
)
def test_an_argument_without_digest_is_one_that_counts_and_is_no_secret(attributes, is_finding):
    expected = ["its argument fit(data) has no digest"] if is_finding else []
    assert messages(*call(), *argument(**attributes)) == expected


@pytest.mark.parametrize(
    ("key", "value", "is_seed"),
    [
        ("seed", "7", True),
        ("random_state", "0", True),
        ("model__random_state", "0", True),
        ("randomSeed", "1", True),
        ("seed", "None", False),
        ("seed", "null", False),
        ("seedling", "7", False),
        ("state", "7", False),
    ],
)
def test_a_seed_is_that_of_a_call_or_the_value_of_an_argument_or_a_parameter(key, value, is_seed):
    unseeded = call(seed=None)
    expected = [] if is_seed else ["its run recorded no seed; 1 captured call had none"]
    assert messages(*unseeded, *argument(key=key, value=value)) == expected
    parameter = (
        thing("entity", "Param.x", "Param", name=key, value=value),
        relation("hadMember", "Run.r1", "Param.x"),
    )
    assert messages(*unseeded, *parameter) == expected


@pytest.mark.parametrize("attributes", [{"cached": "true"}, {"status": "FAILED"}])
def test_only_calls_that_computed_something_need_a_seed(attributes):
    codes = [code for code, _ in findings(faultless(*call(seed=None, **attributes)))]
    assert "unseeded-training" not in codes


def test_files_that_calls_read_are_the_data_of_a_run_without_dataset():
    file = thing("entity", "Content.a", "Content", digest="sha256:1", path="data.csv")
    read = relation("used", "Call.1", "Content.a", None, role="InputFile")
    without = [relations_of("used", "Creation.Run.r1", "Dataset.a")]
    assert findings(faultless(*call(), file, read, without=without)) == []
    assert findings(faultless(*call(), file, without=without)) == [("no-dataset", "warning")]


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
    monkeypatch.setattr(runs, "MAX_OTHER_VERSIONS", 1)
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


def test_the_example_has_training_without_seeds_and_a_deleted_version():
    result = audit(load(GOLDEN / "result.json"))
    assert sorted((finding.version.label, finding.code) for finding in result.findings) == [
        ("wine 1", "unseeded-training"),
        ("wine 2", "unseeded-training"),
        ("wine 3", "version-deleted"),
        ("wine-kernel 1", "unseeded-training"),
    ]


def test_a_document_without_registered_models_has_an_empty_audit():
    assert audit(document(thing("entity", "e"))).models == ()
