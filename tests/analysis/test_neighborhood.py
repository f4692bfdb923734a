"""Neighborhoods: the direct causes of a version, and the relations between them."""

import pytest

from mlflow2prov.analysis import neighborhood
from mlflow2prov.analysis.explanation import explain_all
from mlflow2prov.analysis.neighborhood import Relation, neighborhoods
from tests.analysis.graphs import project


@pytest.fixture(scope="module")
def fraud():
    return project()


def test_a_neighborhood_has_the_causes_of_its_version_and_the_relations_between_them(fraud):
    graph = neighborhoods(fraud, explain_all(fraud, ["Version.1"]))["Version.1"]
    assert [node.identifier for node in graph.nodes] == [
        "Commit.c2", "Creation.Run.r1", "Creation.Version.1", "Dataset.a", "LoggedModel.r1", "Revision.c1", "Run.r1",
        "User.ada", "User.bob", "Version.1",
    ]  # fmt: skip
    assert {
        Relation("wasGeneratedBy", "Version.1", "Creation.Version.1"),
        Relation("wasInformedBy", "Creation.Version.1", "Creation.Run.r1"),
        Relation("used", "Creation.Run.r1", "Dataset.a"),
        Relation("wasAssociatedWith", "Commit.c2", "User.bob"),
    } <= set(graph.relations)
    names = {node.identifier for node in graph.nodes}
    assert {end for edge in graph.relations for end in (edge.effect, edge.cause)} <= names
    assert graph.left_out == 0


def test_the_label_of_a_data_set_has_the_beginning_of_its_digest(fraud):
    graph = neighborhoods(fraud, explain_all(fraud, ["Version.1"]))["Version.1"]
    labels = {node.identifier: node.label for node in graph.nodes}
    assert labels["Dataset.a"] == "loans@aaaa" and labels["User.bob"] == "bob"


def test_versions_explained_together_have_neighborhoods_of_their_own(fraud):
    versions = ["Version.1", "Version.2"]
    together = neighborhoods(fraud, explain_all(fraud, versions))
    apart = [neighborhoods(fraud, explain_all(fraud, [name]))[name] for name in versions]
    assert [together[name] for name in versions] == apart


def test_an_answer_adds_a_limited_number_of_items(fraud, monkeypatch):
    monkeypatch.setattr(neighborhood, "MAX_ITEMS", 0)
    graph = neighborhoods(fraud, explain_all(fraud, ["Version.1"]))["Version.1"]
    assert [node.identifier for node in graph.nodes] == ["Creation.Version.1", "Version.1"]
    assert graph.left_out == 8
