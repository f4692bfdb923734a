"""What a store is: a name, the schemes of its URLs, and functions that push to it and pull from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from mlflow2prov.stores._support.address import Address

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

Layout = Literal["kinds", "one"]
"""The collections of a MongoDB database: one for each kind of statement, or one for all."""

LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@dataclass(frozen=True)
class Options:
    """What a push or a pull is told besides the address."""

    graph: str | None = None
    """The IRI of the named graph (SPARQL 1.1 stores); None is the default graph."""
    layout: Layout = "kinds"
    """The collections (MongoDB): one for each kind of statement, or ``one`` for all."""


@dataclass(frozen=True)
class Store:
    """A kind of server that keeps PROV documents.

    ``check(address, options)`` looks whether it answers and lets us in; ``push(document, address, options)`` adds what
    a document says to what is there, so that twice is the same as once; ``pull(address, options)`` gives all that is
    there. Each raises :class:`~mlflow2prov.errors.DocumentStoreError`.
    """

    name: str
    title: str
    check: Callable[[Address, Options], None]
    push: Callable[[Document, Address, Options], None]
    pull: Callable[[Address, Options], Document]
    variable: str
    """The user and the password stand in the environment's variables of this name with _USERNAME and _PASSWORD."""
    takes: frozenset[str] = frozenset()
    """The options that mean something to it."""
