"""Statistics on Spark are those on DuckDB."""

import pytest

from mlflow2prov import Attribute, Statement, merge, statistics
from mlflow2prov.analysis.statistics import counts
from mlflow2prov.scale.merge import unify
from tests.prov.statements import document
from tests.scale.datasets import datasets

QUALIFIED = "prov:QUALIFIED_NAME"


def typed(kind, identifier, type_, /, *arguments, **attributes):
    return Statement(
        kind,
        identifier,
        arguments,
        (
            Attribute("prov:type", type_, QUALIFIED),
            *(Attribute(key, value) for key, value in attributes.items()),
        ),
    )


def relation(kind, *arguments, bundle=""):
    return Statement(kind, None, arguments, (), bundle)


START = "2024-01-01T00:00:00+00:00"

PROJECT = (
    typed("entity", "model", "RegisteredModel", name="wine"),
    typed("entity", "v1", "RegisteredModelVersion", name="wine", version="1", uri="models:/wine/1"),
    typed("entity", "run", "Run", name="fit", run_id="r1"),
    typed("entity", "metric", "Metric", name="rmse", value="0.5"),
    typed("entity", "file", "File", path="train.py"),
    typed("entity", "rev1", "FileRevision", path="train.py"),
    typed("entity", "rev2", "FileRevision", path="train.py"),
    typed("activity", "fit", "Creation", START, START, source_name="train.py"),
    typed("activity", "call", "Call", START, START, name="main"),
    typed("activity", "inner", "Call", START, START, name="load"),
    typed("activity", "c1", "Commit", START, START, sha="a" * 40),
    typed("activity", "c2", "Commit", START, START, sha="b" * 40),
    typed("agent", "ada", "User", name="Ada"),
    relation("specializationOf", "v1", "model"),
    relation("specializationOf", "rev1", "file"),
    relation("specializationOf", "rev2", "file"),
    relation("wasDerivedFrom", "v1", "run", None, None, None),
    relation("wasDerivedFrom", "rev2", "rev1", None, None, None),
    relation("wasGeneratedBy", "run", "fit", None),
    relation("wasGeneratedBy", "rev1", "c1", None),
    relation("wasGeneratedBy", "rev2", "c2", None),
    relation("wasInformedBy", "c2", "c1"),
    relation("wasStartedBy", "fit", None, "call", START),
    relation("wasStartedBy", "inner", None, "call", START),
    relation("wasInformedBy", "call", "inner"),
    relation("used", "fit", "rev2", None),
    relation("used", "call", "rev1", None),
    relation("hadMember", "run", "metric"),
    relation("wasAssociatedWith", "fit", "ada", None),
    relation("wasAttributedTo", "model", "ada"),
    relation("used", "fit", "nothing", None, bundle="bundle"),
)


@pytest.fixture(scope="module")
def project():
    return document(*PROJECT)


@pytest.fixture(scope="module")
def dataset(spark, project, tmp_path_factory):
    (result,) = datasets(spark, tmp_path_factory.mktemp("project"), project)
    return result


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
def test_statistics(dataset, project, resolution):
    assert counts(unify(dataset), resolution) == statistics(project, resolution)


def test_repeated_statements_count_once(spark, tmp_path, project):
    twice = merge([project])
    twice.extend(project.statements())
    (dataset,) = datasets(spark, tmp_path, twice)
    assert counts(unify(dataset), "fine") == statistics(project, "fine")
