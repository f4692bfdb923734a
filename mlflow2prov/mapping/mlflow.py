"""Parts of the mapping that MLflow's families share: users, creations and deletions, tags, metrics, artifacts."""

from mlflow2prov.mapping.language import (
    Column,
    QName,
    Row,
    StatementPattern,
    activity,
    digest,
    entity,
    qname,
    term,
)

# Names


def mlflow_user_of(username: Column) -> QName:
    """Name a person by MLflow's user name."""
    return qname("User", digest("mlflow:" + username))


def artifact_of(owner_id: Column, path: Column) -> QName:
    """Name an artifact of a run or of a logged model."""
    return qname("Artifact", owner_id, digest(path))


def metric_of(owner_id: Column, metric: Row) -> QName:
    """Name a value of a metric by its key, step, time and value, because each of them may repeat."""
    return qname(
        "Metric", owner_id, digest(metric.key, metric.step, metric.timestamp, metric.value)
    )


# Descriptions


def creation_activity(
    id: QName,  # noqa: A002
    resource_type: str | Column,
    uid: Column,
    started_at: Column | None = None,
    ended_at: Column | None = None,
    *,
    label: Column,
    **attributes: Column,
) -> StatementPattern:
    """Describe the activity that creates a resource, which MLflow identifies by ``uid``."""
    return activity(
        id,
        started_at,
        ended_at,
        type=term("Creation"),
        resource_type=resource_type,
        uid=uid,
        label=label,
        **attributes,
    )


def deletion_activity(
    id: QName,  # noqa: A002
    resource_type: str | Column,
    uid: Column,
    *,
    label: Column,
) -> StatementPattern:
    """Describe the activity that deletes a resource, which MLflow identifies by ``uid``."""
    return activity(id, type=term("Deletion"), resource_type=resource_type, uid=uid, label=label)


def key_value_entity(id: QName, entity_type: str | Column, row: Row) -> StatementPattern:  # noqa: A002
    """Describe a tag or a parameter."""
    return entity(id, type=term(entity_type), name=row.key, value=row.value, label=row.key)


def metric_entity(id: QName, metric: Row) -> StatementPattern:  # noqa: A002
    """Describe a value of a metric."""
    return entity(
        id,
        type=term("Metric"),
        name=metric.key,
        value=metric.value,
        timestamp=metric.timestamp,
        step=metric.step,
        label=metric.key,
    )


def artifact_entity(
    id: QName,  # noqa: A002
    artifact_type: QName,
    owner_uri: Column,
    artifact: Row,
) -> StatementPattern:
    """Describe a file or folder among the artifacts of a run or of a logged model."""
    return entity(
        id,
        type=artifact_type,
        path=artifact.path,
        is_dir=artifact.is_dir,
        file_size=artifact.file_size,
        uri=owner_uri + "/" + artifact.path,
        label=artifact.path,
    )
