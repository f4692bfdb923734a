"""An MLflow server, read by its REST API.

https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.rest import artifacts, traces, tracking
from mlflow2prov.sources.mlflow.rest import model_registry as registry
from mlflow2prov.sources.mlflow.rest.client import Client
from mlflow2prov.sources.mlflow.rest.requests import Server
from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo


def read(url: str, facts: Facts, wishes: ReadOptions) -> StoreInfo:
    """Read all that the server at ``url`` shows to us."""
    with Client(url, wishes.workers) as client, ThreadPoolExecutor(wishes.workers) as pool:
        info = StoreInfo("http", client.shown, client.version())
        server = Server(client, pool, facts, info, wishes)
        experiments = tracking.read_experiments(server)
        runs = tracking.read_runs(server, experiments)
        models = tracking.read_logged_models(server, experiments)
        if models:
            tracking.read_model_inputs(server, runs)
        if wishes.metric_history:
            tracking.read_metric_history(server, runs)
        artifacts.read_artifacts(server, list(runs), models)
        traces.read_traces(server, experiments)
        registry.read_registry(server)
    return info
