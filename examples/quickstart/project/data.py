"""The data: measurements of 178 wines from three growers."""

from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split


def load(seed: int = 0):
    wine = load_wine(as_frame=True)
    return train_test_split(wine.data, wine.target, test_size=0.3, random_state=seed)
