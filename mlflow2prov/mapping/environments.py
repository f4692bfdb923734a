"""Software environments of models, from the files that MLflow stores with a model."""

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
    was_derived_from,
)
from mlflow2prov.mapping.logged_models import logged_model_of
from mlflow2prov.mapping.mlflow import artifact_of
from mlflow2prov.mapping.tracking import run_creation_of


def environment_of(content_digest: Column) -> QName:
    """Name an environment by the digest of its file, so that models with the same file share it."""
    return qname("SoftwareEnvironment", content_digest)


@rule(table="environments_of_models")
def environment(environment: Row) -> Statements:
    """Describe an environment, which the creation of the run used."""
    this = environment_of(environment.digest)
    yield entity(
        this,
        type=[term("SoftwareEnvironment"), prov("Collection")],
        name=environment.name,
        digest=environment.digest,
        label=environment.name,
    )
    yield used(run_creation_of(environment.creator_run_id), this, role=term("Environment"))


@rule(table="environments_of_models", where="model_id IS NOT NULL")
def environment_of_logged_model(environment: Row) -> Statements:
    """Derive a logged model from its environment."""
    yield was_derived_from(
        logged_model_of(environment.model_id), environment_of(environment.digest)
    )


@rule(table="environments_of_models", where="run_id IS NOT NULL")
def environment_of_model_artifact(environment: Row) -> Statements:
    """Derive a model among the artifacts of a run from its environment."""
    yield was_derived_from(
        artifact_of(environment.run_id, environment.path), environment_of(environment.digest)
    )


@rule(table="environment_packages")
def package(package: Row) -> Statements:
    """Describe a version of a package, which environments share."""
    this = qname("Package", digest(package.name, package.version))
    yield entity(
        this,
        type=term("Package"),
        name=package.name,
        version=package.version,
        label=package.name,
    )
    yield had_member(environment_of(package.digest), this)


RULES = (environment, environment_of_logged_model, environment_of_model_artifact, package)
