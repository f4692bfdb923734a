"""MLflow's tracking: which PROV experiments and runs, and all that belongs to them, become.

An experiment and a run are collections; a run comes into being by an activity, its creation, which
lasts from the run's start to its end, uses the parameters, datasets and the script, and is informed
by the commit. What MLflow deleted was invalidated by another activity, its deletion. The picture of
each model is in ``docs/prov-model.md``.
"""

from collections.abc import Callable, Iterator

from mlflow2prov.mapping.git import commit_of, revision_of
from mlflow2prov.mapping.language import (
    Column,
    Name,
    Pattern,
    Row,
    Template,
    activity,
    agent,
    digest,
    either,
    entity,
    had_member,
    name,
    prov,
    template,
    term,
    used,
    was_associated_with,
    was_attributed_to,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
    was_started_by,
)

# Names


def mlflow_user_of(username: Column) -> Name:
    """Name the person behind one of MLflow's user names."""
    return name("User", digest("mlflow:" + username))


def experiment_of(store: Column, experiment_id: Column) -> Name:
    """Name an experiment, whose id means something in its own store only."""
    return name("Experiment", store, experiment_id)


def run_of(run_id: Column) -> Name:
    """Name a run: unique in the world by its id."""
    return name("Run", run_id)


def run_creation_of(run_id: Column) -> Name:
    """Name the activity that made a run: the run itself, as something that happens."""
    return name("Creation.Run", run_id)


def artifact_of(owner_id: Column, path: Column) -> Name:
    """Name an artifact of a run or of a logged model."""
    return name("Artifact", owner_id, digest(path))


def metric_of(owner_id: Column, metric: Row) -> Name:
    """Name one measured value: by its key, step, time and value, all of which may repeat."""
    return name("Metric", owner_id, digest(metric.key, metric.step, metric.timestamp, metric.value))


@template(over="mlflow_users")
def mlflow_user(person: Row) -> Iterator[Pattern]:
    """Whom MLflow knows by a user name."""
    yield agent(
        mlflow_user_of(person.username),
        type=term("User"),
        username=person.username,
        label=person.username,
    )


# What runs and logged models have alike


def creation(
    this: Name,
    kind: str | Column,
    uid: Column,
    label: Column,
    started_at: Column | None = None,
    ended_at: Column | None = None,
    **more: Column,
) -> Pattern:
    """Describe the activity that makes a thing of some kind, called ``uid`` by MLflow."""
    about = {"resource_type": kind, "uid": uid, "label": label, **more}
    return activity(this, started_at, ended_at, type=term("Creation"), **about)


def deletion(this: Name, kind: str | Column, uid: Column, label: Column) -> Pattern:
    """Describe the activity that ends a thing of some kind."""
    return activity(this, type=term("Deletion"), resource_type=kind, uid=uid, label=label)


def keyed(this: Name, kind: str | Column, row: Row) -> Pattern:
    """Describe a tag or a parameter: a key and its value."""
    return entity(this, type=term(kind), name=row.key, value=row.value, label=row.key)


def measured(this: Name, metric: Row) -> Pattern:
    """Describe a value of a metric."""
    return entity(
        this,
        type=term("Metric"),
        name=metric.key,
        value=metric.value,
        timestamp=metric.timestamp,
        step=metric.step,
        label=metric.key,
    )


def stored(this: Name, kind: Name, uri: Column, artifact: Row) -> Pattern:
    """Describe a file or folder; ``uri`` is what it belongs to, as users call it."""
    return entity(
        this,
        type=kind,
        path=artifact.path,
        is_dir=artifact.is_dir,
        file_size=artifact.file_size,
        uri=uri + "/" + artifact.path,
        label=artifact.path,
    )


# Experiments


@template(over="experiments_of_store")
def experiment_addition(experiment: Row) -> Iterator[Pattern]:
    """ExperimentAddition: somebody creates an experiment."""
    this = experiment_of(experiment.store, experiment.experiment_id)
    making = name("Creation.Experiment", experiment.store, experiment.experiment_id)
    user = mlflow_user_of(experiment.user)
    yield entity(
        this,
        type=[term("Experiment"), prov("Collection")],
        experiment_id=experiment.experiment_id,
        name=experiment.name,
        artifact_location=experiment.artifact_location,
        lifecycle_stage=experiment.lifecycle_stage,
        workspace=experiment.workspace,
        label=experiment.name,
    )
    label = "creation of experiment " + experiment.name
    yield creation(making, "Experiment", experiment.experiment_id, label)
    yield was_generated_by(this, making, experiment.created_at, role=term("AddedExperiment"))
    yield was_attributed_to(this, user)
    yield was_associated_with(making, user, role=term("ExperimentAuthor"))


