"""What reading an MLflow store costs, beside the bare calls and the bare SQL for the same data.

The store has one experiment of a thousand runs, each with 20 params, 10 metrics, 5 tags and a few artifacts in a
folder. MLflow makes the first run; the others are copies of its rows under ids of their own.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measuring import call, row
from mlflow2prov import extract
from tests.conftest import mlflow_server

PARAMS, METRICS, TAGS = 20, 10, 5
ARTIFACTS = ("config.yaml", "plots/loss.png", "plots/roc.png")
API = "api/2.0/mlflow"
WORKERS = 8

_FIRST_RUN = f"""
import mlflow
from mlflow.entities import Metric, Param, RunTag
client = mlflow.MlflowClient()
experiment = client.create_experiment("many")
run = client.create_run(experiment, start_time=1_700_000_000_000, run_name="one")
client.log_batch(
    run.info.run_id,
    [Metric(f"metric{{n}}", n / 7, 1_700_000_001_000, 0) for n in range({METRICS})],
    [Param(f"param{{n}}", f"value {{n}}") for n in range({PARAMS})],
    [RunTag(f"tag{{n}}", f"value {{n}}") for n in range({TAGS})],
)
client.set_terminated(run.info.run_id, end_time=1_700_000_060_000)
"""
_OF_RUNS = ("runs", "params", "latest_metrics", "metrics", "tags")


def measure(folder: Path, runs: int, repeat: int) -> None:
    """Print a line for a server over a store of ``runs`` runs and one for its database, each after its floor."""
    database = make(folder, runs)
    url = f"sqlite:///{database}"
    with mlflow_server(url) as server:
        floor = call(partial(bare_calls, server), repeat)
        row(f"bare REST calls, {runs:,} runs, {WORKERS} at once: the floor", floor, floor)
        row("extract over HTTP", call(lambda: extract(mlflow_url=server), repeat), floor)
    floor = call(partial(bare_sql, database), repeat)
    row(f"bare SQL in SQLite, {runs:,} runs: the floor", floor, floor)
    row("extract from SQLite", call(lambda: extract(mlflow_url=url), repeat), floor)


def make(folder: Path, runs: int) -> Path:
    """Make a store of ``runs`` runs in ``folder``; returns its database."""
    database = folder / "mlflow.db"
    environment = {
        "MLFLOW_TRACKING_URI": f"sqlite:///{database}",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    subprocess.run(
        [sys.executable, "-c", _FIRST_RUN],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
    )
    with sqlite3.connect(database) as connection:
        ((first, artifacts),) = connection.execute("SELECT run_uuid, artifact_uri FROM runs")
        copies = [uuid.UUID(int=number).hex for number in range(1, runs)]
        connection.execute("CREATE TEMP TABLE copies (run_uuid TEXT)")
        connection.executemany("INSERT INTO copies VALUES (?)", [(copy,) for copy in copies])
        for table in _OF_RUNS:
            columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
            copied = [_COPIED.get(column, f't."{column}"') for column in columns]
            connection.execute(
                f"INSERT INTO {table} SELECT {', '.join(copied)} FROM {table} t, copies c WHERE t.run_uuid = ?",
                [first],
            )
    for run in (first, *copies):
        for name in ARTIFACTS:
            file = Path(artifacts.removeprefix("file://").replace(first, run)) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("content")
    return database


_COPIED = {
    "run_uuid": "c.run_uuid",
    "artifact_uri": "replace(t.artifact_uri, t.run_uuid, c.run_uuid)",
}


def bare_calls(server: str) -> None:
    """Ask a server for all that :func:`mlflow2prov.extract` asks for, and throw the answers away."""
    limits = httpx.Limits(max_connections=WORKERS, max_keepalive_connections=WORKERS)
    with httpx.Client(base_url=server, limits=limits, timeout=60) as client:
        body = {"max_results": 1000, "view_type": "ALL"}
        found = _pages(client.post, "experiments/search", body, "experiments", "json")
        experiments = [experiment["experiment_id"] for experiment in found]
        body = {"experiment_ids": experiments, "max_results": 1000, "run_view_type": "ALL"}
        runs = [
            run["info"]["run_id"]
            for run in _pages(client.post, "runs/search", body, "runs", "json")
        ]
        body = {"experiment_ids": experiments, "max_results": 1000}
        list(_pages(client.post, "logged-models/search", body, "models", "json"))
        for kind in ("registered-models", "model-versions"):
            found = _pages(client.get, f"{kind}/search", {}, kind.replace("-", "_"), "params")
            list(found)

        def listing(run: str, path: str = "") -> None:
            asked = {"run_id": run, **({"path": path} if path else {})}
            for file in _answer(client.get(f"/{API}/artifacts/list", params=asked)).get(
                "files", []
            ):
                if file["is_dir"]:
                    listing(run, file["path"])

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(listing, runs))


def _pages(
    ask: Callable[..., httpx.Response], path: str, asked: dict[str, Any], key: str, way: str
) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        answer = _answer(ask(f"/{API}/{path}", **{way: {**asked, **token}}))
        yield from answer.get(key, [])
        if not answer.get("next_page_token"):
            return
        token = {"page_token": answer["next_page_token"]}


def _answer(response: httpx.Response) -> dict[str, Any]:
    response.raise_for_status()
    found: dict[str, Any] = response.json()
    return found


def bare_sql(database: Path) -> None:
    """Read all rows of all tables that say something of experiments, runs and models, and list the artifacts."""
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if name not in ("alembic_version", "metrics")
        ]
        for table in tables:
            connection.execute(f'SELECT * FROM "{table}"').fetchall()
        for (uri,) in connection.execute("SELECT artifact_uri FROM runs").fetchall():
            sorted(Path(uri.removeprefix("file://")).rglob("*"))
