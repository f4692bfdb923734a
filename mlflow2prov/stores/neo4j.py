"""Neo4j: elements are nodes and relations are relationships, with the names of PROV.

    (:Element:Entity:Run {`prov:id`: "Run.1", name: "first"})-[:hadMember]->(:Element:Entity:Metric
    {...})

A node has its kind and its PROV types as labels. A relationship leads from the first formal
argument to the second (PROV-DM section 5); the other arguments, and all attributes, are properties
with the keys of PROV-JSON. An element in a bundle is a ``:BundleElement``. A relationship without
one of its ends leads to or from a node ``:Unspecified``. An element that is only referred to has no
kind. Prefixes are nodes ``:Namespace``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from mlflow2prov.errors import DocumentStoreError, NamespaceError
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import RELATIONS, Kind
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.stores._support import cypher as queries
from mlflow2prov.stores._support.address import Address
from mlflow2prov.stores._support.properties import BUNDLE, ID, attributes, time_text
from mlflow2prov.stores._support.store import Options, Store
from mlflow2prov.stores._support.upsert import (
    StatementRow,
    document_from_rows,
    missing_statements,
    rebase,
)

_MAX_WAIT_SECONDS = 10
_FETCH_ROWS = 5_000
_ENVIRONMENT = "NEO4J"


def check(address: Address, _: Options) -> None:
    """Require that the server answers and accepts the credentials."""
    with _session(address) as session:
        session.run("RETURN 1").consume()


def push(document: Document, address: Address, _: Options) -> None:
    """Add a document to the database, in transactions of some thousand statements.

    If a push is interrupted, the finished transactions remain, and the next push adds the rest.
    """
    with _session(address) as session:
        for query in queries.CONSTRAINTS:
            session.run(query).consume()
        namespaces = _namespaces(session)
        document = rebase(document, namespaces)
        prefixes = [{"prefix": prefix, "uri": uri} for prefix, uri in namespaces.declared.items()]
        _write(session, queries.DECLARE, prefixes)
        stored = document_from_rows(_stored(session, document), namespaces, address)
        document = missing_statements(document, stored, address)
        # Elements come before relations among the kinds, so the ends of relationships exist.
        for kind in document.tables.kinds():
            for query, rows in queries.write_queries(document, kind):
                _write(session, query, rows)


def pull(address: Address, _: Options) -> Document:
    """Return the document in the database."""
    with _session(address) as session:
        namespaces = _namespaces(session)
        if not namespaces.declared and not session.run(queries.ANYTHING).peek():
            raise address.failed("the database has no document; export one to it first")
        return document_from_rows(_all(session), namespaces, address)


@contextmanager
def _session(address: Address) -> Iterator[Any]:
    """Open a session with the database in the URL's path, by default that of the server.

    Raises:
        DocumentStoreError: the driver is not installed, or the server does not answer or refuses a
            request.
    """
    try:
        neo4j = import_module("neo4j")
        exceptions = import_module("neo4j.exceptions")
    except ImportError as error:
        raise DocumentStoreError(
            f"{address}: Neo4j's driver is not installed; pip install 'mlflow2prov[neo4j]'"
        ) from error
    # Without a handler, Python would print the driver's warnings about its own retries.
    logger, handler = logging.getLogger("neo4j"), logging.NullHandler()
    logger.addHandler(handler)
    credentials = (address.user or "neo4j", address.password) if address.password else None
    url = address.url.partition("://")[2].partition("/")[0]
    try:
        with neo4j.GraphDatabase.driver(
            f"{address.scheme}://{url}",
            auth=credentials,
            connection_timeout=_MAX_WAIT_SECONDS,
            connection_acquisition_timeout=_MAX_WAIT_SECONDS,
            max_transaction_retry_time=_MAX_WAIT_SECONDS,
            notifications_min_severity="OFF",
            user_agent="mlflow2prov",
        ) as driver:
            driver.verify_connectivity()
            with driver.session(database=address.path or None, fetch_size=_FETCH_ROWS) as session:
                yield session
    except exceptions.AuthError as error:
        raise address.failed(
            "access denied: check the user and the password "
            f"({_ENVIRONMENT}_USERNAME, {_ENVIRONMENT}_PASSWORD)"
        ) from error
    except (exceptions.ServiceUnavailable, exceptions.SessionExpired, OSError) as error:
        raise address.failed(f"the server does not answer ({_reason(error)})") from error
    except (exceptions.Neo4jError, exceptions.DriverError, ValueError) as error:
        raise address.failed(f"Neo4j refuses the request: {_reason(error)}") from error
    finally:
        logger.removeHandler(handler)


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", None) or error).partition("\n")[0]


def _write(session: Any, query: str, rows: list[dict[str, Any]]) -> None:
    """Write rows in one transaction, which the driver repeats after temporary failures."""
    if rows:
        session.execute_write(lambda transaction: transaction.run(query, rows=rows).consume())


def _namespaces(session: Any) -> Namespaces:
    prefixes = {record["prefix"]: record["uri"] for record in session.run(queries.NAMESPACES)}
    try:
        return Namespaces(prefixes)
    except (NamespaceError, TypeError) as error:
        raise ValueError(f"a node :Namespace is not valid: {error}") from error


def _stored(session: Any, document: Document) -> Iterator[StatementRow]:
    """Yield the statements in the database that have the identity of a statement in the
    document."""
    for kind in document.tables.kinds():
        (number,) = session.run(queries.count(kind)).single()
        if not number:
            continue
        for query, rows in queries.match_queries(document, kind):
            for record in session.run(query, rows=rows):
                yield from _statements(record, kind)


def _all(session: Any) -> Iterator[StatementRow]:
    for query in queries.EVERY_ELEMENT:
        for record in session.run(query):
            yield from _statements(record)
    for kind in RELATIONS:
        for record in session.run(queries.every(kind)):
            yield from _statements(record, kind)


def _statements(record: Any, requested_kind: Kind | None = None) -> Iterator[StatementRow]:
    """Yield the statements of a record: for an element, one for each of its kinds or for the
    requested kind."""
    properties = record["properties"]
    if requested_kind is not None and not requested_kind.element:
        yield _statement(requested_kind, properties, [record["source"], record["target"]])
        return
    for label in record["labels"]:
        kind = queries.KIND_OF_LABEL.get(label)
        if kind is not None and (requested_kind is None or kind is requested_kind):
            yield _statement(kind, properties, [])


def _statement(kind: Kind, properties: dict[str, Any], ends: list[str | None]) -> StatementRow:
    non_native = json.loads(properties.get(queries.non_native_key(kind), "[]"))
    arguments = [
        properties.get(f"prov:{argument.name}") for argument in kind.arguments[len(ends) :]
    ]
    texts = [None if value is None else time_text(value) for value in arguments]
    return (
        properties.get(BUNDLE, ""),
        kind.name,
        properties.get(ID),
        [*ends, *texts],
        [*attributes(properties, non_native, queries.DIALECT)],
    )


STORE = Store("neo4j", "Neo4j", check, push, pull, _ENVIRONMENT)
