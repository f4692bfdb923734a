"""Git as a source: one pass of ``git log`` into the fact tables."""

from mlflow2prov.sources.git.history import History, read_history
from mlflow2prov.sources.git.trees import read_trees

__all__ = ["History", "read_history", "read_trees"]
