"""The integration examples: their commands work, and their queries have the same answers in every store."""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from mlflow2prov import load, push
from tests.conftest import free_port
from tests.golden import HERE as GOLDEN
from tests.services import graph_stores, skip_or_fail

TOP = Path(__file__).parents[2]
EXAMPLES = TOP / "examples/integrations"
DEMO = GOLDEN / "result.json"
STORES = {"neo4j": "neo4j", "mongodb": "mongo-java-server", "jena_fuseki": "fuseki"}
QUESTIONS = {
    "1-best-run",
    "2-behind-a-version",
    "3-touched-models",
    "4-contributors",
    "5-deleted",
}


def import_file(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    result = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(result)
    return result


@pytest.fixture(params=STORES)
def answers(request, servers):
    """Return the answers of a store by the name of the question."""
    store = servers(STORES[request.param])
    store.clear()
    push(load(DEMO), store.url)
    return dict(import_file(EXAMPLES / "ask.py").answers(request.param, store.url))


def tuples(rows, *names):
    return [tuple(row.get(name) for name in names) for row in rows]


def test_every_store_gives_the_same_answers(answers):
    assert answers.keys() == QUESTIONS
    ((run, accuracy, author),) = tuples(answers["1-best-run"], "run", "accuracy", "author")
    assert (run, float(accuracy), author) == ("gamma 0.01", 1.0, "Grace Hopper")
    assert tuples(answers["2-behind-a-version"], "type", "name") == [
        ("Commit", "Load the wine data"),
        ("Commit", "Train a logistic regression"),
        ("Creation", "creation of run logistic C=1.0"),
        ("Creation", "creation of wine 2"),
        ("Dataset", "wine"),
        ("FileRevision", "train.py"),
        ("LoggedModel", "model"),
        ("Param", "C"),
        ("User", "Ada Lovelace"),
        ("User", "Grace Hopper"),
        ("User", "grace"),
    ]
    assert tuples(answers["3-touched-models"], "origin", "type", "model") == [
        ("Call it what it is", "LoggedModel", "machine"),
        ("Call it what it is", "RegisteredModelVersion", "wine-kernel 1"),
        ("Search for the width of a kernel", "LoggedModel", "machine"),
        ("Search for the width of a kernel", "RegisteredModelVersion", "wine-kernel 1"),
        ("The notes are done with", "LoggedModel", "model"),
        ("Train a logistic regression", "LoggedModel", "model"),
        ("Train a logistic regression", "RegisteredModelVersion", "wine 1"),
        ("Train a logistic regression", "RegisteredModelVersion", "wine 2"),
        ("wine", "LoggedModel", "model"),
        ("wine", "RegisteredModelVersion", "wine 1"),
        ("wine", "RegisteredModelVersion", "wine 2"),
    ]
    ((author, revisions),) = tuples(answers["4-contributors"], "author", "revisions")
    assert (author, int(revisions)) == ("Ada Lovelace", 1)
    deleted = tuples(answers["5-deleted"], "type", "name", "time", "agent")
    assert [
        (type_, name, datetime.fromisoformat(time), agent) for type_, name, time, agent in deleted
    ] == [
        (type_, name, datetime.fromisoformat(time), agent)
        for type_, name, time, agent in (
            ("Experiment", "first steps", "2026-11-29T13:13:03.259+00:00", None),
            ("File", "notes.txt", "2023-11-15T19:13:20+01:00", "Grace Hopper"),
            ("RegisteredModelVersion", "wine 3", "2026-11-29T13:13:40.673+00:00", None),
            ("Run", "hello", "2026-11-29T13:13:03.259+00:00", None),
            ("Run", "logistic C=1000.0", "2026-11-29T13:13:40.678+00:00", None),
        )
    ]


def test_the_pictures_show_the_answers():
    draw = import_file(EXAMPLES / "graphviz/draw.py")
    labels = {
        name: {
            attribute.value
            for statement in part.statements()
            for attribute in statement.attributes
            if attribute.key == "prov:label"
        }
        for name, part in draw.answers(load(DEMO))
    }
    assert labels.keys() == QUESTIONS
    assert {"gamma 0.01", "accuracy", "Grace Hopper"} <= labels["1-best-run"]
    assert labels["2-behind-a-version"] == {
        "wine 2", "model", "wine", "train.py", "C", "creation of wine 2", "creation of run logistic C=1.0",
        "Train a logistic regression", "Load the wine data", "Ada Lovelace", "Grace Hopper", "grace",
    }  # fmt: skip
    assert {"wine", "model", "wine 1", "wine 2"} <= labels["3-touched-models"]
    assert labels["4-contributors"] == {"train.py", "Ada Lovelace"}
    assert {"notes.txt", "first steps", "hello", "wine 3", "Grace Hopper"} <= labels["5-deleted"]


def commands(page):
    blocks = re.findall(r"^```console\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    lines = "".join(blocks).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


@pytest.mark.slow
@pytest.mark.parametrize("integration", [*STORES, "graphviz"])
def test_the_commands_of_each_page_work(integration, tmp_path):
    if integration in STORES:
        if reason := graph_stores.missing_requirement(STORES[integration]):
            skip_or_fail(reason)
    elif not shutil.which("dot"):
        pytest.skip("not installed: dot")
    page_commands = commands(EXAMPLES / integration / "README.md")
    assert len(page_commands) == (5 if integration in STORES else 2)
    port = str(free_port())
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in (("mlflow2prov", "-m mlflow2prov "), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words}"$@"\n')
        program.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(TOP),
        "PORT": port,
        "OUT": str(tmp_path),
        "NO_DOCKER": "1",
    }
    documented_address = re.compile(r"127\.0\.0\.1:(7687|27017|3030)")
    try:
        for command in page_commands:
            command = command.replace("examples/quickstart/out/result.json", str(DEMO))
            command = command.replace("examples/integrations/out", str(tmp_path))
            command = documented_address.sub(f"127.0.0.1:{port}", command)
            process = subprocess.run(
                ["bash", "-c", command], cwd=TOP, env=environment, capture_output=True, text=True, timeout=300
            )  # fmt: skip
            assert process.returncode == 0, (command, process.stdout, process.stderr)
    finally:
        if integration in STORES:
            stop = [str(EXAMPLES / "server.sh"), integration, "stop"]
            subprocess.run(stop, env=environment, capture_output=True, timeout=120)


def test_queries_of_earlier_releases_still_run(neo4j):
    """Such a query matches labels for kinds, ``prov:type``, the times of PROV-JSON, and either direction."""
    push(load(DEMO), neo4j.url)
    query = """
        CALL {
            MATCH (run:Entity)-[:hadMember]-(metric:Entity),
                  (run:Entity)-[:hadMember]-(tag:Entity),
                  (run:Entity)-[:wasGeneratedBy]-(creation:Activity)
            WHERE metric.`prov:type`="Metric" AND metric.name="accuracy"
              AND tag.`prov:type`="RunTag" AND tag.name="mlflow.source.name"
            RETURN run.run_id AS run, metric.value AS accuracy, creation.`prov:startTime` AS begun,
                   tag.value AS source
            ORDER BY accuracy DESC, source LIMIT 1
        }
        MATCH (commit:Activity)-[:wasGeneratedBy]-(revision:Entity), (user:Agent)-[:wasAssociatedWith]-(commit)
        WHERE commit.`prov:type`="Commit" AND revision.name=source AND revision.`prov:type` = "FileRevision"
        RETURN run, accuracy, begun, user.name AS contributor, count(DISTINCT commit) AS commits
        ORDER BY commits DESC LIMIT 1
    """
    (record,) = neo4j.client.execute_query(query).records
    assert record["accuracy"] == 1.0 and isinstance(record["accuracy"], float)
    assert len(record["run"]) == 32 and record["commits"] >= 1
    assert record["begun"].to_native().tzinfo is not None
    assert record["contributor"] == "Grace Hopper"


def test_mongodb_indexes_both_ends_of_relations(mongodb):
    push(load(DEMO), mongodb.url)
    keys = [tuple(i["key"]) for i in mongodb.client.provenance.wasGeneratedBy.list_indexes()]
    assert {("_id",), ("source",), ("target",)} <= set(keys)


def test_neo4j_has_its_constraints(neo4j):
    push(load(DEMO), neo4j.url)
    records = neo4j.client.execute_query("SHOW CONSTRAINTS YIELD name").records
    names = {record["name"] for record in records}
    assert {"prov_element", "prov_bundle_element", "prov_namespace"} <= names
