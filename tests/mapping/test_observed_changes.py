"""Observed changes: an activity within bounds, which ends a state of its subject and begins another."""

import pytest
from hypothesis import given

from mlflow2prov import formats, merge, validate
from tests.formats import differences, write
from tests.mapping.test_rules import attributes, relations
from tests.observations import (
    HISTORY,
    IDENTIFIERS,
    REGISTRY,
    SUBJECTS,
    TIME,
    changes,
    document_of,
    histories,
    night,
)


def statements(*rows):
    return list(document_of(rows).statements())


def of_type(statements, name):
    """Return the identifiers of the elements of a type, in order."""
    return sorted(
        statement.id
        for statement in statements
        if any(a.key == "prov:type" and a.value == name for a in statement.attributes)
    )


def state(statements, value):
    """Return the identifier of the only state with a value."""
    (name,) = (
        name
        for name in of_type(statements, "ObservedState")
        if attributes(statements, name)["value"] == [value]
    )
    return name


def test_a_change_ends_a_state_and_begins_another():
    result = statements(*changes("models:/wine@production", "version", "1", "2"))
    (change,) = of_type(result, "ObservedChange")
    old, new = state(result, "1"), state(result, "2")
    assert relations(result, "wasInvalidatedBy") == [(old, change, None)]
    assert relations(result, "wasGeneratedBy") == [(new, change, None)]
    assert relations(result, "used") == [(change, old, None)]
    assert [row[:3] for row in relations(result, "wasDerivedFrom")] == [(new, old, change)]
    (derivation,) = (s for s in result if s.kind == "wasDerivedFrom")
    assert [a.value for a in derivation.attributes] == ["prov:Revision"]


def test_a_change_has_its_bounds_and_no_time_of_its_own():
    result = statements(*changes("models:/wine/1", "tag", "a", "b", key="team", nights=(3, 5)))
    (change,) = (s for s in result if s.kind == "activity")
    assert change.arguments == (None, None)
    about = attributes(result, change.id)
    assert about["not_before"] == [night(3)] and about["not_after"] == [night(5)]
    assert (about["property"], about["key"]) == (["tag"], ["team"])
    assert (about["old_value"], about["new_value"]) == (["a"], ["b"])
    assert about["resource_type"] == ["RegisteredModelVersion"]
    assert about["subject_uri"] == ["models:/wine/1"]
    assert about["subject"] == [IDENTIFIERS["models:/wine/1"]]
    assert about["registered_model"] == [IDENTIFIERS["models:/wine"]]
    assert about["prov:label"] == ["tag team of models:/wine/1"]
    assert "time_source" not in about


def test_a_time_that_mlflow_recorded_is_the_time_of_the_change_and_names_its_source():
    row = changes("runs:/r1", "status", "running", "finished")[0]
    result = statements(row | {"changed_at": TIME, "time_source": "end_time"})
    (change,) = (s for s in result if s.kind == "activity")
    assert change.arguments == (TIME, TIME)
    assert attributes(result, change.id)["time_source"] == ["end_time"]
    for kind, time in (("wasGeneratedBy", 2), ("wasInvalidatedBy", 2), ("used", 2)):
        assert relations(result, kind)[0][time] == TIME
    without_time = statements(row | {"time_source": "end_time"})
    assert "time_source" not in attributes(without_time, change.id)


@pytest.mark.parametrize("uri", SUBJECTS)
def test_a_state_specializes_its_subject_which_is_neither_generated_nor_invalidated(uri):
    result = statements(*changes(uri, "description", "a", "b"))
    states = of_type(result, "ObservedState")
    assert len(states) == 2
    subjects = {general for _, general in relations(result, "specializationOf")}
    assert len(relations(result, "specializationOf")) == 2 and len(subjects) == 1
    assert subjects == {IDENTIFIERS.get(uri, *subjects)}
    for kind in ("wasGeneratedBy", "wasInvalidatedBy"):
        assert {row[0] for row in relations(result, kind)} <= set(states)
    (change,) = of_type(result, "ObservedChange")
    assert set(attributes(result, change)["subject"]) == subjects


def test_the_subject_is_the_element_that_the_extraction_describes():
    result = list(document_of(HISTORY, **REGISTRY).statements())
    subjects = {
        general
        for specific, general in relations(result, "specializationOf")
        if specific.startswith("ObservedState.")
    }
    described = {s.id for s in result if s.kind == "entity"}
    names = {name.partition(".")[0] for name in subjects & described}
    assert names == {"Run", "RegisteredModelVersion", "RegisteredModelAlias"}
    vanished = {IDENTIFIERS["models:/wine/1"]}
    assert vanished < subjects - described


def test_the_address_of_an_experiment_has_its_id_because_its_name_may_change():
    row = changes("Experiment:1", "name", "wine", "beer")[0] | {"uri": "beer"}
    result = statements(row)
    (change,) = of_type(result, "ObservedChange")
    assert attributes(result, change)["subject_uri"] == ["Experiment:1"]


