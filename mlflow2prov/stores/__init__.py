"""Stores: servers that documents are pushed to and pulled from, one module for each kind of server.

A module defines :data:`STORE`. Its URL schemes in :data:`MODULES` make it available, on the command
line too, and it is imported, with its driver, when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import mlflow2prov
from mlflow2prov.arguments import checked
from mlflow2prov.errors import DocumentStoreError, unknown_choice
from mlflow2prov.stores._support.store import LAYOUTS, Layout, Options, Store

if TYPE_CHECKING:
    from mlflow2prov.stores._support.address import Address

MODULES = {
    "bolt": "neo4j",
    "bolt+s": "neo4j",
    "bolt+ssc": "neo4j",
    "neo4j": "neo4j",
    "neo4j+s": "neo4j",
    "neo4j+ssc": "neo4j",
    "mongodb": "mongodb",
    "mongodb+srv": "mongodb",
    "http": "sparql",
    "https": "sparql",
}
"""The module in this package that defines the store, by URL scheme."""


def is_address(name: str) -> bool:
    """Return whether ``name`` has the URL scheme of a store."""
    scheme, separator, _ = name.partition("://")
    return bool(separator) and scheme.lower() in MODULES


@checked
def export(
    document: mlflow2prov.Document,
    url: str,
    *,
    graph: str | None = None,
    layout: Layout = "kinds",
    changes_only: bool = False,
    changes_since: str | None = None,
) -> None:
    """Add a document to the document in a store.

    Statements that are the same are unified, as by :func:`~mlflow2prov.prov.merge.merge`, and
    prefixes that have another URI in the store are renamed. Pushing the same document again
    changes nothing, or completes an interrupted one.

    Args:
        document: the document, which does not change.
        url: ``bolt://host:7687`` (Neo4j), ``mongodb://host/database`` (MongoDB), or
            ``http://host:3030/dataset`` (SPARQL 1.1 Graph Store Protocol). The user and the
            password are in the URL, in the environment (``NEO4J_USERNAME``, ``NEO4J_PASSWORD``;
            ``MONGODB_...``; ``SPARQL_...``) or in ``~/.netrc``.
        graph: the IRI of the named graph, for SPARQL 1.1 stores.
        layout: for MongoDB ``kinds``, a collection for each kind of statement, or ``one`` for all.
        changes_only: push only the statements that the last update of a state file added
            (:meth:`mlflow2prov.Document.statements_since`).
        changes_since: push only those since the observation at this date, in any form that git
            understands.

    Raises:
        StateError: ``changes_only`` or ``changes_since`` needs a document as loaded from a state file.
        DocumentStoreError: the driver is not installed, the store does not answer or refuses a
            request, or the document
            contradicts the stored one.
        FormatError: the store cannot express the document.
    """
    store, address, options = find(url, graph=graph, layout=layout)
    if changes_only or changes_since is not None:
        document = document.statements_since(changes_since)
    store.push(document, address, options)


push = export
"""An older name of :func:`export`."""


@checked
def pull(url: str, *, graph: str | None = None) -> mlflow2prov.Document:
    """Return the document in a store.

    Args:
        url: the URL of the store, as for :func:`export`.
        graph: the IRI of the named graph, for SPARQL 1.1 stores.

    Raises:
        DocumentStoreError: the driver is not installed, the store does not answer or refuses a
            request, or it has no
            document.
    """
    store, address, options = find(url, graph=graph)
    return store.pull(address, options)


def find(
    url: str, *, graph: str | None = None, layout: Layout = "kinds"
) -> tuple[Store, Address, Options]:
    """Return the store of a URL, the address, and the options.

    Raises:
        DocumentStoreError: the scheme belongs to no store, or the store has no such option.
    """
    from mlflow2prov.stores._support.address import parse

    scheme = url.partition("://")[0].lower()
    if not is_address(url):
        raise DocumentStoreError(unknown_choice("scheme of a store", scheme, MODULES))
    store: Store = import_module(f"{__name__}.{MODULES[scheme]}").STORE
    if layout not in LAYOUTS:
        raise DocumentStoreError(unknown_choice("layout", layout, LAYOUTS))
    is_used = {"graph": graph is not None, "layout": layout != "kinds"}
    for name in is_used:
        if is_used[name] and name not in store.takes:
            raise DocumentStoreError(f"{store.title} has no option {name}; leave it out")
    return store, parse(url, store.variable), Options(graph, layout)


__all__ = [
    "LAYOUTS",
    "MODULES",
    "Layout",
    "Options",
    "Store",
    "export",
    "find",
    "is_address",
    "pull",
    "push",
]
