"""Calls in PostgreSQL tables of provenance, compared with the log that the program wrote of them."""

import json
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from mlflow2prov import CallRecordsError, extract, merge, run_extraction, save, validate
from tests.services.databases import postgresql
from tests.sources.capture.graph import Graph

pytestmark = pytest.mark.slow

PEER = Path(__file__).parent / "peers" / "provenance"


@pytest.fixture(scope="module")
def server():
    with postgresql() as server:
        execute(server.url(), (PEER / "tables.sql").read_text())
        yield server


def execute(url, *statements):
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="module")
def document(server):
    return extract(calls=server.url())


@pytest.fixture(scope="module")
def graph(document):
    return Graph(document)


@pytest.fixture(scope="module")
def log():
    return json.loads((PEER / "log.json").read_text())


@pytest.fixture(scope="module")
def makers(graph):
    return dict(graph.pairs("wasGeneratedBy", "entity", "activity"))


def test_each_computation_is_a_call(graph, log):
    calls = [(graph.name_of(s.id), graph.value(s.id, "status")) for s in graph.of_type("Call")]
    assert Counter(calls) == Counter((entry[0], "FINISHED") for entry in log)


def test_each_argument_is_used_by_its_call(graph, log):
    found = Counter(
        (graph.name_of(call), graph.name_of(entity))
        for call, entity in graph.pairs("used", "activity", "entity")
        if entity.startswith("Argument.")
    )
    assert found == Counter((entry[0], name) for entry in log for name in entry[1])


def test_each_artifact_is_a_result_of_its_call(graph, log, makers):
    found = Counter(
        (graph.name_of(call), graph.value(result, "key") or "") for result, call in makers.items()
    )
    assert found == Counter((entry[0], key) for entry in log for key in entry[3])


def test_each_used_artifact_is_used_for_its_parameter(graph, log, makers):
    found = Counter(
        (
            graph.name_of(s.arguments[0]),
            name,
            graph.name_of(makers[s.arguments[1]]),
            graph.value(s.arguments[1], "key") or "",
        )
        for s in graph.relations
        if s.kind == "used" and s.arguments[1] in makers
        for name in graph.values(s, "name")
    )
    assert found == Counter((entry[0], *use) for entry in log for use in entry[2])


def test_results_derive_from_recorded_inputs(graph, log, makers):
    found = {
        (graph.name_of(makers[made]), graph.name_of(makers[used]))
        for made, used in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
    }
    assert found == {(entry[0], use[1]) for entry in log for use in entry[2]}


def test_the_parts_of_a_composite_result_are_its_members(graph, makers):
    members = [
        (graph.name_of(makers[whole]), graph.value(part, "key"))
        for whole, part in graph.pairs("hadMember", "collection", "entity")
        if whole in makers
    ]
    assert sorted(members) == [("split", "test"), ("split", "train")]


def test_equal_values_are_one_content(graph, makers):
    contents = dict(graph.pairs("specializationOf", "specificEntity", "generalEntity"))
    of = {graph.name_of(makers[result]): content for result, content in contents.items()}
    assert of["same"] == of["fit"] != of["total"]


def test_a_set_has_the_artifacts_that_were_captured(graph, log, makers):
    (captured,) = graph.of_type("ResultSet")
    assert graph.values(captured, "name") == ["wine"]
    assert graph.values(captured, "labels") == ['{"name": "wine"}']
    members = Counter(
        (graph.name_of(makers[result]), graph.value(result, "key") or "")
        for collection, result in graph.pairs("hadMember", "collection", "entity")
        if collection == captured.id
    )
    assert members == Counter((entry[0], key) for entry in log for key in entry[3])


def test_tags_are_those_of_the_function(graph):
    tags = {graph.name_of(s.id): graph.values(s, "tag") for s in graph.of_type("Call")}
    assert {name: found for name, found in tags.items() if found} == {"fit": ["model"]}


def test_secrets_are_masked(document, tmp_path):
    save(document, str(tmp_path / "graph"), "json")
    text = (tmp_path / "graph.json").read_text()
    assert "s3cr3t" not in text and "s3cret" not in text


def test_the_graph_is_valid_and_the_same_twice(server, document):
    assert validate(document).is_valid
    assert extract(calls=[server.url(), server.url()]) == document
    assert merge([document, extract(calls=server.url())]) == document


