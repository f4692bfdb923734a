"""Logged models of MLflow 3: collections that one run creates and other runs use."""

from mlflow2prov.mapping.git import commit_of
from mlflow2prov.mapping.language import (
    Column,
    QName,
    Row,
    Statements,
    digest,
    entity,
    had_member,
    prov,
    qname,
    rule,
    term,
    used,
    was_attributed_to,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
)
from mlflow2prov.mapping.mlflow import (
    artifact_entity,
    artifact_of,
    deletion_activity,
    key_value_entity,
    metric_entity,
    metric_of,
    mlflow_user_of,
)
from mlflow2prov.mapping.tracking import run_creation_of, run_of


def logged_model_of(model_id: Column) -> QName:
    """Name a logged model by its id, which is unique across stores."""
    return qname("LoggedModel", model_id)


@rule(table="logged_models_of_runs")
def logged_model(model: Row) -> Statements:
    """Describe a logged model, which the creation of its source run generated."""
    this = logged_model_of(model.model_id)
    creation = run_creation_of(model.source_run_id)
    yield entity(
        this,
        type=[term("LoggedModel"), prov("Collection")],
        model_id=model.model_id,
        name=model.name,
        model_type=model.model_type,
        status=model.status,
        lifecycle_stage=model.lifecycle_stage,
        artifact_location=model.artifact_location,
        commit=model.commit,
        branch=model.branch,
        dirty=model.dirty,
        repository_url=model.repository_url,
        created_at=model.created_at,
        last_updated_at=model.last_updated_at,
        uri="models:/" + model.model_id,
        label=model.name,
    )
    yield had_member(run_of(model.source_run_id), this)
    yield was_generated_by(this, creation, model.created_at)
    yield was_attributed_to(this, mlflow_user_of(model.user))
    yield was_informed_by(creation, commit_of(model.linked_commit))


@rule(table="logged_models_of_runs", where="lifecycle_stage = 'deleted'")
def logged_model_deletion(model: Row) -> Statements:
    """End a logged model that MLflow marks as deleted, at the time of its last update."""
    deletion = qname("Deletion.LoggedModel", model.model_id)
    yield deletion_activity(
        deletion, "LoggedModel", model.model_id, label="deletion of logged model " + model.name
    )
    yield was_invalidated_by(
        logged_model_of(model.model_id),
        deletion,
        model.last_updated_at,
        role=term("DeletedLoggedModel"),
    )


@rule(table="run_models", where="direction = 'input'")
def model_input(link: Row) -> Statements:
    """Connect a run to a model that it used."""
    yield used(run_creation_of(link.run_id), logged_model_of(link.model_id))


@rule(table="run_models", where="direction = 'output'")
def model_output(link: Row) -> Statements:
    """Make a model a member of a run that produced it."""
    yield had_member(run_of(link.run_id), logged_model_of(link.model_id))


@rule(table="logged_model_tags")
def logged_model_tag(tag: Row) -> Statements:
    """Describe a tag of a logged model."""
    this = qname("LoggedModelTag", tag.model_id, digest(tag.key))
    yield key_value_entity(this, "LoggedModelTag", tag)
    yield had_member(logged_model_of(tag.model_id), this)


@rule(table="logged_model_params")
def logged_model_param(param: Row) -> Statements:
    """Describe a parameter of a logged model."""
    this = qname("Param", param.model_id, digest(param.key))
    yield key_value_entity(this, "Param", param)
    yield had_member(logged_model_of(param.model_id), this)


@rule(table="logged_model_metrics")
def logged_model_metric(metric: Row) -> Statements:
    """Describe a value of a metric of a logged model, which a run measured."""
    this = metric_of(metric.model_id, metric)
    yield metric_entity(this, metric)
    yield had_member(logged_model_of(metric.model_id), this)
    yield was_generated_by(this, run_creation_of(metric.run_id), metric.timestamp)


@rule(table="logged_model_artifacts")
def logged_model_artifact(artifact: Row) -> Statements:
    """Describe a file or folder of a logged model."""
    this = artifact_of(artifact.model_id, artifact.path)
    yield artifact_entity(this, term("Artifact"), "models:/" + artifact.model_id, artifact)
    yield had_member(logged_model_of(artifact.model_id), this)


RULES = (
    logged_model,
    logged_model_deletion,
    model_input,
    model_output,
    logged_model_tag,
    logged_model_param,
    logged_model_metric,
    logged_model_artifact,
)
