"""The extraction of MLflow stores against the bare REST calls, and the bare SQL queries, for the same data.

The store has one experiment, whose runs have 20 parameters, 10 metrics, 5 tags and three artifacts in a folder each.
MLflow creates the first run; the others are copies of its rows with ids of their own.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measurement import measure_call, print_row
from mlflow2prov import extract
from tests.conftest import mlflow_server

PARAMS, METRICS, TAGS = 20, 10, 5
ARTIFACTS = ("config.yaml", "plots/loss.png", "plots/roc.png")
API = "/api/2.0/mlflow"
CONCURRENCY = 8
"""The number of concurrent requests for artifacts, which is the same for an extraction."""

_CREATE_FIRST_RUN = """
import sys
import mlflow
from mlflow.entities import Metric, Param, RunTag
client = mlflow.MlflowClient()
params, metrics, tags = map(int, sys.argv[1:])
experiment = client.create_experiment("many")
run = client.create_run(experiment, start_time=1_700_000_000_000, run_name="one")
client.log_batch(
    run.info.run_id,
    [Metric(f"metric{n}", n / 7, 1_700_000_001_000, 0) for n in range(metrics)],
    [Param(f"param{n}", f"value {n}") for n in range(params)],
    [RunTag(f"tag{n}", f"value {n}") for n in range(tags)],
)
client.set_terminated(run.info.run_id, end_time=1_700_000_060_000)
"""
MINUTE = 60_000
"""Milliseconds between the starts of two copies of a run."""

_TABLES_OF_RUNS = ("runs", "params", "latest_metrics", "metrics", "tags")
_CHANGED_COLUMNS = {
    "run_uuid": "copies.run_uuid",
    "artifact_uri": "replace(originals.artifact_uri, originals.run_uuid, copies.run_uuid)",
    "start_time": "originals.start_time + copies.delay",
    "end_time": "originals.end_time + copies.delay",
}


def measure(folder: Path, runs: int, repeat: int) -> None:
    """Print a row for a server over a store with ``runs`` runs, and one for its database, each after its floor."""
    database = create_store(folder, runs)
    url = f"sqlite:///{database}"
    with mlflow_server(url) as server:
        floor = measure_call(partial(request_everything, server), repeat)
        print_row(
            f"bare REST calls, {runs:,} runs, {CONCURRENCY} concurrent: the floor", floor, floor
        )
        print_row(
            "extract over HTTP", measure_call(lambda: extract(mlflow_url=server), repeat), floor
        )
    floor = measure_call(partial(query_everything, database), repeat)
    print_row(f"bare SQL in SQLite, {runs:,} runs: the floor", floor, floor)
    print_row("extract from SQLite", measure_call(lambda: extract(mlflow_url=url), repeat), floor)


def create_store(
    folder: Path,
    runs: int,
    *,
    params: int = PARAMS,
    metrics: int = METRICS,
    with_files: bool = True,
) -> Path:
    """Create a store with ``runs`` runs in ``folder``, and return the path of its database.

    Args:
        folder: the folder.
        runs: the number of runs.
        params: the number of parameters of a run.
        metrics: the number of metrics of a run.
        with_files: whether the runs have artifacts.
    """
    database = folder / "mlflow.db"
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{database}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    subprocess.run(
        [sys.executable, "-c", _CREATE_FIRST_RUN, *map(str, (params, metrics, TAGS))],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    with closing(sqlite3.connect(database)) as connection, connection:
        ((first, artifact_uri),) = connection.execute("SELECT run_uuid, artifact_uri FROM runs")
    copies = copy_runs(database, runs - 1)
    for run in (first, *copies) if with_files else ():
        for name in ARTIFACTS:
            file = Path(artifact_uri.removeprefix("file://").replace(first, run)) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("content")
    return database


def copy_runs(database: Path, count: int, *, start: int | None = None) -> list[str]:
    """Add copies of the first run to a store, each a minute later than the last, and return their ids.

    Args:
        database: the database of the store.
        count: the number of copies.
        start: when the first of them starts, in milliseconds since 1970-01-01 UTC; by default after all known runs.
    """
    with closing(sqlite3.connect(database)) as connection, connection:
        ((number,),) = connection.execute("SELECT count(*) FROM runs")
        ((first, first_start),) = connection.execute(
            "SELECT run_uuid, start_time FROM runs ORDER BY start_time LIMIT 1"
        )
        delay = MINUTE * number if start is None else start - first_start
        copies = {uuid.UUID(int=number + each).hex: delay + MINUTE * each for each in range(count)}
        _copy_run(connection, first, copies)
    return list(copies)


def _copy_run(connection: sqlite3.Connection, run: str, copies: dict[str, int]) -> None:
    connection.execute("CREATE TEMP TABLE copies (run_uuid TEXT, delay INTEGER)")
    connection.executemany("INSERT INTO copies VALUES (?, ?)", copies.items())
    for table in _TABLES_OF_RUNS:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        values = [_CHANGED_COLUMNS.get(column, f'originals."{column}"') for column in columns]
        connection.execute(
            f"INSERT INTO {table} SELECT {', '.join(values)} "
            f"FROM {table} AS originals, copies WHERE originals.run_uuid = ?",
            [run],
        )


def request_everything(server: str) -> None:
    """Send a server the requests of an extraction, and discard the answers."""
    limits = httpx.Limits(max_connections=CONCURRENCY, max_keepalive_connections=CONCURRENCY)
    with httpx.Client(base_url=server, limits=limits, timeout=60) as client:
        search = {"max_results": 1000, "view_type": "ALL"}
        results = _pages(client.post, "experiments/search", "json", search, "experiments")
        experiments = [experiment["experiment_id"] for experiment in results]
        search = {"experiment_ids": experiments, "max_results": 1000, "run_view_type": "ALL"}
        results = _pages(client.post, "runs/search", "json", search, "runs")
        runs = [run["info"]["run_id"] for run in results]
        search = {"experiment_ids": experiments, "max_results": 1000}
        list(_pages(client.post, "logged-models/search", "json", search, "models"))
        for kind in ("registered-models", "model-versions"):
            list(_pages(client.get, f"{kind}/search", "params", {}, kind.replace("-", "_")))
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(partial(_list_artifacts, client), runs))


def _list_artifacts(client: httpx.Client, run: str, path: str = "") -> None:
    """List the artifacts of a run below ``path``, one request for each folder."""
    params = {"run_id": run, **({"path": path} if path else {})}
    response = client.get(f"{API}/artifacts/list", params=params)
    for file in _json(response).get("files", []):
        if file["is_dir"]:
            _list_artifacts(client, run, file["path"])


def _pages(
    request: Callable[..., httpx.Response],
    path: str,
    parameter: str,
    search: dict[str, Any],
    key: str,
) -> Iterator[dict[str, Any]]:
    """Yield the results of all pages; ``search`` is sent as the argument ``parameter`` of ``request``."""
    token: dict[str, str] = {}
    while True:
        page = _json(request(f"{API}/{path}", **{parameter: {**search, **token}}))
        yield from page.get(key, [])
        if not page.get("next_page_token"):
            return
        token = {"page_token": page["next_page_token"]}


def _json(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    content: dict[str, Any] = response.json()
    return content


def query_everything(database: Path) -> None:
    """Read all rows about experiments, runs and models, and list the artifact folders."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in ("alembic_version", "metrics")
        ]
        for table in tables:
            connection.execute(f'SELECT * FROM "{table}"').fetchall()
        for (uri,) in connection.execute("SELECT artifact_uri FROM runs").fetchall():
            sorted(Path(uri.removeprefix("file://")).rglob("*"))