@pytest.fixture
def copy(server):
    """The URL of a copy of the database."""
    execute_alone(server, "DROP DATABASE IF EXISTS copy", "CREATE DATABASE copy TEMPLATE mlflow")
    yield server.url(database="copy")
    execute_alone(server, "DROP DATABASE copy WITH (FORCE)")


def execute_alone(server, *statements):
    with psycopg.connect(server.url(database="postgres"), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_artifacts_that_another_repository_has_too_are_no_further_calls(copy, server, document):
    execute(copy, "DELETE FROM artifacts WHERE fn_name = 'total'")
    assert extract(calls=[copy, server.url()]) == document


def test_an_artifact_of_another_process_is_another_call(copy, document):
    execute(copy, "ALTER TABLE artifacts DROP CONSTRAINT IF EXISTS artifacts_run_id_fkey")
    execute(copy, "UPDATE artifacts SET run_id = 'other' WHERE fn_name = 'load'")
    merged = merge([document, extract(calls=copy)])
    loads = [s for s in Graph(merged).of_type("Call") if Graph(merged).name_of(s.id) == "load"]
    assert len(loads) == 2
    assert validate(merged).is_valid


def test_inputs_that_the_library_did_not_record_are_used_without_derivations(copy, graph):
    execute(copy, "UPDATE artifacts SET input_artifact_ids = '{}'")
    found = Graph(extract(calls=copy))
    assert found.pairs("wasDerivedFrom", "generatedEntity", "usedEntity") == []
    assert sorted(found.pairs("used", "activity", "entity")) == sorted(
        graph.pairs("used", "activity", "entity")
    )


def test_custom_fields_are_read_without_secrets(copy):
    fields = '{"team": "wine", "token": "s3cr3t-9", "tags": ["a", "b"]}'
    execute(copy, f"UPDATE artifacts SET custom_fields = '{fields}' WHERE fn_name = 'load'")
    (load,) = [
        s
        for s in Graph(extract(calls=copy)).of_type("Call")
        if "b" in Graph(extract(calls=copy)).values(s, "tag")
    ]
    assert "s3cr3t" not in str(load.attributes)


def test_a_name_of_a_set_in_place_of_labels_is_read(copy):
    execute(
        copy,
        "ALTER TABLE artifact_sets DROP COLUMN labels",
        "ALTER TABLE artifact_sets ADD COLUMN name text",
        "UPDATE artifact_sets SET name = 'old'",
    )
    graph = Graph(extract(calls=copy))
    (captured,) = graph.of_type("ResultSet")
    assert graph.values(captured, "name") == ["old"]


def test_inputs_of_unknown_arguments_are_used(copy):
    execute(copy, "UPDATE artifacts SET inputs_json = '{}' WHERE fn_name = 'export'")
    graph = Graph(extract(calls=copy))
    uses = [
        (graph.name_of(s.arguments[0]), graph.values(s, "name"))
        for s in graph.relations
        if s.kind == "used" and graph.name_of(s.arguments[0]) == "export"
    ]
    assert uses == [("export", [])]


@pytest.mark.parametrize(
    "change",
    [
        "inputs_json = '[1]'",
        "inputs_json = NULL, input_artifact_ids = NULL",
        "version = NULL, fn_module = NULL, serializer = NULL, value_id = NULL",
        "compute_duration = NULL",
        "composite = NULL",
        "name = NULL, fn_name = NULL",
    ],
)
def test_odd_values_are_read(copy, change):
    execute(copy, f"UPDATE artifacts SET {change}")
    extraction = run_extraction(calls=copy)
    assert extraction.omissions == ()
    assert validate(extraction.document).is_valid
    assert len(Graph(extraction.document).of_type("Call")) >= 6


@pytest.mark.parametrize(
    "change",
    ["computed_at = NULL", "compute_duration = 1e300", "compute_duration = 'NaN'"],
)
def test_an_odd_artifact_is_an_omission(copy, change):
    execute(copy, f"UPDATE artifacts SET {change} WHERE fn_name = 'total'")
    extraction = run_extraction(calls=copy)
    assert len(Graph(extraction.document).of_type("Call")) == 5
    (omission,) = extraction.omissions
    assert "the artifact " in omission and "s3cret" not in omission


def test_another_database_is_an_error(server):
    with pytest.raises(CallRecordsError, match="not a repository of captured calls"):
        extract(calls=server.url(database="other"))
