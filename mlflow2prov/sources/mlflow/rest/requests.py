"""Asking a server many things: several at once, answers in order, and going on where it refuses some."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.rest.client import Client, Json, RefusedError
from mlflow2prov.sources.mlflow.store import ReadOptions, StoreInfo

API = "/api/2.0/mlflow"
PAGE = 1000
"""How many things are asked for in a page."""

_EXPERIMENTS_AT_ONCE = 200
_NAMED = 3

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Server:
    """A server on its way into the fact tables."""

    client: Client
    pool: ThreadPoolExecutor
    facts: Facts
    info: StoreInfo
    wishes: ReadOptions

    def ask(
        self, items: Iterable[_Item], question: Callable[[_Item], _Result], what: str
    ) -> Iterator[tuple[_Item, _Result]]:
        """Ask a question about each item, several at once, answers in order.

        What the server refuses or fails to answer for one item is left out and said once; a server
        that is gone is an error.
        """

        def attempt(item: _Item) -> tuple[_Item, _Result | None, TrackingStoreError | None]:
            try:
                return item, question(item), None
            except TrackingStoreError as error:
                if error.__cause__ is not None:
                    raise
                return item, None, error

        failures: list[TrackingStoreError] = []
        for item, result, failure in self.pool.map(attempt, items):
            if failure is None and result is not None:
                yield item, result
            elif failure is not None and getattr(failure, "status", None) != 404:
                failures.append(failure)
        if failures:
            examples = "; ".join(str(failure) for failure in failures[:_NAMED])
            self.info.left_out.append(f"{what}: {len(failures)} could not be read ({examples})")

    def search(
        self,
        experiments: list[str],
        path: str,
        key: str,
        body: Callable[[list[str]], Json],
        what: str,
    ) -> Iterator[Json]:
        """Search many experiments at once; yields what is found, maybe some of it twice.

        Where the server refuses that, it is asked for each experiment, and what it refuses then is left
        out and said once.

        Raises:
            RefusedError: the server knows no such search (404).
        """
        refused: list[RefusedError] = []
        open_groups = list(_groups(experiments, _EXPERIMENTS_AT_ONCE))
        while open_groups:
            some = open_groups.pop(0)
            try:
                yield from self.client.pages(path, key, body(some), post=True)
            except RefusedError as refusal:
                if refusal.status == 404:
                    raise
                if len(some) > 1:
                    open_groups = [*([one] for one in some), *open_groups]
                else:
                    refused.append(refusal)
        if refused:
            self.info.left_out.append(
                f"{what} of {len(refused)} experiments could not be read ({refused[0]})"
            )


def _groups(items: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
