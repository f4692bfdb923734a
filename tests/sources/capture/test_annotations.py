"""Tags, custom fields and sets of results in the graph, as the program that stored them lists them."""

import json
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import extract, load, merge, run_extraction, save, transform, validate
from mlflow2prov.secrets import MASK
from mlflow2prov.sources.capture.annotations import MAX_VALUE_LENGTH, name_and_labels, split_tags
from tests.sources.capture.graph import Graph

PROGRAM = """
import json
from pathlib import Path
import mlflow2prov.capture as p

@p.provenance(tags=["data", "raw"])
def load(number):
    return [number]

@p.provenance(tags=["model"], custom_fields={"team": "wine", "limits": [1, 2], "api_key": "s3cr3t-1"})
def fit(data):
    return sum(data)

@p.provenance(returns_composite=True)
def split(data):
    return {"head": data[0], "rest": [*data]}

@p.provenance(tags=["broken"])
def fail(number):
    raise ValueError("no")

with p.capture_set(labels={"name": "wine", "stage": "dev", "token": "s3cr3t-2"}) as captured:
    model = fit(load(1))
    parts = split(load(2))
with p.capture_set(labels="look-ups"):
    load(2)
try:
    fail(1)
except ValueError:
    pass
p.create_set([model], labels="first")
p.create_set([model], labels="last")
p.create_set([model.artifact.id, "missing"], labels="incomplete")
p.create_set([])
p.archive_file("data.csv", custom_fields={"origin": "web"})
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The folder in which the program has stored sets."""
    folder = tmp_path_factory.mktemp("sets")
    (folder / "data.csv").write_text("1\n")
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=folder, check=True)
    connection = sqlite3.connect(folder / ".mlflow2prov" / "calls.db")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return folder


@pytest.fixture(scope="module")
def document(project):
    return extract(calls=str(project))


@pytest.fixture(scope="module")
def graph(document):
    return Graph(document)


@pytest.fixture
def database(project, tmp_path):
    """A copy of the database."""
    copy = tmp_path / "calls.db"
    copy.write_bytes((project / ".mlflow2prov" / "calls.db").read_bytes())
    return copy


def execute(database, statement, *values):
    with sqlite3.connect(database) as connection:
        connection.execute(statement, values)


def sets(graph):
    """Return the members of each set by its labels: functions and keys."""
    makers = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    members = {s.id: [] for s in graph.of_type("ResultSet")}
    for collection, entity in graph.pairs("hadMember", "collection", "entity"):
        if collection in members:
            members[collection].append(
                (graph.name_of(makers[entity]), graph.value(entity, "key") or "")
            )
    return {
        tuple(sorted(graph.values(graph.elements[name], "name"))): sorted(found)
        for name, found in members.items()
    }


# --- tags and custom fields


def test_each_call_has_the_tags_of_its_function(graph):
    tags = {
        (graph.name_of(s.id), graph.value(s.id, "status")): set(graph.values(s, "tag"))
        for s in graph.of_type("Call")
    }
    assert tags == {
        ("load", "FINISHED"): {"data", "raw"},
        ("fit", "FINISHED"): {"model"},
        ("split", "FINISHED"): set(),
        ("fail", "FAILED"): {"broken"},
        ("archive_file", "FINISHED"): set(),
    }


def test_other_custom_fields_are_json_without_secrets(graph):
    fields = {
        graph.name_of(s.id): json.loads(graph.value(s.id, "custom_fields"))
        for s in graph.of_type("Call")
        if graph.value(s.id, "custom_fields") is not None
    }
    assert fields == {
        "fit": {"team": "wine", "limits": [1, 2], "api_key": MASK},
        "archive_file": {"origin": "web"},
    }


def test_a_call_with_tags_keeps_its_times(graph):
    times = {
        graph.name_of(s.id): [time is not None for time in s.arguments]
        for s in graph.of_type("Call")
    }
    assert times["load"] == times["split"] == [True, True]


@pytest.mark.parametrize(
    "fields",
    ["5", "[1]", '"text"', '{"tags": {"a": 1}}', '{"tags": 5}', '{"tags": [null, [1], ""]}', "{}"],
)
def test_odd_custom_fields_are_no_reason_to_omit_a_call(database, fields):
    execute(database, "UPDATE calls SET custom_fields = ?", fields)
    extraction = run_extraction(calls=str(database))
    assert extraction.omissions == ()
    assert len(Graph(extraction.document).of_type("Call")) == 7
    assert validate(extraction.document).is_valid


def test_tags_are_words_or_json():
    assert split_tags({"tags": "one"}) == (["one"], None)
    assert split_tags({"tags": ["a", "", "a", 1, {"b": 2}], "c": 3}) == (
        ["a", "1", '{"b": 2}'],
        '{"c": 3}',
    )
    assert split_tags({"tags": 5}) == ([], '{"tags": 5}')


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: (
        st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5)
    ),
    max_leaves=30,
)


@given(JSON | st.dictionaries(st.sampled_from(["tags", "name", "token", "a"]), JSON))
def test_any_json_becomes_words_and_json_objects(fields):
    words, text = split_tags(fields)
    name, labels = name_and_labels(fields)
    assert all(isinstance(word, str) and word for word in words)
    for encoded in (text, labels):
        assert encoded is None or isinstance(json.loads(encoded), dict)
    assert name is None or isinstance(name, str)


