"""The rate of statements into each store, beside the store's own bulk floor for the same data.

The floors are ``UNWIND`` of prepared parameters in Neo4j, ``insert_many`` of prepared documents in FerretDB, and a PUT
of a ready file in Fuseki. The servers are those of the tests.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from statistics import median

from mlflow2prov import Document, formats, push
from mlflow2prov.prov import KIND
from mlflow2prov.prov.unify import unify
from mlflow2prov.stores import Options, mongodb
from mlflow2prov.stores._support import cypher as neo4j_queries
from tests.services import graph_stores
from tests.stores.conftest import Server, server


def measure(statements: int, repeat: int) -> None:
    """Print a line for each store that this machine has."""
    document = sample(statements)
    floors = {"neo4j": unwind, "ferretdb": insert_many, "fuseki": put}
    for name, floor in floors.items():
        if reason := graph_stores.missing_requirement(name):
            print(f"export to {name}: not measured; {reason}")
            continue
        with server(name) as store:
            # The first time, a server is not yet warm.
            timed(store, lambda: push(document, store.url), 1)
            least = timed(store, floor(document, store), repeat)
            ours = timed(store, lambda: push(document, store.url), repeat)
        for work, seconds in (
            (f"{floor.__name__} into {name}: the floor", least),
            (f"export to {name}", ours),
        ):
            rate = len(document) / seconds
            print(
                f"{work:58} {seconds:8.2f} s {rate:9,.0f}/s  x {seconds / least:6.2f}", flush=True
            )


def sample(statements: int) -> Document:
    """Return a document of revisions and their generations, by a commit for each twenty."""
    document = Document()
    number = statements // 41
    revision = "'FileRevision.' || md5(i::VARCHAR)"
    path = attribute("path", "'file' || (i % 1000)", "NULL")
    size = attribute("size", "i::VARCHAR", "'xsd:int'")
    document.tables.insert(
        KIND["entity"],
        f"SELECT '', {revision}, [{path}, {named('prov:type', 'FileRevision')}, {size}] "
        f"FROM range({number * 20}) r(i)",
    )
    document.tables.insert(
        KIND["activity"],
        "SELECT '', 'Commit.' || i, '2024-01-01T00:00:00+00:00', '2024-01-01T00:00:01+00:00', "
        f"[{named('prov:type', 'Commit')}] FROM range({number}) r(i)",
    )
    document.tables.insert(
        KIND["wasGeneratedBy"],
        f"SELECT '', NULL, {revision}, 'Commit.' || (i // 20), '2024-01-01T00:00:01+00:00', "
        f"[{named('prov:role', 'AddedRevision')}] FROM range({number * 20}) r(i)",
    )
    unify(document)
    return document


def attribute(key: str, value: str, datatype: str) -> str:
    return f"{{'key': '{key}', 'value': {value}, 'type': {datatype}, 'lang': NULL}}"


def named(key: str, name: str) -> str:
    return attribute(key, f"'{name}'", "'prov:QUALIFIED_NAME'")


def timed(store: Server, work: Callable[[], object], repeat: int) -> float:
    """Return the median of the seconds that ``work`` takes on an empty store."""
    seconds = []
    for _ in range(repeat):
        store.clear()
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return median(seconds)


def unwind(document: Document, store: Server) -> Callable[[], object]:
    prepared = [one for kind in document.tables.kinds() for one in neo4j_queries.writing(document, kind)]

    def run() -> None:
        with store.client.session() as session:
            for query, rows in prepared:
                session.run(query, rows=rows).consume()

    return run


def insert_many(document: Document, store: Server) -> Callable[[], object]:
    prepared = [
        (kind.name, rows)
        for kind in document.tables.kinds()
        for rows in mongodb._records(document, kind, Options())
    ]

    def run() -> None:
        for name, _ in prepared:
            if KIND[name] in document.tables.kinds() and not KIND[name].element:
                for field in ("source", "target"):
                    store.client.provenance[name].create_index(field)
        for name, rows in prepared:
            store.client.provenance[name].insert_many(rows, ordered=False)

    return run


def put(document: Document, store: Server) -> Callable[[], object]:
    stream = io.BytesIO()
    formats.get("nquads").write(document, stream)
    headers = {"Content-Type": "application/n-triples"}

    def run() -> None:
        answer = store.client.put(
            "/provenance?default", content=stream.getvalue(), headers=headers, timeout=600
        )
        answer.raise_for_status()

    return run
