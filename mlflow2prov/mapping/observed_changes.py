"""Observed changes: facts that MLflow and Git overwrote between two observations of a project.

A change is an activity that happened in an interval. It has a start and an end only if MLflow recorded its time. A
state is an entity: the subject, as long as one of its properties has one value. The change ends the old state and
begins the new one. It neither generates nor invalidates the subject itself, which persists or may reappear.

The absence of a value is not a state. The value ``deleted`` of ``lifecycle_stage`` is none either: the deletion ends
the subject (:mod:`~mlflow2prov.mapping.tracking`), and a specialization cannot outlive what it specializes
(PROV-CONSTRAINTS, constraint 46).
"""

from mlflow2prov.mapping.language import (
    Column,
    QName,
    Row,
    Statements,
    activity,
    choose,
    digest,
    entity,
    name_when,
    prov,
    qname,
    rule,
    specialization_of,
    term,
    used,
    was_derived_from,
    was_generated_by,
    was_invalidated_by,
    when,
)
from mlflow2prov.mapping.logged_models import logged_model_of
from mlflow2prov.mapping.model_registry import alias_of, model_of, version_of
from mlflow2prov.mapping.tracking import experiment_of, run_of


def store_of(url: Column) -> QName:
    """Name an MLflow store by its URL, because everything else about it may change."""
    return qname("Store", digest(url))


def branch_of(identity: Column, name: Column) -> QName:
    """Name a branch by the identity of its repository and its full name."""
    return qname("Branch", digest(identity, name))


def change_of(row: Row) -> QName:
    """Name a change by its id."""
    return qname("ObservedChange", digest(row.change_id))


def subject_of(row: Row) -> QName:
    """Name the subject of a change as the rules for its kind do."""
    return choose(
        row.subject,
        {
            "store": store_of(row.uri),
            "experiment": experiment_of(row.identity, row.experiment_id),
            "run": run_of(row.run_id),
            "logged_model": logged_model_of(row.model_id),
            "registered_model": model_of(row),
            "version": version_of(row),
            "alias": alias_of(row),
            "branch": branch_of(row.identity, row.name),
        },
    )


def old_state_of(row: Row) -> QName:
    """Name the state that a change ended; it is unknown if there was none."""
    return _state(row.old_state, "old_value")


def new_state_of(row: Row) -> QName:
    """Name the state that a change began; it is unknown if there is none."""
    return _state(row.new_state, "new_value")


def _state(state: Column, value: str) -> QName:
    is_deletion = f"property = 'lifecycle_stage' AND {value} = 'deleted'"
    return name_when(
        f"{value} IS NOT NULL AND NOT ({is_deletion})", qname("ObservedState", digest(state))
    )


_IS_REGISTERED = "subject IN ('registered_model', 'version', 'alias')"


@rule(table="changes_of_subjects")
def observed_change(change: Row) -> Statements:
    """ObservedChange: a property of a subject changed between two observations."""
    this, old, new = change_of(change), old_state_of(change), new_state_of(change)
    yield activity(
        this,
        change.changed_at,
        change.changed_at,
        type=term("ObservedChange"),
        resource_type=change.resource_type,
        subject=subject_of(change),
        subject_uri=change.address,
        registered_model=when(_IS_REGISTERED, model_of(change)),
        property=change.property,
        key=change.key,
        old_value=change.old_value,
        new_value=change.new_value,
        not_before=change.not_before,
        not_after=change.not_after,
        time_source=when("changed_at IS NOT NULL", change.time_source),
        label=change.label,
    )
    yield was_invalidated_by(old, this, change.changed_at)
    yield was_generated_by(new, this, change.changed_at)
    yield used(this, old, change.changed_at)
    yield was_derived_from(new, old, this, type=prov("Revision"))


@rule(table="changes_of_subjects")
def old_state(change: Row) -> Statements:
    """Describe the state that a change ended."""
    yield from _description(
        old_state_of(change), change, value=change.old_value, observed_at=change.old_state_since
    )


@rule(table="changes_of_subjects")
def new_state(change: Row) -> Statements:
    """Describe the state that a change began."""
    yield from _description(new_state_of(change), change, value=change.new_value)


def _description(state: QName, change: Row, **attributes: Column) -> Statements:
    yield entity(
        state,
        type=term("ObservedState"),
        subject_uri=change.address,
        property=change.property,
        key=change.key,
        label=change.property_name,
        **attributes,
    )
    yield specialization_of(state, subject_of(change))


@rule(table="changes_of_subjects", where="subject = 'store'")
def store(change: Row) -> Statements:
    """Describe an MLflow store whose identity changed."""
    yield entity(store_of(change.uri), type=term("Store"), uri=change.uri, label=change.uri)


@rule(table="changes_of_subjects", where="subject = 'branch'")
def branch(change: Row) -> Statements:
    """Describe a branch whose tip changed."""
    yield entity(
        branch_of(change.identity, change.name),
        type=term("Branch"),
        name=change.name,
        label=change.name,
    )


RULES = (
    observed_change,
    old_state,
    new_state,
    store,
    branch,
)
