"""Stores: servers that documents are pushed to and pulled from, one module a kind of server.

A store is a module with :data:`STORE`; it becomes known by its schemes in :data:`MODULES`, to the command
line too, and so it is imported, and its driver with it, when it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mlflow2prov.errors import DocumentStoreError, unknown_choice
from mlflow2prov.stores._support.address import Address, parse
from mlflow2prov.stores._support.store import LAYOUTS, Layout, Options, Store

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

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
"""Scheme of a URL to the module in this package that holds the store."""


def is_address(name: str) -> bool:
    """Return whether ``name`` is the URL of a store, by its scheme."""
    scheme, separator, _ = name.partition("://")
    return bool(separator) and scheme.lower() in MODULES


def push(
    document: Document, url: str, *, graph: str | None = None, layout: Layout = "kinds"
) -> None:
    """Add what ``document`` says to what a store holds.

    Statements that are the same are united, as :func:`~mlflow2prov.prov.merge.merge` does, and prefixes that
    mean something else there are renamed. So pushing twice is the same as once, and a second push completes
    what a first one began.

    Args:
        document: it is left as it is.
        url: ``bolt://host:7687`` (Neo4j), ``mongodb://host/database`` (MongoDB), or
            ``http://host:3030/dataset`` (SPARQL 1.1 Graph Store Protocol). User and password may stand in it, in the
            environment (``NEO4J_USERNAME``, ``NEO4J_PASSWORD``; ``MONGODB_...``; ``SPARQL_...``) or in ``~/.netrc``.
        graph: the IRI of the named graph, for a SPARQL 1.1 store.
        layout: for MongoDB ``kinds``, a collection for each kind of statement, or ``one`` for all.

    Raises:
        DocumentStoreError: the store cannot be reached or refuses, the driver is not installed, or what the document
            says contradicts what is there.
        FormatError: the document says what the store has no words for.
    """
    store, address, options = find(url, graph=graph, layout=layout)
    store.push(document, address, options)


def pull(url: str, *, graph: str | None = None) -> Document:
    """Return the document that says all that a store holds; the arguments are those of :func:`push`.

    Raises:
        DocumentStoreError: the store cannot be reached or refuses, its driver is not installed,
            or it holds no document.
    """
    store, address, options = find(url, graph=graph)
    return store.pull(address, options)


def find(
    url: str, *, graph: str | None = None, layout: Layout = "kinds"
) -> tuple[Store, Address, Options]:
    """Return the store that a URL is of, its address, and what it is told.

    Raises:
        DocumentStoreError: there is no such store, or an option means nothing to it.
    """
    scheme = url.partition("://")[0].lower()
    if not is_address(url):
        raise DocumentStoreError(
            f"{scheme[:40]!r} is the scheme of no store; known are: {', '.join(MODULES)}"
        )
    store: Store = import_module(f"{__name__}.{MODULES[scheme]}").STORE
    if layout not in LAYOUTS:
        raise DocumentStoreError(unknown_choice("layout", layout, LAYOUTS))
    given = {"graph": graph is not None, "layout": layout != "kinds"}
    for name in (name for name, is_given in given.items() if is_given and name not in store.takes):
        raise DocumentStoreError(f"{name} means nothing to {store.title}; leave it out")
    return store, parse(url, store.variable), Options(graph, layout)


__all__ = [
    "LAYOUTS",
    "MODULES",
    "Address",
    "Layout",
    "Options",
    "Store",
    "find",
    "is_address",
    "pull",
    "push",
]
