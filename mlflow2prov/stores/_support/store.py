"""The type of a store: its names, and the functions that push to it and pull from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from mlflow2prov.prov import Document
    from mlflow2prov.stores._support.address import Address

Layout = Literal["kinds", "one"]
"""The collections of a MongoDB database: one for each kind of statement, or one for all."""

LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@dataclass(frozen=True)
class Options:
    """The options of a push or a pull.

    Attributes:
        graph: the IRI of the named graph, for SPARQL 1.1 stores; None is the default graph.
        layout: the collections, for MongoDB: one for each of the ``kinds`` of statement, or ``one`` for all.
    """

    graph: str | None = None
    layout: Layout = "kinds"


@dataclass(frozen=True)
class Store:
    """A kind of server that stores PROV documents.

    Attributes:
        name: its name, such as ``neo4j``.
        title: its name in messages, such as ``Neo4j``.
        check: requires that the server answers and accepts the credentials.
        push: adds a document to the stored one; a second push of the same document changes nothing.
        pull: returns the stored document.
        variable: the prefix of the environment variables of its credentials.
        takes: the options that it uses.

    Each function raises :class:`~mlflow2prov.errors.DocumentStoreError`.
    """

    name: str
    title: str
    check: Callable[[Address, Options], None]
    push: Callable[[Document, Address, Options], None]
    pull: Callable[[Address, Options], Document]
    variable: str
    takes: frozenset[str] = frozenset()
