"""Comparison: the points in which two versions, models or runs differ, by question."""

import pytest

from mlflow2prov.analysis.comparison import Comparison, Point, compare, compare_subjects
from mlflow2prov.errors import ConfigurationError, SelectionError
from mlflow2prov.prov.difference import Difference
from tests.analysis.graphs import STATEMENTS, project, relation, thing
from tests.prov.statements import document, literals


@pytest.fixture(scope="module")
def fraud():
    deletion = relation("wasInvalidatedBy", "Revision.c1", "Commit.c3", None)
    return project(deletion)


def test_a_comparison_covers_code_data_parameters_metrics_and_people(fraud):
    comparison = compare_subjects(fraud, "Version.1", "Version.2")
    names = [section.name for section in comparison.sections]
    assert names == [
        "state", "source", "registered_at", "run", "commit", "commits", "files", "authors", "script",
        "parameters", "metrics", "datasets",
    ]  # fmt: skip
    assert comparison.section("state") == (
        Point("changed", "aliases", "", "live"),
        Point("changed", "registered_model_version_stage", "Production", "None"),
    )
    assert comparison.section("parameters") == (Point("changed", "C", "r1", "r2"),)
    assert comparison.section("metrics") == (Point("changed", "auc", "0.1", "0.2"),)
    assert comparison.section("datasets") == (Point("changed", "loans", "aaaa", "bbbb"),)
    assert comparison.section("script") == (Point("changed", "train.py", "c1" * 20, "c3" * 20),)
    assert comparison.section("authors") == (
        Point("removed", "bob", "", None),
        Point("added", "Ada <ada@example.org>", None, ""),
    )


def test_inferred_code_is_marked():
    inferred = [
        s._replace(attributes=(*s.attributes, *literals({"inferred": "so"})))
        if s.kind == "used" and s.arguments[:2] == ("Creation.Run.r2", "Revision.c3")
        else s
        for s in STATEMENTS
    ]
    script = compare_subjects(document(*inferred), "Version.1", "Version.2").section("script")
    assert script == (Point("changed", "train.py", "c1" * 20, f"{'c3' * 20} (inferred)"),)


def test_the_code_between_consists_of_the_commits_that_only_one_side_builds_on(fraud):
    forth = compare_subjects(fraud, "Version.1", "Version.2")
    assert forth.section("commits") == (Point("added", "c3" * 20, None, "change c3"),)
    assert [(p.type, p.name) for p in forth.section("files")] == [("added", "train.py")]
    assert set(forth.section("files")[0].after.split()) == {"M", "D"}
    back = compare_subjects(fraud, "Version.2", "Version.1")
    assert back.section("commits") == (Point("removed", "c3" * 20, "change c3", None),)


def test_equal_answers_have_no_section(fraud):
    same_run = compare_subjects(fraud, "Version.2", "Version.3")
    assert [section.name for section in same_run.sections] == ["state", "registered_at"]
    assert compare_subjects(fraud, "Version.1", "Version.1").is_same


def test_an_element_is_compared_with_itself_in_another_document(fraud):
    changed = [
        s if s.id != "Param.r1" else thing("entity", "Param.r1", "Param", name="C", value="9")
        for s in STATEMENTS
    ]
    comparison = compare_subjects(fraud, "Version.1", "Version.1", document(*changed))
    assert [s.name for s in comparison.sections] == ["parameters"]
    assert comparison.section("parameters") == (Point("changed", "C", "r1", "9"),)


def test_packages_of_environments_are_compared_by_name_and_version():
    def environment(number, *packages):
        yield thing(
            "entity",
            f"E{number}",
            "SoftwareEnvironment",
            name="requirements.txt",
            digest=f"d{number}",
        )
        yield relation("used", f"Creation.Run.r{number}", f"E{number}", None, role="Environment")
        for name, version in packages:
            package = f"Package.{name}.{version}"
            yield thing("entity", package, "Package", name=name, version=version)
            yield relation("hadMember", f"E{number}", package)

    both = project(
        *environment(1, ("numpy", "1"), ("six", "1"), ("scipy", "1")),
        *environment(2, ("numpy", "2"), ("torch", "2"), ("scipy", "1")),
    )
    comparison = compare_subjects(both, "Version.1", "Version.2")
    assert comparison.section("environment") == (Point("changed", "requirements.txt", "d1", "d2"),)
    assert comparison.section("packages") == (
        Point("changed", "numpy", "1", "2"),
        Point("removed", "six", "1", None),
        Point("added", "torch", None, "2"),
    )


def test_values_of_a_metric_are_distinguished_by_step_if_there_are_several():
    more = (
        thing("entity", "Metric.first", "Metric", name="auc", value="0.0", step="1"),
        relation("hadMember", "Run.r1", "Metric.first"),
    )
    points = compare_subjects(project(*more), "Version.1", "Version.2").section("metrics")
    assert Point("removed", "auc (step 1)", "0.0", None) in points


def test_selected_versions_are_compared_and_an_alias_is_its_version(fraud):
    comparison = compare(fraud, "models:/fraud/1", "fraud@live")
    assert isinstance(comparison, Comparison)
    assert comparison == compare_subjects(fraud, "Version.1", "Version.2")


def test_other_selected_elements_are_compared_by_their_lineages(fraud):
    difference = compare(fraud, "Commit:c2c2", "Commit:c3c3")
    assert isinstance(difference, Difference)
    assert "Commit.c3" in {change.statement for change in difference.changes}


def test_a_document_with_repeated_statements_is_compared_like_a_unified_one(fraud):
    repetitive = project(*STATEMENTS)
    assert not repetitive.tables.is_unified
    comparison = compare(repetitive, "models:/fraud/1", "models:/fraud/2")
    assert comparison.section("metrics") == (Point("changed", "auc", "0.1", "0.2"),)


@pytest.mark.parametrize("identifier", ["User.bob", "nowhere", ""])
def test_an_identifier_of_another_element_cannot_be_compared(fraud, identifier):
    with pytest.raises(SelectionError, match="not a version, a model or a run"):
        compare_subjects(fraud, "Version.1", identifier)
    with pytest.raises(SelectionError, match="not a version, a model or a run"):
        compare_subjects(fraud, identifier, "Version.1", project())


def test_selectors_must_be_text(fraud):
    with pytest.raises(ConfigurationError, match="before: NoneType is not valid; pass a string"):
        compare(fraud, None, "models:/fraud/1")