@template(over="tags_of_experiments")
def experiment_tag(tag: Row) -> Iterator[Pattern]:
    """A tag of an experiment."""
    this = name("ExperimentTag", tag.store, tag.experiment_id, digest(tag.key))
    yield keyed(this, "ExperimentTag", tag)
    yield had_member(experiment_of(tag.store, tag.experiment_id), this)
    yield was_attributed_to(this, mlflow_user_of(tag.user))


@template(over="experiments_of_store", where="lifecycle_stage = 'deleted'")
def experiment_deletion(experiment: Row) -> Iterator[Pattern]:
    """ExperimentDeletion: the experiment ends."""
    ending = name("Deletion.Experiment", experiment.store, experiment.experiment_id)
    label = "deletion of experiment " + experiment.name
    yield deletion(ending, "Experiment", experiment.experiment_id, label)
    yield was_invalidated_by(
        experiment_of(experiment.store, experiment.experiment_id),
        ending,
        experiment.deleted_at,
        role=term("DeletedExperiment"),
    )


@template(over="tags_of_experiments", where="lifecycle_stage = 'deleted'")
def experiment_tag_deletion(tag: Row) -> Iterator[Pattern]:
    """... and its tags,"""
    yield was_invalidated_by(
        name("ExperimentTag", tag.store, tag.experiment_id, digest(tag.key)),
        name("Deletion.Experiment", tag.store, tag.experiment_id),
        tag.deleted_at,
        role=term("DeletedExperiment"),
    )


# Runs


@template(over="runs_of_experiments")
def run_addition(run: Row) -> Iterator[Pattern]:
    """RunAddition: somebody runs a script, at a commit."""
    this, making = run_of(run.run_id), run_creation_of(run.run_id)
    user = mlflow_user_of(run.user)
    yield entity(
        this,
        type=[term("Run"), prov("Collection")],
        run_id=run.run_id,
        name=run.name,
        status=run.status,
        lifecycle_stage=run.lifecycle_stage,
        artifact_uri=run.artifact_uri,
        note=run.note,
        traces=run.traces,
        assessments=run.assessments,
        uri="runs:/" + run.run_id,
        label=run.name,
    )
    yield creation(
        making,
        "Run",
        run.run_id,
        "creation of run " + run.name,
        run.started_at,
        run.ended_at,
        source_name=run.source_name,
        commit=run.commit,
        branch=run.branch,
        dirty=run.dirty,
        repository_url=run.repository_url,
    )
    yield had_member(experiment_of(run.store, run.experiment_id), this)
    yield was_generated_by(this, making, run.started_at, role=term("AddedRun"))
    yield was_attributed_to(this, user)
    yield was_associated_with(making, user, role=term("RunAuthor"))
    yield was_informed_by(making, commit_of(run.linked_commit))
    yield used(making, revision_of(run.revision_sha, run.revision_path), role=term("Source"))


@template(over="runs_of_experiments")
def nested_run(run: Row) -> Iterator[Pattern]:
    """A nested run is a member of its parent, whose creation started its own."""
    yield had_member(run_of(run.parent_run_id), run_of(run.run_id))
    yield was_started_by(
        run_creation_of(run.run_id), run_creation_of(run.parent_run_id), run.started_at
    )


_DELETED = "lifecycle_stage = 'deleted' AND NOT is_deleted_with_experiment"


@template(over="runs_of_experiments", where=_DELETED)
def run_deletion(run: Row) -> Iterator[Pattern]:
    """RunDeletion: somebody deletes a run, which ends with its members (:func:`_deletions`)."""
    yield deletion(
        name("Deletion.Run", run.run_id), "Run", run.run_id, "deletion of run " + run.name
    )


# What belongs to runs


