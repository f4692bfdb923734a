"""Git as a source of facts: the history of a repository."""

from mlflow2prov.sources.git.history import GitHistory, HistoryOptions

__all__ = ["GitHistory", "HistoryOptions"]
