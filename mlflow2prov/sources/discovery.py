"""The sources of a project in a folder: its Git repository, and the MLflow store in it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from mlflow2prov.errors import ConfigurationError, RepositoryError
from mlflow2prov.git.repository import Repository
from mlflow2prov.sources.mlflow.discovery import LocalStore, local_stores, stores_below

MAX_STORES = 5
"""Maximum number of stores that a message lists."""


@dataclass(frozen=True)
class FoundSources:
    """The sources that a folder suggests.

    Attributes:
        repository: the folder, if it lies in a Git repository.
        stores: the nearest MLflow stores: those in the folder, else those in the repository, else those below it.
            Stores without runs count only without others.
    """

    repository: str | None
    stores: tuple[LocalStore, ...]

    @property
    def store(self) -> LocalStore | None:
        """The store, or None if there is none.

        Raises:
            ConfigurationError: there are several.
        """
        if len(self.stores) > 1:
            names = ", ".join(store.url for store in self.stores[:MAX_STORES])
            more = " and more" if self.stores[MAX_STORES:] else ""
            raise ConfigurationError(
                f"found several MLflow stores: {names}{more}; choose one with --mlflow-url"
            )
        return self.stores[0] if self.stores else None


def find_sources(folder: Path) -> FoundSources:
    """Return the Git repository that contains a folder, and the MLflow stores that are nearest to the folder.

    Nothing is read but the names of folders, the heads of databases and the files by which a store is recognised.
    """
    try:
        repository = Repository(folder)
    except RepositoryError:
        return FoundSources(None, _with_runs(local_stores(folder)))
    root = repository.folder
    for place in dict.fromkeys((folder.resolve(), root.resolve())):
        if stores := local_stores(place):
            break
    else:
        stores = list(islice(stores_below(root), MAX_STORES + 1))
    return FoundSources(str(folder), _with_runs(_relative(store, folder) for store in stores))


def _with_runs(stores: Iterable[LocalStore]) -> tuple[LocalStore, ...]:
    """Return the stores that have runs, or all of them if none has."""
    stores = tuple(stores)
    return tuple(store for store in stores if store.has_runs) or stores


def _relative(store: LocalStore, folder: Path) -> LocalStore:
    """Return a store whose path is relative to a folder."""
    return replace(store, path=os.path.relpath(store.path, folder.resolve()))
