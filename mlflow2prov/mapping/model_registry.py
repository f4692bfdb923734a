"""MLflow's registry: which PROV registered models and their versions become; prompts alike.

MLflow keeps a prompt as a registered model with a tag. Both have the same statements and differ in their
words only, which begin with the row's ``kind``: RegisteredModel, RegisteredModelVersion, ... and Prompt,
PromptVersion, ...
"""

from collections.abc import Iterator

from mlflow2prov.mapping.language import (
    Name,
    Pattern,
    Row,
    alternate_of,
    digest,
    entity,
    had_member,
    name,
    prov,
    specialization_of,
    template,
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
from mlflow2prov.mapping.tracking import (
    artifact_of,
    creation,
    deletion,
    keyed,
    mlflow_user_of,
    run_creation_of,
)


def model_of(row: Row) -> Name:
    """Name the registered model or prompt of a row, whose name means something in its own store only."""
    return name(row.kind, digest(row.store, row.name))


def version_of(row: Row) -> Name:
    """Name the version of a row."""
    return name(row.kind + "Version", digest(row.store, row.name), row.version)


def version_tag_of(tag: Row) -> Name:
    """Name a tag of a version."""
    owner = digest(tag.store, tag.name)
    return name(tag.kind + "VersionTag", owner, tag.version, digest(tag.key))


def on_version(doing: str, row: Row) -> Name:
    """Name the activity that creates or deletes the version of a row."""
    return name(f"{doing}." + row.kind + "Version", digest(row.store, row.name), row.version)


@template(over="registered_models_of_store")
def registered_model_addition(model: Row) -> Iterator[Pattern]:
    """RegisteredModelAddition: somebody begins a registered model."""
    this = model_of(model)
    making = name("Creation." + model.kind, digest(model.store, model.name))
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
    label = "creation of " + model.kind + " " + model.name
    yield creation(making, model.kind, model.name, label)
    yield was_generated_by(this, making, model.created_at, role=term("Added" + model.kind))
    yield was_attributed_to(this, user)
    yield was_associated_with(making, user, role=term(model.kind + "Author"))


@template(over="tags_of_registered_models")
def registered_model_tag(tag: Row) -> Iterator[Pattern]:
    """A tag of a registered model."""
    this = name(tag.kind + "Tag", digest(tag.store, tag.name), digest(tag.key))
    yield keyed(this, tag.kind + "Tag", tag)
    yield had_member(model_of(tag), this)
    yield was_attributed_to(this, mlflow_user_of(tag.user))


@template(over="aliases_of_registered_models")
def registered_model_alias(alias: Row) -> Iterator[Pattern]:
    """An alias: another name for the version that it stands for now."""
    this = name(alias.kind + "Alias", digest(alias.store, alias.name), digest(alias.alias))
    yield entity(
        this,
        type=term(alias.kind + "Alias"),
        name=alias.alias,
        uri=alias.uri,
        label=alias.alias,
    )
    yield had_member(model_of(alias), this)
    yield alternate_of(this, version_of(alias))


@template(over="versions_of_registered_models")
def registered_model_version_addition(version: Row) -> Iterator[Pattern]:
    """RegisteredModelVersionAddition: a version is registered from a model or an artifact."""
    this, making = version_of(version), on_version("Creation", version)
    kind = version.kind + "Version"
    user = mlflow_user_of(version.creator)
    yield entity(
        this,
        type=[term(kind), prov("Collection")],
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
    label = "creation of " + version.name + " " + version.version
    yield creation(making, kind, version.name + "/" + version.version, label)
    yield specialization_of(this, model_of(version))
    yield was_generated_by(this, making, version.created_at, role=term("Added" + kind))
    yield was_attributed_to(this, user)
    yield was_associated_with(making, user, role=term(kind + "Author"))
    yield was_informed_by(making, run_creation_of(version.source_run_id))


@template(over="versions_of_registered_models", where="source_model_id IS NOT NULL")
def version_of_logged_model(version: Row) -> Iterator[Pattern]:
    """A version that was registered from a logged model."""
    yield from _registered_from(version, logged_model_of(version.source_model_id))


@template(over="versions_of_registered_models", where="source_model_id IS NULL")
def version_of_artifact(version: Row) -> Iterator[Pattern]:
    """A version that was registered from an artifact of a run."""
    yield from _registered_from(version, artifact_of(version.source_run_id, version.source_path))


def _registered_from(version: Row, source: Name) -> Iterator[Pattern]:
    making = on_version("Creation", version)
    yield used(making, source, version.created_at)
    yield was_derived_from(version_of(version), source, making)


@template(over="tags_of_versions")
def registered_model_version_tag(tag: Row) -> Iterator[Pattern]:
    """A tag of a version."""
    this = version_tag_of(tag)
    yield keyed(this, tag.kind + "VersionTag", tag)
    yield had_member(version_of(tag), this)
    yield was_attributed_to(this, mlflow_user_of(tag.creator))


@template(over="versions_of_registered_models", where="is_deleted")
def registered_model_version_deletion(version: Row) -> Iterator[Pattern]:
    """RegisteredModelVersionDeletion: the version ends ..."""
    ending, kind = on_version("Deletion", version), version.kind + "Version"
    label = "deletion of " + version.name + " " + version.version
    yield deletion(ending, kind, version.name + "/" + version.version, label)
    role = term("Deleted" + kind)
    yield was_invalidated_by(version_of(version), ending, version.deleted_at, role=role)


@template(over="tags_of_versions", where="is_deleted")
def registered_model_version_tag_deletion(tag: Row) -> Iterator[Pattern]:
    """... and its tags with it."""
    role = term("Deleted" + tag.kind + "Version")
    yield was_invalidated_by(
        version_tag_of(tag), on_version("Deletion", tag), tag.deleted_at, role=role
    )


TEMPLATES = (
    registered_model_addition,
    registered_model_tag,
    registered_model_alias,
    registered_model_version_addition,
    version_of_logged_model,
    version_of_artifact,
    registered_model_version_tag,
    registered_model_version_deletion,
    registered_model_version_tag_deletion,
)
