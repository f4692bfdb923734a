"""MLflow as a source: servers, databases and folders, read without MLflow and without a write."""

from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo, read_store

__all__ = ["ReadOptions", "StoreInfo", "read_store"]