def run_tag_of(tag: Row) -> Name:
    """Name a tag of a run."""
    return name("RunTag", tag.run_id, digest(tag.key))


def param_of(param: Row) -> Name:
    """Name a parameter of a run."""
    return name("Param", param.run_id, digest(param.key))


def run_metric_of(metric: Row) -> Name:
    """Name a metric's value in a run."""
    return metric_of(metric.run_id, metric)


def run_artifact_of(artifact: Row) -> Name:
    """Name an artifact of a run."""
    return artifact_of(artifact.run_id, artifact.path)


@template(over="tags_of_runs")
def run_tag(tag: Row) -> Iterator[Pattern]:
    """A tag of a run."""
    this = run_tag_of(tag)
    yield keyed(this, "RunTag", tag)
    yield had_member(run_of(tag.run_id), this)
    yield was_attributed_to(this, mlflow_user_of(tag.user))


@template(over="params_of_runs")
def param(param: Row) -> Iterator[Pattern]:
    """A parameter, which the run's creation used."""
    this = param_of(param)
    yield keyed(this, "Param", param)
    yield had_member(run_of(param.run_id), this)
    yield used(run_creation_of(param.run_id), this)
    yield was_attributed_to(this, mlflow_user_of(param.user))


@template(over="metrics_of_runs")
def metric(metric: Row) -> Iterator[Pattern]:
    """A value of a metric, which the run's creation measured at the metric's own time."""
    this = run_metric_of(metric)
    yield measured(this, metric)
    yield had_member(run_of(metric.run_id), this)
    yield was_generated_by(this, run_creation_of(metric.run_id), metric.timestamp)
    yield was_attributed_to(this, mlflow_user_of(metric.user))


@template(over="artifacts_of_runs")
def artifact(artifact: Row) -> Iterator[Pattern]:
    """A file or folder that the run's creation left; a folder with an MLmodel file is a model."""
    this = run_artifact_of(artifact)
    kind = either("is_model", term("ModelArtifact"), term("Artifact"))
    yield stored(this, kind, "runs:/" + artifact.run_id, artifact)
    yield had_member(run_of(artifact.run_id), this)
    yield was_generated_by(this, run_creation_of(artifact.run_id))
    yield was_attributed_to(this, mlflow_user_of(artifact.user))


@template(over="dataset_inputs_of_runs")
def dataset_input(dataset: Row) -> Iterator[Pattern]:
    """A dataset, the same for all runs that used it, and the context in which this one did."""
    this = name("Dataset", digest(dataset.name, dataset.digest))
    yield entity(
        this,
        type=term("Dataset"),
        name=dataset.name,
        digest=dataset.digest,
        source_type=dataset.source_type,
        source=dataset.source,
        schema=dataset.schema,
        profile=dataset.profile,
        label=dataset.name,
    )
    yield used(run_creation_of(dataset.run_id), this, context=dataset.context)


def _deletions(over: str, ended: Callable[[Row], Name]) -> tuple[Template, Template]:
    """Make the templates that end runs or one kind of their members, with the run or its experiment."""

    @template(over=over, where=_DELETED)
    def deletion_with_run(row: Row) -> Iterator[Pattern]:
        ending = name("Deletion.Run", row.run_id)
        yield was_invalidated_by(ended(row), ending, row.deleted_at, role=term("DeletedRun"))

    @template(over=over, where="is_deleted_with_experiment")
    def deletion_with_experiment(row: Row) -> Iterator[Pattern]:
        yield was_invalidated_by(
            ended(row),
            name("Deletion.Experiment", row.store, row.experiment_id),
            row.experiment_deleted_at,
            role=term("DeletedExperiment"),
        )

    return deletion_with_run, deletion_with_experiment


TEMPLATES = (
    mlflow_user,
    experiment_addition,
    experiment_tag,
    experiment_deletion,
    experiment_tag_deletion,
    run_addition,
    nested_run,
    run_deletion,
    run_tag,
    param,
    metric,
    artifact,
    dataset_input,
    *_deletions("runs_of_experiments", lambda run: run_of(run.run_id)),
    *_deletions("tags_of_runs", run_tag_of),
    *_deletions("params_of_runs", param_of),
    *_deletions("metrics_of_runs", run_metric_of),
    *_deletions("artifacts_of_runs", run_artifact_of),
)
