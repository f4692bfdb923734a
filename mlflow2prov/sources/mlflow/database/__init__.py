"""An MLflow backend database, read through its tables."""

from mlflow2prov.sources.mlflow.database.reader import BackendDatabase

__all__ = ["BackendDatabase"]