def test_long_values_are_cut_and_many_are_left_out():
    labels = {str(number): ["x" * 900] * 5 for number in range(200)}
    _, text = name_and_labels(labels)
    assert len(text) < 60 * MAX_VALUE_LENGTH
    assert name_and_labels({"name": "x" * 10**6})[0].startswith("xxx")


# --- sets


def test_a_set_has_the_results_that_it_was_stored_with(graph):
    parts = [("split", "head"), ("split", "rest")]
    wine = [("fit", ""), ("load", ""), ("load", ""), ("split", ""), *parts]
    assert sets(graph) == {
        ("wine",): wine,
        ("look-ups",): [("load", "")],
        ("first", "last"): [("fit", "")],
        ("incomplete",): [("fit", "")],
        (): [],
    }


def test_labels_are_those_of_each_time_that_the_set_was_stored(graph):
    labels = {
        tuple(sorted(json.loads(text)["name"] for text in graph.values(s, "labels"))): (
            sorted(graph.values(s, "labels")),
            graph.values(s, "prov:label"),
        )
        for s in graph.of_type("ResultSet")
        if graph.values(s, "labels")
    }
    assert labels["first", "last"] == (['{"name": "first"}', '{"name": "last"}'], ["last"])
    assert labels["wine",][0] == [json.dumps({"name": "wine", "stage": "dev", "token": MASK})]


def test_a_set_is_a_collection_and_the_graph_is_valid(document, graph):
    for s in graph.of_type("ResultSet"):
        assert "prov:Collection" in graph.values(s, "prov:type")
        assert len(graph.values(s, "created_at")) == 1
    assert validate(document).is_valid


def test_secrets_are_neither_stored_nor_extracted(project, document, tmp_path):
    save(document, str(tmp_path / "graph"), "json")
    assert "s3cr3t" not in (tmp_path / "graph.json").read_text()
    assert b"s3cr3t" not in (project / ".mlflow2prov" / "calls.db").read_bytes()


def test_the_same_sets_twice_are_no_further_sets(project, database, document):
    again = extract(calls=[str(project), str(database)])
    assert again == document
    assert merge([document, again]) == document


def test_the_same_members_in_two_repositories_are_one_set(database, document):
    execute(database, "UPDATE artifact_sets SET labels = ?", '{"name": "other"}')
    graph = Graph(merge([document, extract(calls=str(database))]))
    assert len(graph.of_type("ResultSet")) == len(Graph(document).of_type("ResultSet"))


def test_labels_and_custom_fields_hide_people_and_paths(database):
    fields = '{"user": "lovelace", "folder": "/srv/lovelace/wine", "tags": ["by lovelace"]}'
    execute(database, "UPDATE calls SET custom_fields = ?", fields)
    execute(database, "UPDATE artifact_sets SET labels = ?", fields)
    document = extract(calls=str(database))
    hidden = transform(document, use_pseudonyms=True, pseudonym_key=b"key")
    texts = {str(a.value) for s in hidden.statements() for a in s.attributes}
    assert [text for text in texts if "lovelace" in text or "/srv" in text] == []
    assert validate(hidden).is_valid


@pytest.mark.parametrize("name", ["json", "xml", "provn", "turtle", "trig", "jsonld", "nquads"])
def test_every_format_keeps_sets_and_tags(document, tmp_path, name):
    save(document, str(tmp_path / "graph"), name)
    (file,) = tmp_path.iterdir()
    assert load(str(file)) == document


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("set_id", 7),
        ("set_id", ""),
        ("created_at", "yesterday"),
        ("created_at", "0001-01-01T00:00:00+23:59"),
    ],
)
def test_an_odd_set_is_an_omission(database, column, value):
    if column == "set_id":
        execute(database, "CREATE TABLE new (id, set_id, labels, created_at)")
        execute(
            database, "INSERT INTO new SELECT id, set_id, labels, created_at FROM artifact_sets"
        )
        execute(database, "DROP TABLE artifact_sets")
        execute(database, "ALTER TABLE new RENAME TO artifact_sets")
    execute(database, f"UPDATE artifact_sets SET {column} = ? WHERE labels LIKE '%stage%'", value)
    extraction = run_extraction(calls=str(database))
    (omission,) = extraction.omissions
    assert "the set " in omission
    assert ("wine",) not in sets(Graph(extraction.document))


@pytest.mark.parametrize("labels", ["[1]", "5", "[" * 100_000, '{"name": 5}', '{"name": ""}'])
def test_odd_labels_are_no_reason_to_omit_a_set(database, labels):
    execute(database, "UPDATE artifact_sets SET labels = ?", labels)
    extraction = run_extraction(calls=str(database))
    assert extraction.omissions == ()
    assert len(Graph(extraction.document).of_type("ResultSet")) == 5


def test_members_without_a_set_are_not_in_the_graph(database):
    execute(database, "DELETE FROM artifact_sets")
    graph = Graph(extract(calls=str(database)))
    assert graph.of_type("ResultSet") == []
    assert not any(
        c.startswith("ResultSet") for c, _ in graph.pairs("hadMember", "collection", "entity")
    )


def test_a_database_without_sets_is_read(database):
    execute(database, "DROP TABLE artifact_sets")
    execute(database, "DROP TABLE artifact_set_members")
    assert Graph(extract(calls=str(database))).of_type("ResultSet") == []
