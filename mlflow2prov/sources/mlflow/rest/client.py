"""MLflow's REST API on one server: pages, searches over many experiments, and concurrent requests.

https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.mlflow.options import ReadOptions
from mlflow2prov.sources.mlflow.rest.page_tokens import PageTokens
from mlflow2prov.sources.mlflow.rest.transport import (
    Json,
    RefusedError,
    StatusError,
    Transport,
    UnusableServerError,
    json_objects,
)
from mlflow2prov.sources.report import SourceReport

API = "/api/2.0/mlflow"

PAGE_SIZE = 1000
"""Number of experiments, runs, registered models or versions in a page."""
EXPERIMENTS_PER_SEARCH = 200
"""Number of experiments that are searched at once."""
MAX_EXAMPLES = 3
"""Maximum number of failures that one omission quotes."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Client:
    """A client of one server. Whatever the server refuses to show goes into :attr:`report`."""

    transport: Transport
    pool: ThreadPoolExecutor
    report: SourceReport
    options: ReadOptions

    def pages(self, path: str, key: str, body: Json, *, post: bool) -> Iterator[Json]:
        """Yield the objects under ``key`` on all pages of a list.

        If the server no longer knows the token of a page, the list starts again, and what came before is
        repeated.

        Args:
            path: the endpoint.
            key: the member of an answer that holds the list.
            body: the parameters of the request, without the token of the page.
            post: whether to send a POST request.

        Raises:
            TrackingStoreError: a request failed, or the list does not end.
        """
        where = f"{self.transport.location}{path}"
        send = self.transport.post if post else self.transport.get
        tokens, token, may_restart = PageTokens(where), None, True
        while True:
            parameters = {**body, **({"page_token": token} if token else {})}
            try:
                answer = send(path, parameters)
            except StatusError as error:
                if error.status != 400 or token is None or not may_restart:
                    raise
                tokens, token, may_restart = PageTokens(where), None, False
                continue
            objects = list(json_objects(answer.get(key)))
            yield from objects
            token = tokens.following(answer.get("next_page_token"), objects)
            if token is None:
                return

    def search_experiments(
        self,
        path: str,
        key: str,
        experiments: list[str],
        body: Callable[[list[str]], Json],
        label: str,
    ) -> Iterator[Json]:
        """Search experiments, and yield the matches, some of them perhaps twice.

        If the server refuses to search many experiments, each is searched alone. Those that it still
        refuses are one omission.

        Args:
            path: the endpoint.
            key: the member of an answer that holds the list.
            experiments: the ids of the experiments.
            body: returns the parameters of the request for some experiments.
            label: the name of the matches in messages, such as ``runs``.

        Raises:
            RefusedError: the server does not have this search (404).
        """
        refusals: list[RefusedError] = []
        pending = list(groups(experiments, EXPERIMENTS_PER_SEARCH))
        while pending:
            group = pending.pop(0)
            try:
                yield from self.pages(path, key, body(group), post=True)
            except RefusedError as refusal:
                if refusal.status == 404:
                    raise
                if len(group) > 1:
                    pending = [*([experiment] for experiment in group), *pending]
                else:
                    refusals.append(refusal)
        if refusals:
            self.report.omissions.append(
                f"{label} of {quantity(len(refusals), 'experiment')} could not be read ({refusals[0]})"
            )

    def read_each(
        self, items: Iterable[_Item], read: Callable[[_Item], _Result], label: str
    ) -> Iterator[tuple[_Item, _Result]]:
        """Yield each item with what ``read`` returns for it, in order; several are read at once.

        All items that the server fails to read are one omission. An item that it does not have (404) is not
        an omission.

        Args:
            items: the items.
            read: sends the requests for one item.
            label: the name of the results in messages, such as ``model inputs``.

        Raises:
            UnusableServerError: the server no longer answers.
        """

        def attempt(item: _Item) -> tuple[_Item, _Result | None, TrackingStoreError | None]:
            try:
                return item, read(item), None
            except UnusableServerError:
                raise
            except TrackingStoreError as error:
                return item, None, error

        failures: list[TrackingStoreError] = []
        for item, result, failure in self.pool.map(attempt, items):
            if result is not None:
                yield item, result
            elif failure is not None and not _is_missing(failure):
                failures.append(failure)
        if failures:
            examples = "; ".join(str(failure) for failure in failures[:MAX_EXAMPLES])
            self.report.omissions.append(f"{label}: {len(failures)} could not be read ({examples})")


@contextmanager
def open_client(url: str, options: ReadOptions) -> Iterator[Client]:
    """Connect to a server.

    Raises:
        UnusableServerError: the server cannot be reached or does not answer.
        TrackingStoreError: a certificate cannot be read.
    """
    with (
        Transport(url, max_connections=options.workers) as transport,
        ThreadPoolExecutor(options.workers) as pool,
    ):
        report = SourceReport("http", transport.location, transport.version())
        yield Client(transport, pool, report, options)


def _is_missing(error: TrackingStoreError) -> bool:
    return isinstance(error, StatusError) and error.status == 404


def groups(items: list[str], size: int) -> Iterator[list[str]]:
    """Yield the items in lists of at most ``size``."""
    rest = iter(items)
    while group := list(islice(rest, size)):
        yield group
