"""Artifacts and calls in a database, with their values in a blob store.

The content of a value is stored before the rows that refer to it, and these in one transaction: a process that is
killed leaves at most a blob without an artifact.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.artifacts import NOT_LOADED, ArchivedFile, Artifact
from mlflow2prov.capture.blobstores.base import BlobStore
from mlflow2prov.capture.errors import (
    CaptureError,
    InvalidOptionError,
    KeyExistsError,
    MissingKeyError,
)
from mlflow2prov.capture.inputs import inputs_from_json
from mlflow2prov.capture.locks import Claim, ProcessLock
from mlflow2prov.capture.previews import json_able
from mlflow2prov.capture.proxies import artifact_of
from mlflow2prov.capture.records import (
    ArtifactRecord,
    Call,
)
from mlflow2prov.capture.repos import engine
from mlflow2prov.capture.repos.base import Repository
from mlflow2prov.capture.repos.call_log import CallLog
from mlflow2prov.capture.repos.connections import Connections
from mlflow2prov.capture.repos.engine import ConflictError, rows_of_capture, translate
from mlflow2prov.capture.repos.environment_table import EnvironmentTable
from mlflow2prov.capture.repos.prepared import Transaction
from mlflow2prov.capture.repos.run_table import RunTable
from mlflow2prov.capture.repos.schema import prepare, read_version
from mlflow2prov.capture.repos.set_tables import SetTables
from mlflow2prov.capture.repos.values import Values
from mlflow2prov.capture.sets import ArtifactSet

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

    from mlflow2prov.capture.repos.statements import Statements


class DbRepo(Repository):
    """A repository in a database.

    Args:
        db: a URL of SQLAlchemy, or a session of it.
        store: the blob store for the values.
        read: see :class:`~mlflow2prov.capture.permissions.Permissions`, as the next three.
        write: see there.
        read_through_write: see there.
        delete: see there.
        create_db: whether to create the database if it does not exist (PostgreSQL).
        schema: the schema of the tables (PostgreSQL).
        create_schema: whether to create the schema if it does not exist.
        persistent_connections: whether connections are kept for later use.
    """

    def __init__(
        self,
        db: Any,
        store: BlobStore,
        read: bool = True,
        write: bool = True,
        read_through_write: bool = True,
        delete: bool = True,
        create_db: bool = False,
        schema: str | None = None,
        create_schema: bool = True,
        persistent_connections: bool = True,
    ) -> None:
        super().__init__(read, write, read_through_write, delete)
        self.blobstore = store
        self._session: Any = None
        self._guard = threading.RLock()
        self._log = CallLog(self)
        self._values = Values(self)
        self._sets = SetTables(self)
        self._processes = RunTable(self)
        self._environments = EnvironmentTable(self)
        self._connect_options = (schema, create_schema, persistent_connections and not create_db)
        if isinstance(db, str):
            self._url = db
            self._engine: Engine | None = None
            if create_db:
                engine.create_database(db)
                self.create_tables()
        else:
            if schema is not None:
                raise InvalidOptionError("schema: needs a URL, not a session; pass the URL as db")
            self._session = db
            self._engine = db.get_bind()

    @property
    def _db_engine(self) -> Engine:
        """The engine of SQLAlchemy, which is connected when it is first used."""
        with self._guard:
            if self._engine is None:
                self._engine = engine.connect(self._url, *self._connect_options)
            return self._engine

    @cached_property
    def _tables(self) -> ModuleType:
        """The module that declares the tables, which are created when they are first used."""
        from mlflow2prov.capture import models

        with self._guard, self._connect() as connection:
            prepare(connection)
        return models

    def create_tables(self) -> None:
        """Create the tables now, or migrate them. Otherwise this happens when they are first used.

        Raises:
            CaptureError: the database cannot be reached, or belongs to another program or a newer version.
        """
        _ = self._tables

    @property
    def db_revision(self) -> int | None:
        """The version of the tables in the database."""
        self.create_tables()
        with self._connect() as connection:
            return read_version(connection)

    @property
    def is_shared(self) -> bool:  # type: ignore[override]
        """Whether other processes reach the database."""
        return engine.is_shared(self._db_engine)

    @contextmanager
    def session(self) -> Iterator[Any]:
        """Return a session of SQLAlchemy on the database, which is committed at the end."""
        from sqlalchemy.orm import Session

        if self._session is not None:
            yield self._session
            return
        with Session(self._db_engine) as session:
            yield session
            session.commit()

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        """Yield a connection with a transaction, which is committed at the end."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with rows_of_capture(type(self).__name__):
                if self._session is None:
                    with self._db_engine.begin() as connection:
                        yield connection
                    return
                with self._guard:
                    try:
                        yield self._session.connection()
                        self._session.commit()
                    except BaseException:
                        self._session.rollback()
                        raise
        except SQLAlchemyError as error:
            raise translate(error, self) from error

    def _transaction(self) -> AbstractContextManager[DBAPIConnection]:
        """Return a context with a connection of the driver and a transaction, which is committed at the end."""
        if self._session is None:
            return Transaction(self._connections, self)
        return self._transaction_of_session()

    @cached_property
    def _connections(self) -> Connections:
        return Connections(self._db_engine)

    @contextmanager
    def _transaction_of_session(self) -> Iterator[DBAPIConnection]:
        with self._connect() as connection:
            yield connection.connection

    # --- artifacts

    def _contains(self, identifier: str) -> bool:
        return self._row(identifier) is not None

    @cached_property
    def _statements(self) -> Statements:
        """The statements of each call. The tables are created when they are first used."""
        self.create_tables()
        from mlflow2prov.capture.repos.statements import Statements

        options = self._db_engine.get_execution_options()
        return Statements(self._db_engine.dialect, options.get("schema_translate_map"))

    def _row(self, identifier: str) -> Any:
        query = self._statements.artifact  # the tables are created before the connection is taken
        with self._transaction() as connection:
            return query.first(connection, identifier=identifier)

    def _find(self, identifier: str) -> Artifact | None:
        row = self._row(identifier)
        return None if row is None else self._artifact(row)

    def _find_by_value(self, value_id: str) -> Artifact | None:
        from sqlalchemy import select

        columns = self._tables.ARTIFACTS.c
        query = select(columns.id).where(columns.value_id == value_id).order_by(columns.added_at)
        with self._connect() as connection:
            identifier = connection.execute(query.limit(1)).scalar()
        return None if identifier is None else self._find(identifier)

    def _artifact(self, row: Any) -> Artifact:
        for name in ("load_kwargs", "dump_kwargs", "custom_fields"):
            if not isinstance(getattr(row, name), dict | None):
                raise CaptureError(
                    f"{row.id}: its {name} are not a JSON object; delete the artifact"
                )
        with rows_of_capture(row.id):
            frozenset(row.input_artifact_ids or ())
        record = ArtifactRecord(
            id=row.id,
            value_id=row.value_id,
            inputs=NOT_LOADED,
            fn_module=row.fn_module,
            fn_name=row.fn_name,
            value=NOT_LOADED,
            name=row.name,
            version=row.version,
            composite=row.composite,
            value_id_duration=row.value_id_duration,
            serializer=row.serializer,
            load_kwargs=row.load_kwargs,
            dump_kwargs=row.dump_kwargs,
            compute_duration=row.compute_duration,
            hash_duration=row.hash_duration,
            computed_at=row.computed_at,
            custom_fields=row.custom_fields,
            input_artifact_ids=row.input_artifact_ids,
            run_info=NOT_LOADED if row.run_id else None,
            call_id=row.call_id,
        )
        artifact = Artifact(self, record)
        artifact.__dict__.update(_run_id=row.run_id, _row=row)
        return artifact

    def _put(self, record: ArtifactRecord) -> Artifact:
        existing = self._existing_blob(record)
        values = self._row_of(record)
        value_row = self._values.store(record, existing, replace=False)
        values |= {"blob_id": value_row["id"], "serializer": value_row["serializer"]}
        if value_row["serializer"] == "file":
            values["load_kwargs"] = value_row["load_kwargs"]
        blobs = [value_row]
        inputs_row = self._values.store_inputs(record, values)
        if inputs_row is not None:
            values["inputs_blob_id"] = inputs_row["id"]
            blobs.append(inputs_row)
        try:
            with self._transaction() as connection:
                self._processes.insert(connection, record.run_info)
                for row in blobs:
                    self._values.upsert(connection, row)
                self._statements.insert_artifact.execute(connection, values)
        except ConflictError as error:
            raise KeyExistsError(record.id, self) from error
        self._processes.remember(record.run_info)
        stored = ArtifactRecord(**record.__dict__)
        stored.serializer, stored.value = values["serializer"], value_row["value"]
        artifact = Artifact(self, stored)
        artifact.__dict__["_run_id"] = values["run_id"]
        return artifact

    def _existing_blob(self, record: ArtifactRecord) -> Any:
        """Return the row of the blob with the value of a new artifact, or None.

        Raises:
            KeyExistsError: the artifact exists.
        """
        query = self._statements.artifact_and_blob
        with self._transaction() as connection:
            row = query.first(connection, identifier=record.id, key=record.value_id)
        if row.artifact_id is not None:
            raise KeyExistsError(record.id, self)
        return None if row.id is None else row

    def _row_of(self, record: ArtifactRecord) -> dict[str, Any]:
        """Return the columns of an artifact that do not depend on its blobs."""
        return {
            "id": record.id,
            "value_id": record.value_id,
            "run_id": (record.run_info or {}).get("id"),
            "call_id": record.call_id,
            "name": record.name,
            "version": record.version,
            "fn_module": record.fn_module,
            "fn_name": record.fn_name,
            "composite": record.composite,
            "value_id_duration": record.value_id_duration,
            "compute_duration": record.compute_duration,
            "hash_duration": record.hash_duration,
            "computed_at": record.computed_at,
            "added_at": datetime.now(UTC),
            "input_artifact_ids": record.input_artifact_ids or [],
            "load_kwargs": record.load_kwargs,
            "dump_kwargs": record.dump_kwargs,
            "custom_fields": json_able(record.custom_fields),
        }

    def _replace_value(self, record: ArtifactRecord) -> None:
        from sqlalchemy import update

        row = self._values.store(record, self._values.row(record.value_id), replace=True)
        artifacts = self._tables.ARTIFACTS
        with self._connect() as connection:
            self._values.upsert(connection.connection, row)
            connection.execute(
                update(artifacts)
                .where(artifacts.c.id == record.id)
                .values(value_id=record.value_id, blob_id=row["id"], serializer=row["serializer"])
            )

    def _required_row(self, identifier: str) -> Any:
        row = self._row(identifier)
        if row is None:
            raise MissingKeyError(identifier, self)
        return row

    def get_value(self, artifact_or_id: Any) -> Any:
        """Return the value of an artifact; that of a composite is a dictionary of artifacts."""
        artifact = artifact_of(artifact_or_id)
        row = getattr(artifact, "_row", None)
        if row is None or artifact.repo is not self:
            return super().get_value(artifact_or_id)
        self._require("read", "read values")
        return self._load_value(row)

    def _value_of(self, identifier: str) -> Any:
        return self._load_value(self._required_row(identifier))

    def _load_value(self, row: Any) -> Any:
        """Return the value of an artifact by its row."""
        with rows_of_capture(row.id):
            return self._load(row)

    def _load(self, row: Any) -> Any:
        digest = row.blob_digest
        if row.composite:
            members = self.blobstore.get(row.blob_id, "json", digest)
            return {key: self.get_by_id(part) for key, part in members.items()}
        kwargs = row.load_kwargs or {}
        if row.serializer == "file":
            self.blobstore.path(row.blob_id, digest)
            return ArchivedFile(row.blob_id, kwargs.get("original_filename"), self, digest)
        return self.blobstore.get(row.blob_id, row.serializer, digest, **kwargs)

    def _inputs_of(self, identifier: str) -> dict[str, Any]:
        row = self._required_row(identifier)
        if row.inputs_blob_id is None:
            with rows_of_capture(identifier):
                return inputs_from_json(row.inputs_json, self)
        blob = self._values.row(row.inputs_blob_id)
        inputs: dict[str, Any] = self.blobstore.get(
            row.inputs_blob_id, blob.serializer, blob.digest
        )
        return inputs

    def file_path(self, blob_id: str, digest: str | None) -> str:
        """Return the path of an archived file."""
        return self.blobstore.path(blob_id, digest)

    def _run_info_of(self, artifact: Artifact) -> dict[str, Any] | None:
        return self._processes.read(artifact.__dict__.get("_run_id"))

    def _delete_artifact(self, identifier: str) -> None:
        from sqlalchemy import delete

        artifacts, blobs = self._tables.ARTIFACTS, self._tables.BLOBS
        row = self._required_row(identifier)
        unused = []
        with self._connect() as connection:
            connection.execute(delete(artifacts).where(artifacts.c.id == identifier))
            for key in {row.blob_id, row.inputs_blob_id} - {None}:
                if not self._is_referred_to(connection, key):
                    # Before anything is deleted for good.
                    self.blobstore._require("delete", f"delete {key}")
                    connection.execute(delete(blobs).where(blobs.c.id == key))
                    unused.append(key)
        for key in unused:
            with suppress(MissingKeyError):
                self.blobstore.delete(key)

    def _is_referred_to(self, connection: Connection, key: str) -> bool:
        from sqlalchemy import or_, select

        columns = self._tables.ARTIFACTS.c
        condition = or_(columns.blob_id == key, columns.inputs_blob_id == key)
        return connection.execute(select(columns.id).where(condition).limit(1)).first() is not None

    # --- sets

    def _put_set(self, artifact_set: ArtifactSet) -> ArtifactSet:
        self._sets.put(artifact_set)
        return artifact_set

    def _find_set(self, set_id: str) -> ArtifactSet | None:
        return self._sets.find(set_id)

    def _find_set_by_labels(self, labels: dict[str, Any]) -> ArtifactSet | None:
        return self._sets.find_by_labels(labels)

    def _delete_set(self, set_id: str) -> None:
        self._sets.delete(set_id)

    # --- calls

    def start_call(self, call: Call) -> None:
        """Record a call that runs."""
        self._log.start(call)

    def end_call(self, call: Call) -> None:
        """Record the outcome of a call."""
        self._log.end(call)

    def flush(self) -> None:
        """Write calls that are still in memory."""
        self._log.flush()

    def calls(self, **criteria: Any) -> list[Call]:
        """Return the calls whose attributes have all these values, in order of time."""
        return self._log.read(criteria)

    # --- claims

    def claim(self, key: str) -> Claim:
        """Return the claim to compute the result of a key, which other processes respect."""
        try:
            scope, lock = self._claims
        except (CaptureError, OSError):
            return super().claim(key)
        return Claim(scope, key, lock)

    @cached_property
    def _claims(self) -> tuple[str, ProcessLock | None]:
        """What claims on the database have in common: its URL, and the lock that other processes respect."""
        return str(self._db_engine.url), engine.process_lock(self._db_engine)


PostgresRepo = DbRepo
