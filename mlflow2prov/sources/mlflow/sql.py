"""A backend database, read by its tables: whatever there is, whichever MLflow made it.

The connection is read only. Nothing is migrated or created, and a table or column that this MLflow's
schema lacks is simply not there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mlflow2prov.errors import StoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow import values
from mlflow2prov.sources.mlflow.folders import add_local_artifacts
from mlflow2prov.sources.mlflow.store import StoreInfo, Wishes
from mlflow2prov.sources.mlflow.values import integer, number, said, state, text, time
from mlflow2prov.sources.urls import without_credentials

_ROWS = 10_000
_EXTRA = {"postgresql": "postgresql", "mysql": "mysql"}


def read(url: str, facts: Facts, wishes: Wishes) -> StoreInfo:
    """Read a backend database, given by SQLAlchemy's URL."""
    shown = without_credentials(url)
    info = StoreInfo("sql", shown)
    engine = _engine(url, shown)
    try:
        with engine.connect() as connection:
            if engine.dialect.name == "postgresql":
                connection = connection.execution_options(postgresql_readonly=True)
            elif engine.dialect.name == "mysql":
                connection.execute(sqlalchemy.text("SET SESSION TRANSACTION READ ONLY"))
                connection.rollback()
            database = _Database(connection)
            if not {"experiments", "runs"} <= database.columns.keys():
                raise StoreError(f"{shown}: the database holds no MLflow store (no table of runs)")
            _experiments(database, facts)
            _runs(database, facts, wishes)
            _logged_models(database, facts)
            _registry(database, facts)
    except SQLAlchemyError as error:
        reason = str(error.orig if isinstance(error, DBAPIError) and error.orig else error)
        raise StoreError(f"{shown}: cannot be read: {reason.splitlines()[0]}") from error
    finally:
        engine.dispose()
    facts.flush()
    add_local_artifacts(facts, info, _artifact_root(url, wishes))
    return info


def _artifact_root(url: str, wishes: Wishes) -> Path | None:
    """Return the folder below which artifacts may be looked at."""
    if wishes.artifacts_destination:
        return Path(wishes.artifacts_destination)
    database = sqlalchemy.make_url(url).database if url.startswith("sqlite") else None
    return Path(database).absolute().parent if database else None


