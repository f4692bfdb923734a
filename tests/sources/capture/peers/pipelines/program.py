"""Pipelines with curifactory. They write a log of their own: stage, arguments, used artifacts, artifacts, outcome."""

import json
from contextlib import suppress
from pathlib import Path

from curifactory.experimental import Artifact, get_manager, pipeline, stage
from curifactory.experimental.caching import JsonCacher, PickleCacher

LOG = []


def log(function, arguments, uses, artifacts, outcome="FINISHED"):
    LOG.append([function, arguments, uses, artifacts, outcome])


@stage(Artifact("data", cacher=JsonCacher()))
def load(size):
    log("load", ["size"], [], ["data"])
    return list(range(size))


@stage(Artifact("train", cacher=JsonCacher()), Artifact("test", cacher=PickleCacher()))
def split(data, at=2):
    log("split", ["data", "at"], [["data", "load", "data"]], ["train", "test"])
    return data[:at], data[at:]


@stage(Artifact("model", cacher=JsonCacher()))
def fit(train, rate, password="s3cr3t"):
    log("fit", ["train", "rate", "password"], [["train", "split", "train"]], ["model"])
    return {"weight": rate * len(train)}


@stage(Artifact("score", cacher=JsonCacher()))
def score(model, test):
    uses = [["model", "fit", "model"], ["test", "split", "test"]]
    log("score", ["model", "test"], uses, ["score"])
    return model["weight"] * len(test)


@stage(Artifact("odd"))
def fail(test):
    log("fail", ["test"], [["test", "split", "test"]], [], "FAILED")
    raise ValueError("no https://ada:s3cr3t@example.org/")


@pipeline
def wine(size: int = 3, rate: float = 0.1):
    train, test = split(load(size))
    return score(fit(train, rate), test)


@pipeline
def broken(size: int = 3):
    _, test = split(load(size))
    return fail(test)


def run(name, make, outcome="FINISHED", **arguments):
    LOG.append([name, list(arguments), [], [], outcome])
    with suppress(ValueError):
        make(name, **arguments).run()


get_manager()
run("wine", wine, size=3, rate=0.1)
run("wine", wine, size=3, rate=0.3)
run("broken", broken, "FAILED", size=3)
Path("log.json").write_text(json.dumps(LOG, indent=2) + "\n")
