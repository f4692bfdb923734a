"""Histories as text: when, what, from which value to which; or why there is nothing."""

import csv
import io
import json

import pytest

from mlflow2prov import history
from mlflow2prov.analysis.history import ObservedChange
from mlflow2prov.render import FORMATS
from mlflow2prov.render.history import MAX_VALUE_LENGTH, when
from tests.observations import HISTORY, changes, document_of, night

RENDER = FORMATS["history"]
ONE, TWO, TIME = night(0), night(1), "2026-01-01T12:00:00+00:00"


def change(**times):
    unknown = dict.fromkeys(("not_before", "not_after", "changed_at", "time_source"))
    return ObservedChange("c", "runs:/r", None, None, "status", None, None, None, **unknown | times)


@pytest.mark.parametrize(
    ("times", "text"),
    [
        ({"not_before": ONE, "not_after": TWO}, f"between {ONE} and {TWO}"),
        (
            {"not_before": ONE, "not_after": TWO, "changed_at": TIME, "time_source": "end_time"},
            f"{TIME} (end_time)",
        ),
        ({"changed_at": TIME}, f"{TIME} (recorded)"),
        ({"not_after": TWO}, f"before {TWO}"),
        ({"not_before": ONE}, f"after {ONE}"),
        ({}, "-"),
    ],
)
def test_the_time_of_a_change_is_exact_or_within_bounds(times, text):
    assert when(change(**times)) == text


@pytest.fixture(scope="module")
def document():
    long = changes("models:/wine", "description", "x" * 200, "a | b\n# c", nights=(30, 31))
    return document_of([*HISTORY, *long])


def test_a_table_has_a_line_for_each_change(document):
    lines = RENDER["table"]([history(document, "models:/wine/2")]).splitlines()
    assert lines[0].split() == ["when", "subject", "property", "old", "new"]
    assert lines[2].split() == [
        *("between", night(0), "and", night(5), "models:/wine/2", "stage", "None", "Staging")
    ]
    assert lines[-1].split()[-4:] == ["tag", "approved", "-", "yes"]


def test_a_long_value_is_cut_except_in_json(document):
    result = history(document, "models:/wine")
    assert f"{'x' * (MAX_VALUE_LENGTH - 1)}…" in RENDER["table"]([result])
    (description,) = (
        change
        for change in json.loads(RENDER["json"]([result]))["changes"]
        if change["property"] == "description"
    )
    assert description["old_value"] == "x" * 200
    assert description["new_value"] == "a | b\n# c"


def test_json_has_every_detail(document):
    result = json.loads(RENDER["json"]([history(document, "runs:/r1")]))
    assert result["selectors"] == ["runs:/r1"]
    (change,) = result["changes"]
    assert change.pop("identifier").startswith("ObservedChange.")
    assert change == {
        "subject": "runs:/r1",
        "subject_identifier": "Run.r1",
        "type": "Run",
        "property": "status",
        "key": None,
        "old_value": "running",
        "new_value": "finished",
        "not_before": night(0),
        "not_after": night(1),
        "changed_at": night(0),
        "time_source": "end_time",
    }


def test_markdown_and_csv_have_the_same_rows(document):
    result = history(document, "models:/wine")
    rows = list(csv.reader(io.StringIO(RENDER["csv"]([result]))))
    assert len(rows) == 1 + len(result.changes)
    lines = RENDER["markdown"]([result]).splitlines()
    assert len(lines) == 2 + len(result.changes)
    assert all(line.replace("\\|", "").count("|") == 6 for line in lines)


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_a_history_without_changes_is_a_sentence(document, name):
    assert RENDER[name]([history(document_of([]))]) == (
        "no observed changes; mlflow2prov update --state FILE records them, from its second run on\n"
    )
    assert RENDER[name]([history(document, since="2030")]) == "no observed change\n"
    only_version = document_of(changes("models:/wine/1", "stage", "None", "Staging"))
    result = history(only_version, "models:/wine/1", since="2030")
    assert RENDER[name]([result]) == "no observed change of models:/wine/1\n"
    assert RENDER["csv"]([result]) == "when,subject,property,old,new\r\n"
