"""Functions captured with provenance. They write a log of their own: function, plain arguments, used results, results.

A used result is an argument, the function that made it, and the key in a composite result; the argument is null
where the library does not record it.
"""

import json
import sys
from pathlib import Path

import provenance as p

LOG = []


def log(function, arguments, uses, results=("",)):
    LOG.append([function, arguments, uses, list(results)])


@p.provenance()
def load(path):
    log("load", ["path"], [])
    return [1, 2, 3]


@p.provenance(version=2, returns_composite=True)
def split(data, at=2):
    log("split", ["data", "at"], [["data", "load", ""]], ["", "train", "test"])
    return {"train": list(data)[:at], "test": list(data)[at:]}


@p.provenance(ignore=["note"], tags=["model"])
def fit(train, rate=0.1, password="s3cr3t", note=None):
    log("fit", ["train", "rate", "password", "note"], [["train", "split", "train"]])
    return {"weight": rate * len(train)}


@p.provenance()
def same(x):
    log("same", ["x"], [["x", "fit", ""]])
    return x


@p.provenance()
def total(*models, **named):
    uses = [["args", "fit", ""], ["args", "same", ""], ["extra", "same", ""]]
    log("total", ["args", "extra"], uses)
    return sum(model["weight"] for model in models[0])


@p.provenance(archive_file=True, preserve_file_ext=True)
def export(model):
    log("export", ["model"], [["model", "same", ""]])
    path = Path("model.txt")
    path.write_text(str(model["weight"]))
    return str(path)


repo = {"type": "postgres", "db": sys.argv[1], "store": "disk", "create_db": True}
p.load_config(
    {
        "blobstores": {"disk": {"type": "disk", "cachedir": "blobs"}},
        "artifact_repos": {"local": repo},
        "default_repo": "local",
    }
)
with p.capture_set(labels={"name": "wine"}):
    parts = split(load("data.csv"))
    model = fit(parts["train"])
    again = same(model)
    total([model, again], extra=[{"deep": again}])
    export(again)
    fit(parts["train"])  # only looked up
Path("log.json").write_text(json.dumps(LOG, indent=2) + "\n")
