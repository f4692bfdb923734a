"""Software environments: what a model was made with, by the files that MLflow keeps beside it."""

from collections.abc import Iterator

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
    was_derived_from,
)
from mlflow2prov.mapping.logged_models import logged_model_of
from mlflow2prov.mapping.tracking import artifact_of, run_creation_of


def environment_of(content: Column) -> Name:
    """Name an environment by the digest of its file: the same for all models that were made with it."""
    return name("SoftwareEnvironment", content)


@template(over="environments_of_models")
def environment(file: Row) -> Iterator[Pattern]:
    """An environment, which the creation of the model used."""
    this = environment_of(file.digest)
    yield entity(
        this,
        type=[term("SoftwareEnvironment"), prov("Collection")],
        name=file.name,
        digest=file.digest,
        label=file.name,
    )
    yield used(run_creation_of(file.creator_run_id), this, role=term("Environment"))


@template(over="environments_of_models", where="model_id IS NOT NULL")
def environment_of_logged_model(file: Row) -> Iterator[Pattern]:
    """A logged model was derived with its environment."""
    yield was_derived_from(logged_model_of(file.model_id), environment_of(file.digest))


@template(over="environments_of_models", where="run_id IS NOT NULL")
def environment_of_model_artifact(file: Row) -> Iterator[Pattern]:
    """A model among the artifacts of a run was derived with its environment."""
    yield was_derived_from(artifact_of(file.run_id, file.path), environment_of(file.digest))


@template(over="environment_packages")
def package(package: Row) -> Iterator[Pattern]:
    """A package of an environment, in a version: the same for all environments that have it."""
    this = name("Package", digest(package.name, package.version))
    yield entity(
        this,
        type=term("Package"),
        name=package.name,
        version=package.version,
        label=package.name,
    )
    yield had_member(environment_of(package.digest), this)


TEMPLATES = (environment, environment_of_logged_model, environment_of_model_artifact, package)
