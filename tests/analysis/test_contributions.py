"""Statistics of who made how much, when, of what, behind which model."""

import pytest

from mlflow2prov import load, statistics
from mlflow2prov.errors import ConfigurationError
from tests.analysis.graphs import STATEMENTS, document, project, relation, thing
from tests.golden import HERE as GOLDEN


def rows(made, *by):
    table = statistics(made, by=by)
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def counts(row):
    return {key: n for key, n in row.items() if isinstance(n, int) and n}


def test_by_agent_each_has_what_was_made_in_their_activities():
    found = {row["agent"]: row for row in rows(project(), "agent")}
    assert counts(found["Ada <ada@example.org>"]) == {
        "commits": 2, "revisions": 2, "runs": 2, "models": 2,
    }  # fmt: skip
    assert counts(found["bob"]) == {"commits": 1, "versions": 3}
    assert found["bob"]["first"] == "2024-01-02T00:00:00Z"
    assert found["bob"]["last"] == "2024-02-03T00:00:00Z"


def test_who_only_committed_made_nothing_and_who_is_unknown_is_a_dash():
    made = document(
        thing("agent", "User.web", "User", name="web"),
        thing("activity", "Commit.x", "Commit", arguments=(None, "2024-01-01T00:00:00+00:00")),
        relation("wasAssociatedWith", "Commit.x", "User.web", None, role="Committer"),
    )
    assert [(row["agent"], row["commits"]) for row in rows(made, "agent")] == [("-", 1)]
    author = relation("wasAssociatedWith", "Commit.x", "User.web", None, role="Author")
    made = document(*made.statements(), author)
    assert [(row["agent"], row["commits"]) for row in rows(made, "agent")] == [("web", 1)]


def test_months_are_those_of_utc():
    made = document(
        thing("activity", "Commit.x", "Commit", arguments=(None, "2024-01-01T00:30:00+01:00")),
        thing("activity", "Commit.y", "Commit", arguments=(None, "2024-01-01T00:30:00+00:00")),
        thing("activity", "Commit.z", "Commit", arguments=(None, None)),
    )
    assert [(row["month"], row["commits"]) for row in rows(made, "month")] == [
        ("-", 1),
        ("2023-12", 1),
        ("2024-01", 1),
    ]


def test_by_type_what_was_made_and_what_was_deleted():
    gone = relation("wasInvalidatedBy", "Run.r1", "Deletion.r1", "2024-03-01T00:00:00+00:00")
    found = {row["type"]: row for row in rows(project(gone), "type")}
    assert counts(found["Run"]) == {"made": 2, "deleted": 1}
    assert found["Run"]["last"] == "2024-03-01T00:00:00Z"
    assert counts(found["Commit"]) == {"made": 3}
    assert "Param" not in found  # used, and made by nobody who is named


def test_by_model_what_is_behind_its_versions():
    other = (
        thing("entity", "Model.spam", "RegisteredModel", name="spam"),
        thing("entity", "Version.s", "RegisteredModelVersion", name="spam", version="1"),
        relation("specializationOf", "Version.s", "Model.spam"),
        relation("wasDerivedFrom", "Version.s", "LoggedModel.r1", None, None, None),
    )
    found = {row["model"]: counts(row) for row in rows(document(*STATEMENTS, *other), "model")}
    assert found == {
        "fraud": {"commits": 3, "revisions": 2, "runs": 2, "models": 2, "versions": 3},
        "spam": {"commits": 2, "revisions": 1, "runs": 1, "models": 1},
    }


def test_several_dimensions_have_a_row_for_each_combination_in_one_order():
    table = statistics(project(), by=["type", "agent"])
    assert table.columns == ("agent", "type", "made", "deleted", "first", "last")
    assert [row[:3] for row in table.rows if row[1] in ("Commit", "RegisteredModelVersion")] == [
        ("Ada <ada@example.org>", "Commit", 2),
        ("bob", "Commit", 1),
        ("bob", "RegisteredModelVersion", 3),
    ]
    assert statistics(project(), by=["agent", "type"]) == table


def test_what_a_document_says_twice_counts_once():
    once = statistics(project(), by="type")
    assert statistics(project(*STATEMENTS), by="type") == once


def test_the_counts_of_the_demo_are_those_of_git_and_mlflow():
    demo = load(GOLDEN / "result.json")
    by_type = {row["type"]: row for row in rows(demo, "type")}
    fine = {row[1]: row[2] for row in statistics(demo, "fine").rows}
    for name in ("Commit", "FileRevision", "Run", "LoggedModel", "RegisteredModelVersion"):
        assert by_type[name]["made"] == fine[name]
    months = rows(demo, "month")
    assert sum(row["commits"] for row in months) == fine["Commit"]


def test_what_cannot_be_counted_by_is_refused():
    with pytest.raises(ConfigurationError, match="dimension 'colour'"):
        statistics(project(), by=["colour"])
