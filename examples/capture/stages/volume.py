"""Which powers of girth and height predict the volume of a tree best? Each parameter set is one model."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mlflow2prov.capture.stages import (
    DFReporter,
    ExperimentParameters,
    JsonCacher,
    PandasCacher,
    Record,
    aggregate,
    stage,
)


@dataclass
class Params(ExperimentParameters):
    girth: int = 1
    height: int = 0


@stage(outputs=["table"], cachers=[PandasCacher])
def features(record):
    """Return the powers of the measurements, and the volume."""
    trees, params = pd.read_csv("trees.csv"), record.params
    powers = {f"girth{n}": trees["girth"] ** n for n in range(1, params.girth + 1)}
    powers |= {f"height{n}": trees["height"] ** n for n in range(1, params.height + 1)}
    return pd.DataFrame({"one": 1.0, **powers, "volume": trees["volume"]})


@stage(inputs=["table"], outputs=["error"], cachers=[JsonCacher])
def validate(record, table):
    """Return the mean error for a tree that the model has not seen."""
    columns, volume = table.drop(columns="volume").to_numpy(), table["volume"].to_numpy()
    errors = []
    for row in range(len(table)):
        others = np.arange(len(table)) != row
        coefficients = np.linalg.lstsq(columns[others], volume[others])[0]
        errors.append(abs(columns[row] @ coefficients - volume[row]))
    return round(float(np.mean(errors)), 3)


@aggregate(inputs=["error"], outputs=["best"])
def choose(record, records, error):
    """Return the name of the set with the smallest error."""
    table = pd.DataFrame([[r.params.name, value] for r, value in error.items()])
    record.report(DFReporter(table.set_axis(["set", "error"], axis=1), name="errors"))
    return min(error, key=error.get).params.name


def get_params():
    return [
        Params(name="line"),
        Params(name="parabola", girth=2),
        Params(name="both", girth=2, height=1),
        Params(name="bent", girth=5, height=3),
    ]


def run(param_sets, manager):
    for params in param_sets:
        validate(features(Record(manager, params)))
    return choose(Record(manager, None))
