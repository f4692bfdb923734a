"""An experiment with curifactory. It writes a log of its own: stage, parameter set, artifacts."""

import json
from dataclasses import dataclass
from pathlib import Path

import curifactory as cf
from curifactory.caching import JsonCacher, PickleCacher
from curifactory.params import ExperimentParameters

LOG = []


@dataclass
class Params(ExperimentParameters):
    rate: float = 0.1
    size: int = 3
    password: str = "s3cr3t"


def log(stage, record, *artifacts):
    LOG.append([stage, record.params.name if record.params else None, artifacts])


@cf.stage(None, ["data"], [JsonCacher])
def load(record):
    log("load", record, "data")
    return list(range(record.params.size))


@cf.stage(["data"], ["train", "test"], [JsonCacher, PickleCacher])
def split(record, data):
    log("split", record, "train", "test")
    return data[:2], data[2:]


@cf.stage(["train"], ["model"], [JsonCacher])
def fit(record, train):
    log("fit", record, "model")
    return {"weight": record.params.rate * len(train)}


@cf.aggregate(["model"], ["best"], [JsonCacher])
def choose(record, records, model):
    log("choose", record, "best")
    return max(one["weight"] for one in model.values())


manager = cf.ArtifactManager("wine", notes="first try")
for params in (Params(name="small"), Params(name="large", size=5, rate=0.2)):
    fit(split(load(cf.Record(manager, params))))
choose(cf.Record(manager, None), None)
Path("log.json").write_text(json.dumps(LOG, indent=2) + "\n")
