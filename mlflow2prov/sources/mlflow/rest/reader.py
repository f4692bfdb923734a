"""The reader of MLflow servers."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.facts import Facts
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.mlflow.known_content import (
    copy_artifacts,
    copy_runs,
    unchanged_models,
)
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.rest.artifacts import read_artifacts
from mlflow2prov.sources.mlflow.rest.client import Client, open_client
from mlflow2prov.sources.mlflow.rest.known_runs import (
    KnownRuns,
    find_known_runs,
    read_changed_runs,
)
from mlflow2prov.sources.mlflow.rest.model_registry import read_model_registry
from mlflow2prov.sources.mlflow.rest.traces import read_traces
from mlflow2prov.sources.mlflow.rest.tracking import (
    add_runs,
    read_experiments,
    read_logged_models,
    read_metric_history,
    read_model_inputs,
    read_runs,
)
from mlflow2prov.sources.mlflow.rest.transport import Json
from mlflow2prov.sources.mlflow.selection import matching_experiments
from mlflow2prov.sources.report import SourceReport


@dataclass(frozen=True)
class Server:
    """An MLflow tracking server."""

    url: str
    """``http://`` or ``https://``, with or without user and password."""
    options: ReadOptions
    previous: Facts | None = None
    """The facts of an earlier reading with the same options, from which probably unchanged runs are taken."""

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
            previous, known_runs = self.previous, None
            if previous is not None:
                known_runs = find_known_runs(facts, previous, experiments, self.options)
            changed_runs = (
                None if known_runs is None else read_changed_runs(client, experiments, known_runs)
            )
            if changed_runs is None:
                runs = read_runs(client, facts, experiments)
            else:
                runs = add_runs(client, facts, changed_runs.values())
            models = read_logged_models(client, facts, experiments)
            if models:
                read_model_inputs(client, facts, runs)
            if self.options.metric_history:
                read_metric_history(client, facts, runs)
            if previous is None or known_runs is None or changed_runs is None:
                read_artifacts(client, facts, list(runs), models)
            else:
                _read_other_artifacts(client, facts, previous, known_runs, changed_runs, models)
            read_traces(client, facts, experiments)
            read_model_registry(client, facts)
            return client.report


def _read_other_artifacts(
    client: Client,
    facts: Facts,
    previous: Facts,
    known_runs: KnownRuns,
    changed_runs: dict[str, Json],
    models: list[str],
) -> None:
    """Take the runs that were not read from ``previous``, and read the artifacts of those that may have new ones."""
    kept_ids = [run_id for run_id in known_runs.runs if run_id not in changed_runs]
    copy_runs(facts, previous, kept_ids)
    if not models:
        facts.execute("DELETE FROM run_models WHERE direction = 'input'")
    ids_to_list = {
        run_id for run_id, run in changed_runs.items() if known_runs.may_have_new_artifacts(run)
    }
    complete = unchanged_models(facts, previous)
    records = copy_artifacts(
        facts,
        previous,
        [*kept_ids, *(run_id for run_id in changed_runs if run_id not in ids_to_list)],
        complete,
    )
    read_artifacts(
        client,
        facts,
        [run_id for run_id in changed_runs if run_id in ids_to_list],
        [model_id for model_id in models if model_id not in complete],
        records,
    )
    facts.add("stores", reread_from=known_runs.next_begin)
    client.report.notices.append(
        f"{client.transport.location}: {quantity(len(kept_ids), 'run')} that ended before the previous update were not "
        f"read again; {client.options.reread} of them are at each update, but not their artifacts"
    )
