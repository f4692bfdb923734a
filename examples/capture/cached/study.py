"""How does the volume of a cherry tree depend on its girth and height?

python study.py PREDICTOR...
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import mlflow2prov.capture as p


@p.provenance()
def logarithms(file):
    """Return the measurements in the file on a logarithmic scale."""
    print("computing logarithms")
    return np.log(pd.read_csv(file))


@p.provenance()
def fit(logs, predictors):
    """Return the coefficients of a linear model of the volume."""
    print("computing fit")
    columns = np.column_stack([np.ones(len(logs)), *(logs[name] for name in predictors)])
    coefficients, *_ = np.linalg.lstsq(columns, logs["volume"])
    return dict(zip(["intercept", *predictors], coefficients.round(3).tolist(), strict=True))


@p.provenance(archive_file=True)
def write(coefficients, path):
    """Write the coefficients as a table, and return its path."""
    rows = "".join(f"{name},{value}\n" for name, value in coefficients.items())
    Path(path).write_text(f"predictor,coefficient\n{rows}")
    return path


if __name__ == "__main__":
    predictors = sys.argv[1:]
    model = fit(logarithms(p.archive_file("trees.csv")), predictors)
    write(model, f"{'-'.join(predictors)}.csv")
    print(model)
