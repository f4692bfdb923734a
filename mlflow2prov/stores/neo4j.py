"""Neo4j: elements are nodes, relations are relationships, by the names that PROV has for them.

    (:Element:Entity:Run {`prov:id`: "Run.1", name: "first"})-[:hadMember]->(:Element:Entity:Metric {...})

A node has its kind and its PROV types as labels. A relationship leads from the first formal argument to the second
(PROV-DM section 5); the others, and all attributes, are properties, called as in PROV-JSON. What is in a bundle
is a ``:BundleElement``; what a relation leaves open leads to a node ``:Unspecified``; an element that is only
referred to has no kind. Prefixes are nodes ``:Namespace``.
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
from mlflow2prov.stores._support.upsert import Said, document_of, remaining, under

_LONGEST_WAIT_SECONDS = 10
_FETCH = 5_000
_ENVIRONMENT = "NEO4J"


def check(address: Address, _: Options) -> None:
    """Look whether the server answers and lets us in."""
    with _session(address) as session:
        session.run("RETURN 1").consume()


def push(document: Document, address: Address, _: Options) -> None:
    """Add a document to what is there, some thousand statements a transaction.

    Should it break off, what is there is what the transactions until then said; the next push goes on.
    """
    with _session(address) as session:
        for query in queries.CONSTRAINTS:
            session.run(query).consume()
        namespaces = _namespaces(session)
        document = under(document, namespaces)
        declared = [{"prefix": p, "uri": u} for p, u in namespaces.declared.items()]
        _write(session, queries.DECLARE, declared)
        there = document_of(_said(session, document), namespaces, address)
        document = remaining(document, there, address)
        # Elements come first among the kinds, so that relations find theirs.
        for kind in document.tables.kinds():
            for query, rows in queries.writing(document, kind):
                _write(session, query, rows)


def pull(address: Address, _: Options) -> Document:
    """Return the document that says all that is there."""
    with _session(address) as session:
        namespaces = _namespaces(session)
        if not namespaces.declared and not session.run(queries.ANYTHING).peek():
            raise address.failed("it holds no document; export one there first")
        return document_of(_all(session), namespaces, address)


@contextmanager
def _session(address: Address) -> Iterator[Any]:
    """Open a session with a database; whatever goes wrong with it is one line.

    The database is the URL's path, by default the server's own.
    """
    try:
        neo4j = import_module("neo4j")
        exceptions = import_module("neo4j.exceptions")
    except ImportError as error:
        raise DocumentStoreError(
            f"{address}: Neo4j's driver is not installed; pip install 'mlflow2prov[neo4j]'"
        ) from error
    # What it tries again, and what a server remarks on, is nothing that a user can act on.
    logging.getLogger("neo4j").setLevel(logging.CRITICAL)
    credentials = (address.user or "neo4j", address.password) if address.password else None
    url = address.url.partition("://")[2].partition("/")[0]
    try:
        with neo4j.GraphDatabase.driver(
            f"{address.scheme}://{url}",
            auth=credentials,
            connection_timeout=_LONGEST_WAIT_SECONDS,
            connection_acquisition_timeout=_LONGEST_WAIT_SECONDS,
            max_transaction_retry_time=_LONGEST_WAIT_SECONDS,
            notifications_min_severity="OFF",
            user_agent="mlflow2prov",
        ) as driver:
            driver.verify_connectivity()
            with driver.session(database=address.path or None, fetch_size=_FETCH) as session:
                yield session
    except exceptions.AuthError as error:
        told = "not let in: the user or the password is wrong, or none is given"
        raise address.failed(
            f"{told} ({_ENVIRONMENT}_USERNAME, {_ENVIRONMENT}_PASSWORD)"
        ) from error
    except (exceptions.ServiceUnavailable, exceptions.SessionExpired, OSError) as error:
        raise address.failed(f"no answer, or no longer ({_reason(error)})") from error
    except (exceptions.Neo4jError, exceptions.DriverError, ValueError) as error:
        raise address.failed(f"Neo4j refuses: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "message", None) or error).partition("\n")[0]


def _write(session: Any, query: str, rows: list[dict[str, Any]]) -> None:
    """Write rows in one transaction, again if the server says that it may succeed then."""
    if rows:
        session.execute_write(lambda transaction: transaction.run(query, rows=rows).consume())


def _namespaces(session: Any) -> Namespaces:
    found = {r["prefix"]: r["uri"] for r in session.run(queries.NAMESPACES)}
    try:
        return Namespaces(found)
    except (NamespaceError, TypeError) as error:
        raise ValueError(f"a node :Namespace is none: {error}") from error


def _said(session: Any, document: Document) -> Iterator[Said]:
    """Give what the database says already of what the document speaks of."""
    for kind in document.tables.kinds():
        (many,) = session.run(queries.count(kind)).single()
        if not many:
            continue
        for query, rows in queries.asking(document, kind):
            for record in session.run(query, rows=rows):
                yield from _statements(record, kind)


def _all(session: Any) -> Iterator[Said]:
    for query in queries.EVERY_ELEMENT:
        for record in session.run(query):
            yield from _statements(record)
    for kind in RELATIONS:
        for record in session.run(queries.every(kind)):
            yield from _statements(record, kind)


def _statements(record: Any, asked: Kind | None = None) -> Iterator[Said]:
    """Give what a record says: of an element, a statement for each of its kinds, or for the one that is asked."""
    properties = record["properties"]
    if asked is not None and not asked.element:
        ends = [record["source"], record["target"]]
        yield _statement(asked, properties, ends)
        return
    for label in record["labels"]:
        kind = queries.KIND_OF.get(label)
        if kind is not None and (asked is None or kind is asked):
            yield _statement(kind, properties, [])


def _statement(kind: Kind, properties: dict[str, Any], ends: list[str | None]) -> Said:
    odd = json.loads(properties.get(queries.odd(kind), "[]"))
    arguments = [
        properties.get(f"prov:{argument.name}") for argument in kind.arguments[len(ends) :]
    ]
    told = [None if value is None else time_text(value) for value in arguments]
    found = [*attributes(properties, odd, queries.DATABASE)]
    return properties.get(BUNDLE, ""), kind.name, properties.get(ID), [*ends, *told], found


STORE = Store("neo4j", "Neo4j", check, push, pull, _ENVIRONMENT)