def _engine(url: str, shown: str) -> sqlalchemy.Engine:
    try:
        address = sqlalchemy.make_url(url.replace("postgres://", "postgresql://", 1))
        backend = address.get_backend_name()
        if backend == "sqlite":
            return _sqlite(address.database, shown)
        if backend == "postgresql" and "+" not in address.drivername:
            address = address.set(drivername="postgresql+psycopg")
        if backend == "mysql" and "+" not in address.drivername:
            address = address.set(drivername="mysql+pymysql")
        return sqlalchemy.create_engine(address, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError as error:
        extra = next((e for b, e in _EXTRA.items() if b in url.partition(":")[0]), None)
        how = f"pip install 'mlflow2prov[{extra}]'" if extra else f"pip install {error.name}"
        raise StoreError(f"{shown}: the driver {error.name} is missing; {how}") from error
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(f"{shown}: not a database URL: {error}") from error


def _sqlite(database: str | None, shown: str) -> sqlalchemy.Engine:
    path = Path(database or "")
    if not path.is_file():
        raise StoreError(f"{shown}: there is no such file")
    # A database in WAL mode at rest has no -shm file, and one cannot be made: then nobody writes.
    wal = Path(f"{path}-wal")
    mode = "mode=ro" if wal.exists() or not _is_wal(path) else "mode=ro&immutable=1"
    address = f"file:{quote(str(path.absolute()))}?{mode}"
    return sqlalchemy.create_engine(
        "sqlite://", creator=lambda: _connect(address), poolclass=sqlalchemy.pool.StaticPool
    )


def _connect(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True)
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def _is_wal(path: Path) -> bool:
    """Return whether the header says WAL (sqlite.org/fileformat.html, offset 18)."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02"


class _Database:
    """Rows of tables that may be there, in columns that may be there."""

    def __init__(self, connection: sqlalchemy.Connection) -> None:
        self._connection = connection
        inspector = sqlalchemy.inspect(connection)
        self.columns = {
            table: {column["name"] for column in inspector.get_columns(table)}
            for table in inspector.get_table_names()
        }
        self._quote = connection.dialect.identifier_preparer.quote

    def rows(self, table: str, *columns: str) -> Iterator[tuple[Any, ...]]:
        """Stream ``columns`` of all rows; a missing column is null, a missing table is empty."""
        present = self.columns.get(table)
        if present is None:
            return
        listed = ", ".join(self._quote(c) if c in present else f"NULL AS {c}" for c in columns)
        query = sqlalchemy.text(f"SELECT {listed} FROM {self._quote(table)}")
        result = self._connection.execution_options(stream_results=True).execute(query)
        for part in result.partitions(_ROWS):
            for row in part:
                yield tuple(row)


def _experiments(database: _Database, facts: Facts) -> None:
    for row in database.rows(
        "experiments",
        "experiment_id",
        "name",
        "artifact_location",
        "lifecycle_stage",
        "creation_time",
        "last_update_time",
        "workspace",
    ):
        identifier, name, location, stage, created, updated, place = row
        facts.add(
            "experiments",
            text(identifier),
            text(name),
            text(location),
            state(stage),
            time(created),
            time(updated),
            values.workspace(place),
        )
    for identifier, key, value in database.rows("experiment_tags", "experiment_id", "key", "value"):
        facts.add("experiment_tags", text(identifier), text(key), said(value))


def _runs(database: _Database, facts: Facts, wishes: Wishes) -> None:
    users = {
        run: value
        for run, key, value in database.rows("tags", "run_uuid", "key", "value")
        if key == "mlflow.user"
    }
    count = 0
    for row in database.rows(
        "runs",
        "run_uuid",
        "experiment_id",
        "name",
        "user_id",
        "status",
        "lifecycle_stage",
        "start_time",
        "end_time",
        "deleted_time",
        "artifact_uri",
    ):
        run, experiment, name, user, status, stage, started, ended, deleted, uri = row
        facts.add(
            "runs",
            text(run),
            text(experiment),
            text(name),
            text(users.get(run)) or text(user),
            values.run_status(status),
            state(stage),
            time(started),
            time(ended),
            time(deleted) if stage == "deleted" else None,
            text(uri),
        )
        count += 1
    wishes.report("runs", count, count)
    for run, key, value in database.rows("tags", "run_uuid", "key", "value"):
        facts.add("run_tags", text(run), text(key), said(value))
    for run, key, value in database.rows("params", "run_uuid", "key", "value"):
        facts.add("params", text(run), text(key), said(value))
    metrics = "metrics" if wishes.metric_history else "latest_metrics"
    for run, key, value, step, at, is_nan in database.rows(
        metrics, "run_uuid", "key", "value", "step", "timestamp", "is_nan"
    ):
        facts.add("metrics", text(run), text(key), number(value, is_nan), integer(step), time(at))
    _inputs(database, facts)


def _inputs(database: _Database, facts: Facts) -> None:
    contexts = {
        uuid: value
        for uuid, name, value in database.rows("input_tags", "input_uuid", "name", "value")
        if name == values.CONTEXT_TAG
    }
    datasets = {
        row[0]: row[1:]
        for row in database.rows(
            "datasets",
            "dataset_uuid",
            "name",
            "digest",
            "dataset_source_type",
            "dataset_source",
            "dataset_schema",
            "dataset_profile",
        )
    }
    for uuid, kind, source, target_kind, target, step in database.rows(
        "inputs",
        "input_uuid",
        "source_type",
        "source_id",
        "destination_type",
        "destination_id",
        "step",
    ):
        if kind == "DATASET" and target_kind == "RUN" and source in datasets:
            about = (text(part) for part in datasets[source])
            facts.add("dataset_inputs", text(target), *about, text(contexts.get(uuid)))
        elif kind == "RUN_INPUT" and target_kind == "MODEL_INPUT":
            facts.add("run_models", text(source), text(target), "input", None)
        elif kind == "RUN_OUTPUT" and target_kind == "MODEL_OUTPUT":
            facts.add("run_models", text(source), text(target), "output", integer(step))


def _logged_models(database: _Database, facts: Facts) -> None:
    for row in database.rows(
        "logged_models",
        "model_id",
        "experiment_id",
        "name",
        "model_type",
        "source_run_id",
        "status",
        "lifecycle_stage",
        "creation_timestamp_ms",
        "last_updated_timestamp_ms",
        "artifact_location",
    ):
        model, experiment, name, kind, run, status, stage, created, updated, location = row
        facts.add(
            "logged_models",
            text(model),
            text(experiment),
            text(name),
            text(kind),
            text(run),
            values.model_status(status),
            state(stage),
            time(created),
            time(updated),
            text(location),
        )
    for model, key, value in database.rows("logged_model_tags", "model_id", "tag_key", "tag_value"):
        facts.add("logged_model_tags", text(model), text(key), said(value))
    for model, key, value in database.rows(
        "logged_model_params", "model_id", "param_key", "param_value"
    ):
        facts.add("logged_model_params", text(model), text(key), said(value))
    for model, run, key, value, step, at in database.rows(
        "logged_model_metrics",
        "model_id",
        "run_id",
        "metric_name",
        "metric_value",
        "metric_step",
        "metric_timestamp_ms",
    ):
        facts.add(
            "logged_model_metrics",
            text(model),
            text(run),
            text(key),
            number(value),
            integer(step),
            time(at),
        )


_VERSION = (
    "name",
    "version",
    "creation_time",
    "last_updated_time",
    "description",
    "user_id",
    "current_stage",
    "source",
    "run_id",
    "run_link",
    "status",
    "status_message",
)


def _registry(database: _Database, facts: Facts) -> None:
    tags = list(database.rows("registered_model_tags", "name", "key", "value"))
    prompts = {
        name
        for name, key, value in tags
        if key == values.PROMPT_TAG and said(value).lower() == "true"
    }
    for name, description, created, updated in database.rows(
        "registered_models", "name", "description", "creation_time", "last_updated_time"
    ):
        facts.add(
            "registered_models",
            text(name),
            name in prompts,
            text(description),
            time(created),
            time(updated),
        )
    for name, key, value in tags:
        facts.add("registered_model_tags", text(name), text(key), said(value))
    for name, alias, version in database.rows(
        "registered_model_aliases", "name", "alias", "version"
    ):
        facts.add("registered_model_aliases", text(name), text(alias), text(version))
    for row in database.rows("model_versions", *_VERSION):
        values.add_version(
            facts, dict(zip(_VERSION, row, strict=True)), is_prompt=row[0] in prompts
        )
    for name, version, key, value in database.rows(
        "model_version_tags", "name", "version", "key", "value"
    ):
        facts.add(
            "registered_model_version_tags", text(name), text(version), text(key), said(value)
        )
