"""An MLflow file store (``mlruns``), read through its files."""

from mlflow2prov.sources.mlflow.filestore.reader import FileStore

__all__ = ["FileStore"]
