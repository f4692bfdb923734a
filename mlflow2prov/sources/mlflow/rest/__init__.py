"""An MLflow server, read through its REST API."""

from mlflow2prov.sources.mlflow.rest.reader import Server

__all__ = ["Server"]
