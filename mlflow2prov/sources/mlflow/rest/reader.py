"""The reader of MLflow servers."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.rest.artifacts import read_artifacts
from mlflow2prov.sources.mlflow.rest.client import open_client
from mlflow2prov.sources.mlflow.rest.model_registry import read_model_registry
from mlflow2prov.sources.mlflow.rest.traces import read_traces
from mlflow2prov.sources.mlflow.rest.tracking import (
    read_experiments,
    read_logged_models,
    read_metric_history,
    read_model_inputs,
    read_runs,
)
from mlflow2prov.sources.mlflow.selection import matching_experiments
from mlflow2prov.sources.report import SourceReport


@dataclass(frozen=True)
class Server:
    """An MLflow tracking server."""

    url: str
    """``http://`` or ``https://``, with or without user and password."""
    options: ReadOptions

    def read(self, facts: Facts) -> SourceReport:
        """Read all that the server shows to these credentials.

        Raises:
            TrackingStoreError: the server cannot be reached, is not an MLflow server, or refuses access.
        """
        with open_client(self.url, self.options) as client:
            experiments = read_experiments(client, facts)
            if self.options.experiments:
                experiments = matching_experiments(
                    facts, self.options.experiments, client.transport.location
                )
            runs = read_runs(client, facts, experiments)
            models = read_logged_models(client, facts, experiments)
            if models:
                read_model_inputs(client, facts, runs)
            if self.options.metric_history:
                read_metric_history(client, facts, runs)
            read_artifacts(client, facts, list(runs), models)
            read_traces(client, facts, experiments)
            read_model_registry(client, facts)
            return client.report
