"""MLflow's registry: which PROV registered models and their versions become; prompts alike.

MLflow keeps a prompt as a registered model with a tag. Both families have the same statements and
differ in their types only: RegisteredModel, RegisteredModelVersion, ... and Prompt, PromptVersion, ...
"""

from collections.abc import Iterator

from mlflow2prov.templates.language import (
    Column,
    Name,
    Pattern,
    Row,
    Template,
    activity,
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
from mlflow2prov.templates.logged_models import logged_model_of
from mlflow2prov.templates.mlflow import artifact_of, keyed, mlflow_user_of, run_creation_of


def _family(kind: str, condition: str) -> tuple[Template, ...]:
    """Make the templates of registered models or of prompts, told apart by an SQL ``condition``."""

    def model_of(store: Column, model: Column) -> Name:
        return name(kind, digest(store, model))

    def version_of(store: Column, model: Column, version: Column) -> Name:
        return name(f"{kind}Version", digest(store, model), version)

    def activity_on_version(doing: str, row: Row) -> Name:
        return name(f"{doing}.{kind}Version", digest(row.store, row.name), row.version)

    def version_tag_of(tag: Row) -> Name:
        owner = digest(tag.store, tag.name)
        return name(f"{kind}VersionTag", owner, tag.version, digest(tag.key))

    @template(over="stored_registered_models", where=condition)
    def registered_model_addition(model: Row) -> Iterator[Pattern]:
        """RegisteredModelAddition: somebody begins a registered model."""
        this = model_of(model.store, model.name)
        creation = name(f"Creation.{kind}", digest(model.store, model.name))
        user = mlflow_user_of(model.user)
        yield entity(
            this,
            type=[term(kind), prov("Collection")],
            name=model.name,
            created_at=model.created_at,
            last_updated_at=model.last_updated_at,
            description=model.description,
            label=model.name,
        )
        yield activity(
            creation,
            type=term("Creation"),
            uid=model.name,
            resource_type=kind,
            label=f"creation of {kind} " + model.name,
        )
        yield was_generated_by(this, creation, model.created_at, role=term(f"Added{kind}"))
        yield was_attributed_to(this, user)
        yield was_associated_with(creation, user, role=term(f"{kind}Author"))

    @template(over="stored_registered_model_tags", where=condition)
    def registered_model_tag(tag: Row) -> Iterator[Pattern]:
        """A tag of a registered model."""
        this = name(f"{kind}Tag", digest(tag.store, tag.name), digest(tag.key))
        yield keyed(this, f"{kind}Tag", tag)
        yield had_member(model_of(tag.store, tag.name), this)
        yield was_attributed_to(this, mlflow_user_of(tag.user))

    @template(over="stored_aliases", where=condition)
    def registered_model_alias(alias: Row) -> Iterator[Pattern]:
        """An alias: another name for the version that it stands for now."""
        this = name(f"{kind}Alias", digest(alias.store, alias.name), digest(alias.alias))
        scheme = "prompts:/" if kind == "Prompt" else "models:/"
        yield entity(
            this,
            type=term(f"{kind}Alias"),
            name=alias.alias,
            uri=scheme + alias.name + "@" + alias.alias,
            label=alias.alias,
        )
        yield had_member(model_of(alias.store, alias.name), this)
        yield alternate_of(this, version_of(alias.store, alias.name, alias.version))

    @template(over="stored_versions", where=condition)
    def registered_model_version_addition(version: Row) -> Iterator[Pattern]:
        """RegisteredModelVersionAddition: a version is registered from a model or an artifact."""
        this = version_of(version.store, version.name, version.version)
        creation = activity_on_version("Creation", version)
        user = mlflow_user_of(version.creator)
        yield entity(
            this,
            type=[term(f"{kind}Version"), prov("Collection")],
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
        yield activity(
            creation,
            type=term("Creation"),
            uid=version.name + "/" + version.version,
            resource_type=f"{kind}Version",
            label="creation of " + version.name + " " + version.version,
        )
        yield specialization_of(this, model_of(version.store, version.name))
        yield was_generated_by(this, creation, version.created_at, role=term(f"Added{kind}Version"))
        yield was_attributed_to(this, user)
        yield was_associated_with(creation, user, role=term(f"{kind}VersionAuthor"))
        yield was_informed_by(creation, run_creation_of(version.source_run_id))

    @template(over="stored_versions", where=f"{condition} AND source_model_id IS NOT NULL")
    def version_of_logged_model(version: Row) -> Iterator[Pattern]:
        """A version that was registered from a logged model."""
        creation = activity_on_version("Creation", version)
        source = logged_model_of(version.source_model_id)
        yield used(creation, source, version.created_at)
        yield was_derived_from(
            version_of(version.store, version.name, version.version), source, creation
        )

    @template(over="stored_versions", where=f"{condition} AND source_model_id IS NULL")
    def version_of_artifact(version: Row) -> Iterator[Pattern]:
        """A version that was registered from an artifact of a run."""
        creation = activity_on_version("Creation", version)
        source = artifact_of(version.source_run_id, version.source_path)
        yield used(creation, source, version.created_at)
        yield was_derived_from(
            version_of(version.store, version.name, version.version), source, creation
        )

    @template(over="stored_version_tags", where=condition)
    def registered_model_version_tag(tag: Row) -> Iterator[Pattern]:
        """A tag of a version."""
        this = version_tag_of(tag)
        yield keyed(this, f"{kind}VersionTag", tag)
        yield had_member(version_of(tag.store, tag.name, tag.version), this)
        yield was_attributed_to(this, mlflow_user_of(tag.creator))

    @template(over="stored_versions", where=f"{condition} AND is_deleted")
    def registered_model_version_deletion(version: Row) -> Iterator[Pattern]:
        """RegisteredModelVersionDeletion: the version ends ..."""
        deletion = activity_on_version("Deletion", version)
        yield activity(
            deletion,
            type=term("Deletion"),
            uid=version.name + "/" + version.version,
            resource_type=f"{kind}Version",
            label="deletion of " + version.name + " " + version.version,
        )
        yield was_invalidated_by(
            version_of(version.store, version.name, version.version),
            deletion,
            version.deleted_at,
            role=term(f"Deleted{kind}Version"),
        )

    @template(over="stored_version_tags", where=f"{condition} AND is_deleted")
    def registered_model_version_tag_deletion(tag: Row) -> Iterator[Pattern]:
        """... and its tags with it."""
        yield was_invalidated_by(
            version_tag_of(tag),
            activity_on_version("Deletion", tag),
            tag.deleted_at,
            role=term(f"Deleted{kind}Version"),
        )

    return (
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


TEMPLATES = (*_family("RegisteredModel", "NOT is_prompt"), *_family("Prompt", "is_prompt"))