def test_a_store_and_a_branch_are_described_because_no_other_rule_does():
    result = statements(
        *changes("http://127.0.0.1:5000", "identity", "a", "b"),
        *changes("refs/heads/main", "tip", "1" * 40, "2" * 40),
    )
    (store,), (branch,) = of_type(result, "Store"), of_type(result, "Branch")
    assert attributes(result, store)["uri"] == ["http://127.0.0.1:5000"]
    assert attributes(result, branch)["name"] == ["refs/heads/main"]


def test_a_state_is_described_once_where_one_change_begins_it_and_another_ends_it():
    result = statements(*changes("models:/wine/1", "stage", "None", "Staging", "Archived"))
    assert len(of_type(result, "ObservedState")) == 3
    staging = state(result, "Staging")
    begins, ends = relations(result, "wasGeneratedBy"), relations(result, "wasInvalidatedBy")
    assert [row[0] for row in begins].count(staging) == 1
    assert [row[0] for row in ends].count(staging) == 1
    assert "observed_at" not in attributes(result, staging)


def test_a_state_has_the_time_of_its_first_observation():
    result = statements(*changes("models:/wine/1", "stage", "None", "Staging"))
    about = attributes(result, state(result, "None"))
    assert about["observed_at"] == [night(0)]
    assert about["prov:label"] == ["stage"]


def test_a_value_that_returns_is_another_state():
    result = statements(*changes("models:/wine@production", "version", "1", "2", "1"))
    assert len(of_type(result, "ObservedState")) == 3
    assert validate(
        document_of(changes("models:/wine@production", "version", "1", "2", "1"))
    ).is_valid


def test_the_absence_of_a_value_is_not_a_state():
    result = statements(*changes("models:/wine/1", "tag", None, "a", None, "b", key="t"))
    assert len(of_type(result, "ObservedChange")) == 3
    assert len(of_type(result, "ObservedState")) == 2
    assert len(relations(result, "wasInvalidatedBy")) == 1
    assert len(relations(result, "wasGeneratedBy")) == 2
    assert relations(result, "wasDerivedFrom") == []


def test_a_deleted_run_has_no_state_because_its_deletion_ends_it():
    rows = changes("runs:/r1", "lifecycle_stage", "active", "deleted", "active")
    result = statements(*rows)
    states = of_type(result, "ObservedState")
    assert [attributes(result, name)["value"] for name in states] == [["active"]] * 2
    changes_of = of_type(result, "ObservedChange")
    assert [attributes(result, name)["new_value"] for name in changes_of]
    tag = statements(*changes("models:/wine/1", "tag", "deleted", "x", key="lifecycle_stage"))
    assert len(of_type(tag, "ObservedState")) == 2


# The whole: valid, mergeable, the same in every format.


def test_a_history_beside_its_project_is_valid():
    deleted = {"lifecycle_stage": "deleted", "deleted_at": night(3)}
    run = REGISTRY["runs"][0] | deleted
    rows = [*HISTORY, *changes("runs:/r1", "lifecycle_stage", "active", "deleted")]
    for tables in (REGISTRY, REGISTRY | {"runs": [run]}):
        report = validate(document_of(rows, **tables))
        assert report.is_valid, report


def test_two_states_of_a_project_merge():
    yesterday = document_of([row for row in HISTORY if row["not_after"] <= night(10)], **REGISTRY)
    today = document_of(HISTORY, **REGISTRY)
    merged = merge([yesterday, today])
    assert merged == today
    assert validate(merged).is_valid


def test_two_observers_of_a_project_merge():
    """Their bounds differ, and so do the ids of their changes and states, apart from those of the first states."""
    others = [
        row
        | {key: f"{row[key]}'" for key in ("change_id", "new_state")}
        | {"old_state": row["old_state"] + ("" if row["old_state_since"] else "'")}
        | {"not_after": night(25)}
        for row in HISTORY
    ]
    merged = merge([document_of(HISTORY, **REGISTRY), document_of(others, **REGISTRY)])
    assert validate(merged).is_valid
    assert len(of_type(merged.statements(), "ObservedChange")) == 2 * len(HISTORY)


ODD = "\u2028 <&> \"'\\ ;-- =1+1 \u0416\u6f22\U0001f600\n\t{{x}} %s"


@pytest.fixture(scope="module")
def odd_document():
    odd = changes("models:/wine/2", "tag", ODD, "", None, ODD, key=ODD)
    return document_of([*HISTORY, *odd], **REGISTRY)


@pytest.mark.parametrize("name", formats.READABLE)
def test_a_history_is_the_same_after_writing_and_reading(name, odd_document):
    result = formats.read(write(odd_document, name))
    assert result == odd_document, differences(odd_document, result)


@given(rows=histories())
def test_every_history_is_valid(rows):
    document = document_of(rows)
    report = validate(document)
    assert report.is_valid, report
    assert len(of_type(document.statements(), "ObservedChange")) == len(rows)
