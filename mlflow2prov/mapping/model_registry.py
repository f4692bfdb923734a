"""The MLflow Model Registry: registered models and their versions, and prompts.

MLflow stores a prompt as a registered model with a tag. Both have the same statements. Their types and roles differ:
they begin with the ``kind`` of the row, as in RegisteredModel, RegisteredModelVersion, ... and Prompt, PromptVersion,
...
"""

from mlflow2prov.mapping.language import (
    QName,
    Row,
    Statements,
    alternate_of,
    digest,
    entity,
    had_member,
    prov,
    qname,
    rule,
    specialization_of,
    term,
    used,
    was_associated_with,
    was_attributed_to,
    was_derived_from,
    was_generated_by,
    was_informed_by,
    was_invalidated_by,
)
from mlflow2prov.mapping.logged_models import logged_model_of
from mlflow2prov.mapping.mlflow import (
    artifact_of,
    creation_activity,
    deletion_activity,
    key_value_entity,
    mlflow_user_of,
)
from mlflow2prov.mapping.tracking import run_creation_of


def model_of(row: Row) -> QName:
    """Name the registered model or prompt of a row by its identity. Its name is unique within its store only."""
    return qname(row.kind, row.identity)


def version_of(row: Row) -> QName:
    """Name the version of a row."""
    return qname(row.kind + "Version", row.identity, row.version)


def alias_of(row: Row) -> QName:
    """Name the alias of a row."""
    return qname(row.kind + "Alias", row.identity, digest(row.alias))


def version_tag_of(tag: Row) -> QName:
    """Name a tag of a version."""
    return qname(tag.kind + "VersionTag", tag.identity, tag.version, digest(tag.key))


def version_creation_of(row: Row) -> QName:
    """Name the activity that creates the version of a row."""
    return qname("Creation." + row.kind + "Version", row.identity, row.version)


def version_deletion_of(row: Row) -> QName:
    """Name the activity that deletes the version of a row."""
    return qname("Deletion." + row.kind + "Version", row.identity, row.version)


@rule(table="registered_models_of_store")
def registered_model_addition(model: Row) -> Statements:
    """RegisteredModelAddition: a user creates a registered model."""
    this = model_of(model)
    creation = qname("Creation." + model.kind, model.identity)
    user = mlflow_user_of(model.user)
    yield entity(
        this,
        type=[term(model.kind), prov("Collection")],
        name=model.name,
        created_at=model.created_at,
        last_updated_at=model.last_updated_at,
        description=model.description,
        label=model.name,
    )
    yield creation_activity(
        creation,
        model.kind,
        model.name,
        label="creation of " + model.kind + " " + model.name,
    )
    yield was_generated_by(this, creation, model.created_at, role=term("Added" + model.kind))
    yield was_attributed_to(this, user)
    yield was_associated_with(creation, user, role=term(model.kind + "Author"))


@rule(table="tags_of_registered_models")
def registered_model_tag(tag: Row) -> Statements:
    """Describe a tag of a registered model."""
    this = qname(tag.kind + "Tag", tag.identity, digest(tag.key))
    yield key_value_entity(this, tag.kind + "Tag", tag)
    yield had_member(model_of(tag), this)
    yield was_attributed_to(this, mlflow_user_of(tag.user))


@rule(table="aliases_of_registered_models")
def registered_model_alias(alias: Row) -> Statements:
    """Describe an alias: another name for the version that it points to now."""
    this = alias_of(alias)
    yield entity(
        this,
        type=term(alias.kind + "Alias"),
        name=alias.alias,
        uri=alias.uri,
        label=alias.alias,
    )
    yield had_member(model_of(alias), this)
    yield alternate_of(this, version_of(alias))


@rule(table="versions_of_registered_models")
def registered_model_version_addition(version: Row) -> Statements:
    """RegisteredModelVersionAddition: a user registers a version."""
    this, creation = version_of(version), version_creation_of(version)
    version_type = version.kind + "Version"
    user = mlflow_user_of(version.creator)
    yield entity(
        this,
        type=[term(version_type), prov("Collection")],
        name=version.name,
        version=version.version,
        created_at=version.created_at,
        last_updated_at=version.last_updated_at,
        description=version.description,
        registered_model_version_stage=version.stage,
        source_path=version.source,
        status=version.status,
        status_message=version.status_message,
        run_link=version.run_link,
        uri=version.uri,
        label=version.name + " " + version.version,
    )
    yield creation_activity(
        creation,
        version_type,
        version.name + "/" + version.version,
        label="creation of " + version.name + " " + version.version,
    )
    yield specialization_of(this, model_of(version))
    yield was_generated_by(this, creation, version.created_at, role=term("Added" + version_type))
    yield was_attributed_to(this, user)
    yield was_associated_with(creation, user, role=term(version_type + "Author"))
    yield was_informed_by(creation, run_creation_of(version.source_run_id))


@rule(table="versions_of_registered_models", where="source_model_id IS NOT NULL")
def version_of_logged_model(version: Row) -> Statements:
    """Connect a version to the logged model that it was registered from."""
    yield from _derivation(version, logged_model_of(version.source_model_id))


@rule(table="versions_of_registered_models", where="source_model_id IS NULL")
def version_of_artifact(version: Row) -> Statements:
    """Connect a version to the artifact of a run that it was registered from."""
    yield from _derivation(version, artifact_of(version.source_run_id, version.source_path))


@rule(table="versions_of_registered_models", where="source_version IS NOT NULL")
def version_of_version(version: Row) -> Statements:
    """Connect a copy of a version to the version that it was registered from."""
    kind = version.kind + "Version"
    yield from _derivation(version, qname(kind, version.source_identity, version.source_version))


def _derivation(version: Row, source: QName) -> Statements:
    creation = version_creation_of(version)
    yield used(creation, source, version.created_at)
    yield was_derived_from(version_of(version), source, creation)


@rule(table="tags_of_versions")
def registered_model_version_tag(tag: Row) -> Statements:
    """Describe a tag of a version."""
    this = version_tag_of(tag)
    yield key_value_entity(this, tag.kind + "VersionTag", tag)
    yield had_member(version_of(tag), this)
    yield was_attributed_to(this, mlflow_user_of(tag.creator))


@rule(table="versions_of_registered_models", where="is_deleted")
def registered_model_version_deletion(version: Row) -> Statements:
    """RegisteredModelVersionDeletion: the version ends ..."""
    deletion, version_type = version_deletion_of(version), version.kind + "Version"
    yield deletion_activity(
        deletion,
        version_type,
        version.name + "/" + version.version,
        label="deletion of " + version.name + " " + version.version,
    )
    yield was_invalidated_by(
        version_of(version), deletion, version.deleted_at, role=term("Deleted" + version_type)
    )


@rule(table="tags_of_versions", where="is_deleted")
def registered_model_version_tag_deletion(tag: Row) -> Statements:
    """... and its tags end with it."""
    yield was_invalidated_by(
        version_tag_of(tag),
        version_deletion_of(tag),
        tag.deleted_at,
        role=term("Deleted" + tag.kind + "Version"),
    )


RULES = (
    registered_model_addition,
    registered_model_tag,
    registered_model_alias,
    registered_model_version_addition,
    version_of_logged_model,
    version_of_artifact,
    version_of_version,
    registered_model_version_tag,
    registered_model_version_deletion,
    registered_model_version_tag_deletion,
)
