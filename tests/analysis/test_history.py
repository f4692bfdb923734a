"""History: the observed changes of a subject, in order, even if the subject no longer exists."""

from datetime import datetime

import pytest
from hypothesis import given

from mlflow2prov import Attribute, Document, Statement, history, merge, validate
from mlflow2prov.errors import ConfigurationError, SelectionError
from tests.analysis.graphs import project
from tests.observations import (
    HISTORY,
    IDENTIFIERS,
    REGISTRY,
    changes,
    document_of,
    histories,
    night,
)
from tests.property_tests import examples
from tests.prov.statements import PREFIXES, QUALIFIED


@pytest.fixture(scope="module")
def document():
    return document_of(HISTORY, **REGISTRY)


def values(result):
    return [(change.subject, change.old_value, change.new_value) for change in result.changes]


PRODUCTION = [("models:/wine@production", "1", "2"), ("models:/wine@production", "2", "3")]
OLD = [("models:/wine@old", None, "1"), ("models:/wine@old", "1", None)]
FIRST = [("models:/wine/1", "present", None)]
RUN = [("runs:/r1", "running", "finished")]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("models:/wine@production", PRODUCTION),
        ("wine@production", PRODUCTION),
        ("RegisteredModelAlias:production", PRODUCTION),
        ("runs:/r1", RUN),
        ("Run:fit", RUN),
        ("models:/wine@old", OLD),
        ("wine@old", OLD),
        ("models:/wine/1", FIRST),
        ("wine/1", FIRST),
        ("RegisteredModelVersion:wine/1", FIRST),
        (IDENTIFIERS["models:/wine/1"], FIRST),
        ("Experiment:1", []),
    ],
)
def test_a_subject_is_found_whether_it_exists_or_not(document, selector, expected):
    assert values(history(document, selector)) == expected


@pytest.mark.parametrize("selector", ["models:/wine", "wine", "RegisteredModel:wine"])
def test_a_model_has_the_changes_of_its_versions_and_aliases(document, selector):
    assert len(history(document, selector).changes) == len(HISTORY) - len(RUN)
    without_model = document_of(HISTORY)
    assert history(without_model, selector).changes == history(document, selector).changes


@pytest.mark.parametrize(
    ("uri", "selectors"),
    [
        ("Experiment:1", ["Experiment:1", "experiment_id=1"]),
        ("runs:/r1", ["Run:r1", "run_id=r1"]),
        ("models:/m-1", ["LoggedModel:m-1", "models:/m-1"]),
        ("prompts:/greeting/1", ["prompts:/greeting", "greeting", "PromptVersion:greeting/1"]),
        ("refs/heads/main", ["refs/heads/main", "Branch:refs/heads/main"]),
        ("http://127.0.0.1:5000", ["http://127.0.0.1:5000"]),
    ],
)
def test_a_vanished_subject_of_any_kind_is_found(uri, selectors):
    lost = document_of([*HISTORY, *changes(uri, "presence", "present", None, "present")])
    for selector in selectors:
        found = [
            change for change in history(lost, selector).changes if change.property == "presence"
        ]
        assert [change.subject for change in found] == [uri, uri]


def test_an_address_has_the_changes_of_each_subject_that_it_had(document):
    """A model was deleted, and another one of this name was created."""
    (row,) = changes("models:/wine", "presence", "present", None)
    predecessor = row | {"identity": "ffff", "change_id": "predecessor"}
    both = document_of([*HISTORY, predecessor], **REGISTRY)
    assert len(history(both, "models:/wine").changes) == len(history(document, "wine").changes) + 1
    only = history(both, "RegisteredModel.ffff").changes
    assert [change.property for change in only] == ["presence"]


def test_a_change_has_every_detail(document):
    (change,) = history(document, "runs:/r1").changes
    assert change.identifier.startswith("ObservedChange.")
    assert (change.subject_identifier, change.type) == ("Run.r1", "Run")
    assert (change.property, change.key) == ("status", None)
    assert (change.not_before, change.not_after) == (night(0), night(1))
    assert (change.changed_at, change.time_source) == (night(0), "end_time")
    tag = next(c for c in history(document, "models:/wine/2").changes if c.key)
    assert (tag.property, tag.key, tag.old_value, tag.new_value) == ("tag", "approved", None, "yes")
    assert (tag.changed_at, tag.time_source) == (None, None)


def test_without_a_selector_all_changes_are_listed(document):
    result = history(document)
    assert len(result.changes) == len(HISTORY) and result.selectors == ()
    assert repr(result) == "<ObservedHistory: 9 changes>"


