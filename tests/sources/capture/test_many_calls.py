"""Many calls: batches of any size give the same graph, whose size follows from the number of calls."""

import pytest

from benchmarks.call_repositories import ARGUMENTS, CHAIN, create_repository
from mlflow2prov import engine, extract, validate
from mlflow2prov.engine import sorting
from mlflow2prov.facts import facts
from mlflow2prov.sources.database import connection
from tests.sources.capture.graph import Graph

CALLS = 25


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    return create_repository(tmp_path_factory.mktemp("many"), CALLS)


@pytest.fixture(scope="module")
def document(repository):
    return extract(calls=str(repository))


def test_each_call_has_its_arguments_and_its_result(document):
    graph = Graph(document)
    assert len(graph.of_type("Call")) == CALLS
    assert len(graph.of_type("Result")) == CALLS
    arguments = graph.of_type("Argument")
    assert len(arguments) == CALLS * ARGUMENTS
    names = {graph.value(argument.id, "name") for argument in arguments}
    assert names == {"data", "mode", *(f"number{number}" for number in range(1, ARGUMENTS - 1))}
    uses = graph.pairs("used", "activity", "entity")
    assert {(call, argument) for call, argument in uses if "Argument" in argument} == {
        (argument.id.replace("Argument", "Call").rpartition(".")[0], argument.id)
        for argument in arguments
    }


def test_each_chain_of_results_is_derived_from_its_first(document):
    derivations = Graph(document).pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
    assert {
        (int(made.split("-")[0][-8:], 16), int(used.split("-")[0][-8:], 16))
        for made, used in derivations
    } == {(number, number - 1) for number in range(2, CALLS + 1) if number % CHAIN}


@pytest.mark.parametrize(("inserted", "fetched"), [(1, 1), (7, 2), (250, 24)])
def test_batches_of_any_size_give_the_same_graph(
    monkeypatch, repository, document, inserted, fetched
):
    monkeypatch.setattr(facts, "BATCH_ROWS", inserted)
    monkeypatch.setattr(connection, "BATCH_ROWS", fetched)
    assert list(extract(calls=str(repository)).statements()) == list(document.statements())


def test_calls_that_do_not_fit_into_memory_give_the_same_graph(monkeypatch, repository, document):
    monkeypatch.setattr(sorting, "ROW_BYTES", 10**8)
    monkeypatch.setattr(sorting, "SAMPLE_PERCENT", 100)
    monkeypatch.setattr(engine, "create_in_order", sorting.create_by_ranges)
    assert list(extract(calls=str(repository)).statements()) == list(document.statements())


def test_many_calls_are_a_valid_graph(document):
    assert validate(document).is_valid
