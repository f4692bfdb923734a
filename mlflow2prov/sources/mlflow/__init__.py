"""MLflow as a source: servers, databases and folders, read without MLflow and never written to."""

from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.store import TrackingStore

__all__ = ["ReadOptions", "TrackingStore"]
