"""How certain are the coefficients? Estimate them from random samples of the trees.

python bootstrap.py FOLDER [SEED]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

import mlflow2prov.capture as p

SAMPLES = 200


@p.tracked(directory_parameter="folder", seed_parameter="seed", create_parents=True)
def bootstrap(folder: Path, data: Path, seed: int | None = None) -> None:
    """Write the coefficients of each sample, and the interval that has 90 % of them."""
    logs = np.log(pd.read_csv(data))
    columns = np.column_stack([np.ones(len(logs)), logs["girth"], logs["height"]])
    volume = logs["volume"].to_numpy()
    estimates = []
    for _ in range(SAMPLES):
        rows = np.random.randint(len(logs), size=len(logs))
        estimates.append(np.linalg.lstsq(columns[rows], volume[rows])[0])
    frame = pd.DataFrame(estimates, columns=["intercept", "girth", "height"])
    frame.to_csv(folder / "estimates.csv", index=False)
    frame.quantile([0.05, 0.95]).round(2).to_csv(folder / "intervals.csv")


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    bootstrap(folder, Path("trees.csv"), int(sys.argv[2]) if len(sys.argv) > 2 else None)
    print((folder / "intervals.csv").read_text())
