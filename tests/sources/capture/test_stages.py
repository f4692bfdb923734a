"""Stages in the graph: artifacts lead from stage to stage, also if they were taken from the cache.

The program writes a log of its own while it runs, which the tests compare with the graph.
"""

import json
import subprocess
import sys

import pytest

from mlflow2prov import extract, lineage, validate
from mlflow2prov.capture import file_hash
from tests.sources.capture.test_calls import Graph, name_of

PROGRAM = """
import json, sys
from dataclasses import dataclass
from mlflow2prov.capture.stages import *

LOG = []

@dataclass
class Params(ExperimentParameters):
    rate: float = 1.0

@stage(outputs=["data"], cachers=[JsonCacher])
def load(record):
    LOG.append(["load", record.params.name, []])
    return [1, 2, 3]

@stage(["data"], ["train", "test"], [JsonCacher, JsonCacher])
def split(record, data):
    LOG.append(["split", record.params.name, ["load data"]])
    return data[:2], data[2:]

@stage(["train"], ["score"])
def fit(record, train, factor=1):
    LOG.append(["fit", record.params.name, ["split train"]])
    return sum(train) * record.params.rate * factor

@aggregate(["score"], ["best"])
def choose(record, records, score):
    LOG.append(["choose", None, ["fit score"] * len(records)])
    return max(score.values())

manager = ArtifactManager("wine")
for rate in map(float, sys.argv[1:]):
    fit(split(load(Record(manager, Params(name=str(rate), rate=rate)))), factor=2)
choose(Record(manager, None))
print(json.dumps(LOG))
"""


def run(folder, *rates):
    done = subprocess.run(
        [sys.executable, "program.py", *rates],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stages")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    (folder / "program.py").write_text(PROGRAM)
    return folder


@pytest.fixture(scope="module")
def logs(folder):
    """What the program wrote in two runs: stage, parameter set, and the outputs of stages that it used."""
    return [run(folder, "1", "2"), run(folder, "1", "3")]


@pytest.fixture(scope="module")
def document(folder, logs):
    return extract(calls=str(folder))


@pytest.fixture(scope="module")
def graph(document):
    return Graph(document)


def uses(graph):
    """Return the outputs that computed stages used, in order, as the log has them."""
    maker = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    return sorted(
        (name_of(graph, call), f"{name_of(graph, maker[result])} {graph.value(result, 'key')}")
        for call, result in graph.pairs("used", "activity", "entity")
        if result in maker and graph.value(call, "cached") != "true"
    )


def test_artifacts_lead_from_stage_to_stage(graph, logs):
    wanted = sorted((stage, use) for log in logs for stage, _, names in log for use in names)
    assert uses(graph) == wanted


def test_outputs_derive_from_inputs(graph, logs):
    maker = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    derivations = {
        (name_of(graph, maker[made]), name_of(graph, maker[used]))
        for made, used in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
    }
    assert derivations == {
        (stage, use.split()[0]) for log in logs for stage, _, names in log for use in names
    }


def test_a_stage_from_the_cache_uses_what_the_first_one_made(graph, logs):
    cached = [s.id for s in graph.of_type("Call") if graph.value(s.id, "cached") == "true"]
    assert sorted(name_of(graph, call) for call in cached) == ["load", "split"]
    informants = dict(graph.pairs("wasInformedBy", "informed", "informant"))
    assert all(name_of(graph, informants[call]) == name_of(graph, call) for call in cached)
    assert all(graph.value(informants[call], "cached") == "false" for call in cached)


def test_the_lineage_of_a_file_leads_through_its_stages(folder, document):
    path = next((folder / "data/cache").glob("*_split_train.json"))
    origins = Graph(lineage(document, f"Content:{file_hash(path)}"))
    assert {name_of(origins, call.id) for call in origins.of_type("Call")} == {"load", "split"}


def test_the_graph_is_valid(document):
    assert validate(document).is_valid
