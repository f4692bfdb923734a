"""Explanations and impacts as tables."""

import pytest

from mlflow2prov import explain
from mlflow2prov.analysis.impact import Impact, ImpactItem
from mlflow2prov.analysis.item import Item
from mlflow2prov.render import explanation, impact
from tests.analysis.graphs import document, project, relation, thing


@pytest.fixture(scope="module")
def rows():
    """The rows about a version, by question; a question with several items has the row of the first."""
    return rows_by_question(explain(project(), "fraud@live"))


def rows_by_question(result):
    return {row[0]: row[1:] for row in explanation.to_table(result).rows if row[0]}


def test_the_first_row_describes_the_subject(rows):
    assert rows["Version"] == ("fraud", "models:/fraud/2, alias live")


def test_an_item_has_the_attributes_that_identify_it(rows):
    assert rows["Authors"] == ("Ada <ada@example.org>", "")
    assert rows["Metrics"] == ("auc = 0.2", "")
    assert rows["Datasets"] == ("loans@bbbb", "")


def test_an_answer_without_items_is_none_or_unknown(rows):
    assert rows["Co-authors"] == ("none", "")
    assert rows["Environment"] == ("unknown", "")


def test_the_last_row_counts_the_answers(rows):
    assert rows["Answered"] == ("16 of 18 questions", "")


def test_a_table_lists_the_first_items_of_an_answer(monkeypatch):
    monkeypatch.setattr(explanation, "MAX_ITEMS", 1)
    parameters = [thing("entity", f"Param.{n}", "Param", name=f"p{n}", value="1") for n in range(3)]
    members = [relation("hadMember", "Run.r1", parameter.id) for parameter in parameters]
    rows = explanation.to_table(explain(project(*parameters, *members), "Version.1")).rows
    position = [question for question, *_ in rows].index("Parameters")
    assert rows[position + 1] == ("", "and 3 more", "--format json lists all")
    assert rows[position + 2][0] == "Metrics"


def test_long_cells_are_cut(monkeypatch):
    monkeypatch.setattr(explanation, "MAX_CELL_LENGTH", 8)
    rows = rows_by_question(explain(project(), "fraud@live"))
    assert rows["Version"] == ("fraud", "models:…")
    monkeypatch.setattr(impact, "MAX_NAME_LENGTH", 4)
    table = impact.to_table(Impact((), (ImpactItem(Item("a long name"), "Run", False),)))
    assert table.rows == [("Run", "a l…", "", "itself")]


def test_an_impact_separates_direct_effects_from_later_ones():
    effects = (
        ImpactItem(Item("fit", about={"uri": "runs:/1"}), "Run", False),
        ImpactItem(Item("fraud 2"), "RegisteredModelVersion", True),
    )
    table = impact.to_table(Impact((), effects))
    assert table.columns == ("type", "name", "uri", "through")
    assert table.rows == [
        ("Run", "fit", "runs:/1", "itself"),
        ("RegisteredModelVersion", "fraud 2", "", "history"),
    ]


@pytest.mark.parametrize("selector", ["Run.r1", "LoggedModel.r1", "fraud@live"])
def test_no_two_rows_have_one_name(selector):
    questions = [
        row[0] for row in explanation.to_table(explain(project(), selector)).rows if row[0]
    ]
    assert len(questions) == len(set(questions))


def test_the_row_of_a_run_has_the_time_at_which_it_was_started():
    times = ("2024-01-05T00:00:00+00:00", "2024-01-06T00:00:00+00:00")
    creation = thing("activity", "Creation.Run.r1", "Creation", arguments=times)
    rows = rows_by_question(explain(project(creation), "Run.r1"))
    assert rows["Run"] == ("fit", "runs:/r10123, from 2024-01-05T00:00:00+00:00")


def test_a_value_is_visible_beside_a_long_name():
    parameter = thing("entity", "Param.long", "Param", name="p" * 1000, value="a value")
    member = relation("hadMember", "Run.r1", "Param.long")
    table = explanation.to_table(explain(project(parameter, member), "Run.r1"))
    assert f"{'p' * 59}… = a value" in [row[1] for row in table.rows]


def test_a_run_and_a_source_that_are_not_described_are_marked():
    foreign = document(
        thing("entity", "V", "RegisteredModelVersion", source_path="s3://bucket/model"),
        relation("wasGeneratedBy", "V", "C", None),
        relation("wasInformedBy", "C", "Creation.Run.r9"),
    )
    rows = rows_by_question(explain(foreign, "V"))
    assert rows["Registered from"] == ("s3://bucket/model (as recorded)", "")
    assert rows["Run"] == ("r9 (not in the graph)", "runs:/r9")


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_an_impact_without_effects_is_a_sentence(format_):
    text = impact.FORMATS[format_]([Impact((), ())])
    assert text == "no run, model or version was influenced\n"
    assert impact.FORMATS["csv"]([Impact((), ())]) == "type,name,uri,through\r\n"


def test_a_source_that_is_named_only_is_marked_as_not_in_the_graph():
    alone = document(
        thing(
            "entity", "V.1", "RegisteredModelVersion", name="a", version="1", uri="models:/a/1",
            source_path="models:/m-7",
        ),
        relation("wasDerivedFrom", "V.1", "LoggedModel.m-7", None, None, None),
    )  # fmt: skip
    rows = rows_by_question(explain(alone, "models:/a/1"))
    assert rows["Registered from"][0] == "models:/m-7 (not in the graph)"
