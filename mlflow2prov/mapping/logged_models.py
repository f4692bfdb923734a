"""MLflow 3's logged models: entities of their own, which a run puts out and others take in."""

from collections.abc import Iterator

from mlflow2prov.mapping.git import commit_of
from mlflow2prov.mapping.language import (
    Column,
    Name,
    Pattern,
    Row,
    digest,
    entity,
    had_member,
    name,
    prov,
    template,
    term,
    used,
    was_attributed_to,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
)
from mlflow2prov.mapping.tracking import (
    artifact_of,
    deletion,
    keyed,
    measured,
    metric_of,
    mlflow_user_of,
    run_creation_of,
    run_of,
    stored,
)


def logged_model_of(model_id: Column) -> Name:
    """Name a logged model: unique in the world by its id."""
    return name("LoggedModel", model_id)


@template(over="logged_models_of_runs")
def logged_model(model: Row) -> Iterator[Pattern]:
    """A model, which the creation of its source run generated."""
    this = logged_model_of(model.model_id)
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
    yield was_generated_by(this, run_creation_of(model.source_run_id), model.created_at)
    yield was_attributed_to(this, mlflow_user_of(model.user))
    yield was_informed_by(run_creation_of(model.source_run_id), commit_of(model.linked_commit))


@template(over="logged_models_of_runs", where="lifecycle_stage = 'deleted'")
def logged_model_deletion(model: Row) -> Iterator[Pattern]:
    """A logged model that MLflow keeps as deleted, at the time of its last update."""
    ending = name("Deletion.LoggedModel", model.model_id)
    label = "deletion of logged model " + model.name
    yield deletion(ending, "LoggedModel", model.model_id, label)
    yield was_invalidated_by(
        logged_model_of(model.model_id),
        ending,
        model.last_updated_at,
        role=term("DeletedLoggedModel"),
    )


@template(over="run_models", where="direction = 'input'")
def model_input(link: Row) -> Iterator[Pattern]:
    """A model that a run took in."""
    yield used(run_creation_of(link.run_id), logged_model_of(link.model_id))


@template(over="run_models", where="direction = 'output'")
def model_output(link: Row) -> Iterator[Pattern]:
    """A model that a run put out."""
    yield had_member(run_of(link.run_id), logged_model_of(link.model_id))


@template(over="logged_model_tags")
def logged_model_tag(tag: Row) -> Iterator[Pattern]:
    """A tag of a logged model."""
    this = name("LoggedModelTag", tag.model_id, digest(tag.key))
    yield keyed(this, "LoggedModelTag", tag)
    yield had_member(logged_model_of(tag.model_id), this)


@template(over="logged_model_params")
def logged_model_param(param: Row) -> Iterator[Pattern]:
    """A parameter of a logged model."""
    this = name("Param", param.model_id, digest(param.key))
    yield keyed(this, "Param", param)
    yield had_member(logged_model_of(param.model_id), this)


@template(over="logged_model_metrics")
def logged_model_metric(metric: Row) -> Iterator[Pattern]:
    """A value of a metric of a logged model, measured by a run."""
    this = metric_of(metric.model_id, metric)
    yield measured(this, metric)
    yield had_member(logged_model_of(metric.model_id), this)
    yield was_generated_by(this, run_creation_of(metric.run_id), metric.timestamp)


@template(over="logged_model_artifacts")
def logged_model_artifact(artifact: Row) -> Iterator[Pattern]:
    """A file or folder of a logged model."""
    this = artifact_of(artifact.model_id, artifact.path)
    yield stored(this, term("Artifact"), "models:/" + artifact.model_id, artifact)
    yield had_member(logged_model_of(artifact.model_id), this)


TEMPLATES = (
    logged_model,
    logged_model_deletion,
    model_input,
    model_output,
    logged_model_tag,
    logged_model_param,
    logged_model_metric,
    logged_model_artifact,
)