def test_several_selectors_have_one_order_and_no_change_twice(document):
    result = history(document, ["wine@production", "models:/wine", "runs:/r1"])
    assert result.changes == history(document).changes


@pytest.mark.parametrize("selector", ["models:/beer", "wine@nothing", "Run:x", "models:/wine/9"])
def test_an_unknown_subject_is_an_error(document, selector):
    with pytest.raises(SelectionError, match="nothing in the document matches"):
        history(document, selector)


def test_a_document_without_changes_has_no_history():
    result = history(project(), "fraud@live")
    assert result.changes == () and not result.is_observed
    assert history(Document()).changes == ()
    with pytest.raises(ConfigurationError):
        history(project(), 3)


def test_a_time_that_mlflow_recorded_counts_only_within_the_bounds():
    """The clock of the server was two days ahead."""
    first = changes("models:/wine/2", "stage", "None", "Staging", nights=(0, 1))
    second = changes("models:/wine/2", "tag", "a", "b", key="t", nights=(1, 2))
    ahead = {"changed_at": night(3), "time_source": "last_updated_timestamp"}
    result = history(document_of([first[0] | ahead, *second]), "models:/wine/2")
    assert [change.property for change in result.changes] == ["stage", "tag"]


def test_changes_are_listed_in_the_order_of_time_whatever_the_offset():
    rows = changes("models:/wine/2", "stage", "None", "Staging", "Production")
    rows[0] |= {"changed_at": "2026-01-01T23:30:00-02:00", "time_source": "last_updated_timestamp"}
    tag = changes("models:/wine/2", "tag", None, "x", key="t", nights=(0, 1))[0]
    tag |= {"changed_at": "2026-01-02T01:00:00+00:00", "time_source": "last_updated_timestamp"}
    result = history(document_of([*rows, tag]))
    assert [change.new_value for change in result.changes] == ["x", "Staging", "Production"]


def moment(row):
    return datetime.fromisoformat(row["changed_at"] if row.get("changed_at") else row["not_after"])


@pytest.mark.parametrize(
    ("since", "number"), [("2025", 9), (night(10), 7), ("2026-01-12", 3), ("2026-02", 0)]
)
def test_changes_that_were_observed_before_a_date_are_left_out(document, since, number):
    result = history(document, since=since)
    assert len(result.changes) == number and result.is_observed
    assert result.changes == history(document).changes[9 - number :]
    with pytest.raises(ConfigurationError, match="since: 'someday' is not a date"):
        history(document, since="someday")


@pytest.mark.parametrize("value", ["x y", "undeclared:x", "", "Run.r"])
def test_a_change_of_another_program_is_listed_as_far_as_it_is_known(value):
    reference = Attribute("subject", value)
    kind = Attribute("resource_type", value)
    typed = Attribute("prov:type", "ObservedChange", QUALIFIED)
    uri = Attribute("subject_uri", "runs:/r")
    odd = Statement("activity", "c", (night(0), None), (typed, reference, kind, uri))
    bare = Statement("activity", "d", (None, None), (typed,))
    graph = Document.from_statements([odd, bare], PREFIXES)
    assert [change.subject for change in history(graph).changes] == ["runs:/r", "-"]
    assert [change.identifier for change in history(graph, "runs:/r").changes] == ["c"]
    with pytest.raises(SelectionError):
        history(graph, "Run:nothing")


FIELDS = ("property", "key", "old_value", "new_value", "not_before", "not_after", "changed_at")


def fields(change):
    get = change.get if isinstance(change, dict) else lambda name: getattr(change, name)
    subject = get("uri") if isinstance(change, dict) else change.subject
    return (subject, *map(get, FIELDS))


@examples(0.3)
@given(rows=histories())
def test_a_history_lists_exactly_the_changes_in_order_and_is_valid(rows):
    document = document_of(rows)
    assert validate(document).is_valid
    result = history(document).changes
    assert sorted(map(str, map(fields, result))) == sorted(map(str, map(fields, rows)))
    times = {fields(row): moment(row) for row in rows}
    assert [times[fields(change)] for change in result] == sorted(
        times[fields(row)] for row in rows
    )
    for uri in {row["uri"] for row in rows}:
        own = [change for change in result if change.subject == uri]
        if uri != "models:/wine":
            assert list(history(document, uri).changes) == own
    assert history(merge([document, document_of(rows[:1])])).changes == result
