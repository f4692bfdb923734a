"""Comparison: two versions, question by question."""

import pytest

from mlflow2prov.analysis.comparison import Point, compare
from tests.analysis.graphs import STATEMENTS, project, relation, thing
from tests.prov.statements import document


@pytest.fixture(scope="module")
def fraud():
    ended = relation("wasInvalidatedBy", "Revision.c1", "Commit.c3", None)
    return project(ended)


def test_two_versions_differ_in_code_data_parameters_metrics_and_people(fraud):
    found = compare(fraud, "Version.1", "Version.2")
    names = [section.name for section in found.sections]
    assert names == [
        "state", "source", "registered_at", "run", "commit", "commits", "files", "authors", "script",
        "parameters", "metrics", "datasets",
    ]  # fmt: skip
    assert found.section("state") == (
        Point("changed", "aliases", "", "live"),
        Point("changed", "registered_model_version_stage", "Production", "None"),
    )
    assert found.section("parameters") == (Point("changed", "C", "r1", "r2"),)
    assert found.section("metrics") == (Point("changed", "auc", "0.1", "0.2"),)
    assert found.section("datasets") == (Point("changed", "loans", "aaaa", "bbbb"),)
    assert found.section("script") == (Point("changed", "train.py", "c1" * 20, "c3" * 20),)
    assert found.section("authors") == (
        Point("removed", "bob", "", None),
        Point("added", "Ada <ada@example.org>", None, ""),
    )


def test_the_code_between_is_what_only_one_side_builds_on(fraud):
    forth = compare(fraud, "Version.1", "Version.2")
    assert forth.section("commits") == (Point("added", "c3" * 20, None, "change c3"),)
    assert [(p.type, p.name) for p in forth.section("files")] == [("added", "train.py")]
    assert set(forth.section("files")[0].after.split()) == {"M", "D"}
    back = compare(fraud, "Version.2", "Version.1")
    assert back.section("commits") == (Point("removed", "c3" * 20, "change c3", None),)


def test_what_is_the_same_has_no_section(fraud):
    same_run = compare(fraud, "Version.2", "Version.3")
    assert [section.name for section in same_run.sections] == ["state", "registered_at"]
    assert compare(fraud, "Version.1", "Version.1").is_same


def test_one_thing_is_compared_in_two_documents(fraud):
    changed = [
        s if s.id != "Param.r1" else thing("entity", "Param.r1", "Param", name="C", value="9")
        for s in STATEMENTS
    ]
    found = compare(fraud, "Version.1", "Version.1", document(*changed))
    assert [s.name for s in found.sections] == ["parameters"]
    assert found.section("parameters") == (Point("changed", "C", "r1", "9"),)


def test_packages_of_environments_are_compared():
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
    found = compare(both, "Version.1", "Version.2")
    assert found.section("environment") == (Point("changed", "requirements.txt", "d1", "d2"),)
    assert found.section("packages") == (
        Point("changed", "numpy", "1", "2"),
        Point("removed", "six", "1", None),
        Point("added", "torch", None, "2"),
    )


def test_steps_of_a_metric_are_told_apart_where_there_are_several():
    more = (
        thing("entity", "Metric.first", "Metric", name="auc", value="0.0", step="1"),
        relation("hadMember", "Run.r1", "Metric.first"),
    )
    points = compare(project(*more), "Version.1", "Version.2").section("metrics")
    assert Point("removed", "auc (step 1)", "0.0", None) in points
