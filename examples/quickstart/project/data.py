"""The data: measurements of 178 wines from three growers, in a file that Git ignores."""

import pandas
from sklearn.model_selection import train_test_split

import mlflow2prov.capture as p

FILE = "wine.csv"


@p.provenance(returns_composite=True, proxies=False)
def split(file, seed: int = 0):
    """Return the rows to train with and those to test with."""
    train, test = train_test_split(pandas.read_csv(file), test_size=0.3, random_state=seed)
    return {"train": train, "test": test}


def load():
    """Return the two parts of the file, which is archived under the digest of its content."""
    return split(p.archive_file(FILE))


def columns(part):
    """Return the measurements and the growers."""
    return part.drop(columns="target"), part["target"]
