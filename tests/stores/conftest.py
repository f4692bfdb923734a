"""Real servers for the tests of stores. Each is started once, when a test first needs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest

from tests.conftest import free_port
from tests.services import graph_stores, skip_or_fail
from tests.services.processes import run_server

PASSWORD = "p@ss/w0rd:s3cret"
QUOTED_PASSWORD = "p%40ss%2Fw0rd%3As3cret"


@dataclass(frozen=True)
class Server:
    """A running store and its address."""

    name: str
    port: int
    scheme: str
    path: str
    process: Any
    clear: Callable[[], object]
    """Empty the store."""
    client: Any
    """A client of the store's own driver, which shows the content of the store."""

    @property
    def url(self) -> str:
        user = graph_stores.USER[self.name]
        return self.address(f"{user}:{QUOTED_PASSWORD}@" if user else "")

    def address(self, user_info: str = "", path: str | None = None) -> str:
        """Return the URL with the user information, which ends in ``@``, and another path if there is one."""
        path = self.path if path is None else path
        return f"{self.scheme}://{user_info}127.0.0.1:{self.port}/{path}"


@contextmanager
def server(name: str) -> Iterator[Server]:
    """Run a store in a folder of its own, on a free port."""
    if reason := graph_stores.missing_requirement(name):
        skip_or_fail(reason)
    port = free_port()
    scheme, path, connect, connection_errors = _CONNECTIONS[name]()
    with TemporaryDirectory(prefix="store-") as folder:
        program, environment = graph_stores.command(name, Path(folder), port, PASSWORD)
        client, ping, clear = connect(port)
        with run_server(
            program, Path(folder), ping, connection_errors, seconds=180, environment=environment
        ) as process:
            yield Server(name, port, scheme, path, process, clear, client)
            client.close()


def _neo4j() -> tuple[Any, ...]:
    neo4j = importlib.import_module("neo4j")

    def connect(port: int) -> tuple[Any, ...]:
        driver = neo4j.GraphDatabase.driver(
            f"bolt://127.0.0.1:{port}",
            auth=(graph_stores.USER["neo4j"], PASSWORD),
            connection_timeout=5,
            notifications_min_severity="OFF",
        )

        def clear() -> None:
            with driver.session() as session:
                deletion = "CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
                session.run(f"MATCH (n) {deletion}").consume()

        return driver, driver.verify_connectivity, clear

    return "bolt", "", connect, (neo4j.exceptions.DriverError, neo4j.exceptions.Neo4jError)


def _mongodb(user: str) -> tuple[Any, ...]:
    pymongo = importlib.import_module("pymongo")

    def connect(port: int) -> tuple[Any, ...]:
        credentials = {"username": user, "password": PASSWORD} if user else {}
        client = pymongo.MongoClient(
            "127.0.0.1", port, serverSelectionTimeoutMS=2000, authSource="admin", **credentials
        )

        def clear() -> None:
            for name in client.provenance.list_collection_names():
                client.provenance.drop_collection(name)

        return client, client.provenance.list_collection_names, clear

    path = "provenance?authSource=admin" if user else "provenance"
    return "mongodb", path, connect, pymongo.errors.PyMongoError


def _fuseki() -> tuple[Any, ...]:
    def connect(port: int) -> tuple[Any, ...]:
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            auth=(graph_stores.USER["fuseki"], PASSWORD),
            timeout=60,
        )

        def clear() -> None:
            client.post("/provenance/update", data={"update": "DROP ALL"}).raise_for_status()

        return client, lambda: client.get("/$/ping").raise_for_status(), clear

    return "http", "provenance", connect, httpx.HTTPError


_CONNECTIONS: dict[str, Callable[[], tuple[Any, ...]]] = {
    "neo4j": _neo4j,
    "fuseki": _fuseki,
    "ferretdb": lambda: _mongodb(graph_stores.USER["ferretdb"]),
    "mongo-java-server": lambda: _mongodb(""),
}
NAMES = tuple(_CONNECTIONS)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Callable[[str], Server]:
    """Return a function that returns a server by its name, and starts it at the first call."""
    started: dict[str, Server] = {}

    def get(name: str) -> Server:
        if name not in started:
            running_server = server(name)
            started[name] = running_server.__enter__()
            request.addfinalizer(lambda: running_server.__exit__(None, None, None))
        return started[name]

    return get


@pytest.fixture(params=NAMES)
def store(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    """Empty each store in turn."""
    server = servers(request.param)
    server.clear()
    return server


@pytest.fixture
def neo4j(servers: Callable[[str], Server]) -> Server:
    """Empty Neo4j."""
    server = servers("neo4j")
    server.clear()
    return server


@pytest.fixture
def fuseki(servers: Callable[[str], Server]) -> Server:
    """Empty Fuseki."""
    server = servers("fuseki")
    server.clear()
    return server


@pytest.fixture(params=["ferretdb", "mongo-java-server"])
def mongodb(request: pytest.FixtureRequest, servers: Callable[[str], Server]) -> Server:
    """Empty each server of MongoDB's wire protocol in turn."""
    server = servers(request.param)
    server.clear()
    return server
