"""The cells of the notebook on the three faces of capture: text and code in turn."""

CELLS = (
    """
# Three faces of capture

This notebook studies 31 cherry trees: how does the volume depend on girth and height? Each of the three faces of
`mlflow2prov.capture` records a part of the study. At the end, all records are one graph.
""",
    """
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import mlflow2prov.capture as p
from mlflow2prov.capture import stages

pd.read_csv("trees.csv").describe().round(1)
""",
    """
## Functions whose results are looked up

A function with `@p.provenance()` stores its result under the digest of its inputs. The data is an archived file, so
that its content is one of these inputs.
""",
    """
@p.provenance()
def logarithms(file):
    print("computing logarithms")
    return np.log(pd.read_csv(file))


@p.provenance()
def fit(logs, predictors):
    print("computing fit")
    columns = np.column_stack([np.ones(len(logs)), *(logs[name] for name in predictors)])
    coefficients, *_ = np.linalg.lstsq(columns, logs["volume"])
    return dict(zip(["intercept", *predictors], coefficients.round(3).tolist(), strict=True))


trees = p.archive_file("trees.csv")
fit(logarithms(trees), ["girth"])
""",
    """
With another predictor, only `fit` is computed. With the same ones, nothing is.
""",
    """
fit(logarithms(trees), ["girth"])
model = fit(logarithms(trees), ["girth", "height"])
model
""",
    """
Each result knows where it comes from:
""",
    """
p.visualize_lineage(model)
""",
    """
## A record beside the outputs

A function with `@p.tracked()` writes files to a folder. The folder also gets a record of the call, with the arguments,
the seed, the environment, and the digests of the files. By default, the installed packages are recorded too.
""",
    """
@p.tracked(
    directory_parameter="folder",
    seed_parameter="seed",
    create_parents=True,
    include_package_inventory=False,
)
def bootstrap(folder, data, seed=None):
    logs = np.log(pd.read_csv(data))
    columns = np.column_stack([np.ones(len(logs)), logs["girth"], logs["height"]])
    estimates = []
    for _ in range(200):
        rows = np.random.randint(len(logs), size=len(logs))
        estimates.append(np.linalg.lstsq(columns[rows], logs["volume"].to_numpy()[rows])[0])
    frame = pd.DataFrame(estimates, columns=["intercept", "girth", "height"])
    frame.to_csv(folder / "estimates.csv", index=False)
    return frame.quantile([0.05, 0.95]).round(2)


bootstrap(Path("estimates/first"), Path("trees.csv"), seed=1)
""",
    """
The record has the arguments and the outputs, and how the call ended:
""",
    """
(record,) = p.read_records("estimates/first/bootstrap_record.json")
print("seed", record.call.seed, record.call.status)
print(record.parameters)
print([output.path for output in record.call.outputs])
""",
    """
## Records that pass through stages

A parameter set passes through stages, whose outputs are cached. A stage runs again only for new parameters.
""",
    """
@dataclass
class Params(stages.ExperimentParameters):
    girth: int = 1
    height: int = 0


@stages.stage(outputs=["table"], cachers=[stages.PandasCacher])
def features(record):
    trees, params = pd.read_csv("trees.csv"), record.params
    powers = {f"girth{n}": trees["girth"] ** n for n in range(1, params.girth + 1)}
    powers |= {f"height{n}": trees["height"] ** n for n in range(1, params.height + 1)}
    return pd.DataFrame({"one": 1.0, **powers, "volume": trees["volume"]})


@stages.stage(inputs=["table"], outputs=["error"], cachers=[stages.JsonCacher])
def validate(record, table):
    columns, volume = table.drop(columns="volume").to_numpy(), table["volume"].to_numpy()
    errors = []
    for row in range(len(table)):
        others = np.arange(len(table)) != row
        coefficients = np.linalg.lstsq(columns[others], volume[others])[0]
        errors.append(abs(columns[row] @ coefficients - volume[row]))
    return round(float(np.mean(errors)), 3)


manager = stages.ArtifactManager("volume")
sets = [
    Params(name="line"),
    Params(name="parabola", girth=2),
    Params(name="both", girth=2, height=1),
]
records = [validate(features(stages.Record(manager, params))) for params in sets]
{record.params.name: record.state["error"] for record in records}
""",
    """
A set with the same parameters takes all outputs from the cache, whatever its name is:
""",
    """
again = validate(features(stages.Record(manager, Params(name="once more", girth=2))))
[(outcome.stage, outcome.result) for outcome in manager.outcomes[-2:]]
""",
    """
## One graph

`extract` reads what the three faces have recorded. In a Git repository, the calls would also be linked to their
commits.
""",
    """
from mlflow2prov import extract, lineage, statistics

document = extract(calls=[".mlflow2prov", "estimates"])
counts = statistics(document, "fine").to_pandas()
counts[counts["type"].isin(["Argument", "Call", "Content", "Function", "Result"])]
""",
    """
Which functions did the data lead to, and through which calls did the best model come about? The graph has files and
values under the digests of their contents.
""",
    """
def calls_of(part):
    calls = [s for s in part.statements() if s.id is not None and s.id.startswith("Call.")]
    names = [a.value for call in calls for a in call.attributes if a.key == "name"]
    return sorted(set(names))


data = f"Content:{p.file_hash('trees.csv')}"
print("trees.csv led to    ", calls_of(lineage(document, data, "downstream")))
(cached,) = Path("data/cache").glob(f"*{sets[2].hash}_validate_error.json")
print("the error came from ", calls_of(lineage(document, f"Content:{p.file_hash(cached)}")))
""",
)
