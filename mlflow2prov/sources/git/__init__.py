"""Git as a source: a history into the fact tables, described by git side by side."""

from mlflow2prov.sources.git.history import History, read_history
from mlflow2prov.sources.git.trees import read_trees

__all__ = ["History", "read_history", "read_trees"]
