"""The rate of exports to each store, against the fastest bulk write that the store offers for the same data.

The floors are ``UNWIND`` of prepared parameters in Neo4j, ``insert_many`` of prepared records in FerretDB, and a PUT of
an existing file in Fuseki. The servers are those of the tests.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from benchmarks.documents import commits_with_revisions
from benchmarks.measurement import Measurement, measure_call
from mlflow2prov import Document, formats, push
from mlflow2prov.stores import Options, mongodb
from mlflow2prov.stores._support import cypher
from tests.services import graph_stores
from tests.stores.conftest import Server, server


def measure(statements: int, repeat: int) -> None:
    """Print two rows for each store that is installed on this machine: its floor, and the export."""
    document = commits_with_revisions(statements)
    for name, (title, prepare) in FLOORS.items():
        if reason := graph_stores.missing_requirement(name):
            print(f"export to {name}: not measured; {reason}")
            continue
        with server(name) as store:

            def export(store: Server = store) -> None:
                push(document, store.url)

            # A new server is slower at first.
            measure_call(export, 1, before_each=store.clear)
            floor = measure_call(prepare(document, store), repeat, before_each=store.clear)
            ours = measure_call(export, repeat, before_each=store.clear)
        _print_row(f"{title} into {name}: the floor", floor, floor, len(document))
        _print_row(f"export to {name}", ours, floor, len(document))


def _print_row(work: str, measurement: Measurement, floor: Measurement, statements: int) -> None:
    rate = statements / measurement.seconds
    ratio = measurement.ratio(floor)
    print(f"{work:58} {measurement.seconds:8.2f} s {rate:9,.0f}/s  x {ratio:6.2f}", flush=True)


def unwind(document: Document, store: Server) -> Callable[[], object]:
    """Return a function that sends Neo4j the queries and parameters of an export."""
    queries = [
        query for kind in document.tables.kinds() for query in cypher.writing(document, kind)
    ]

    def write() -> None:
        with store.client.session() as session:
            for query, rows in queries:
                session.run(query, rows=rows).consume()

    return write


def insert_many(document: Document, store: Server) -> Callable[[], object]:
    """Return a function that inserts the records of an export into MongoDB collections with their indexes."""
    batches = [
        (kind.name, records)
        for kind in document.tables.kinds()
        for records in mongodb._records(document, kind, Options())
    ]
    relations = [kind.name for kind in document.tables.kinds() if not kind.element]

    def write() -> None:
        database = store.client.provenance
        for name in relations:
            for field in ("source", "target"):
                database[name].create_index(field)
        for name, records in batches:
            database[name].insert_many(records, ordered=False)

    return write


def put(document: Document, store: Server) -> Callable[[], object]:
    """Return a function that sends Fuseki the document as a file of N-Triples."""
    stream = io.BytesIO()
    formats.get("nquads").write(document, stream)
    headers = {"Content-Type": "application/n-triples"}

    def write() -> None:
        response = store.client.put(
            "/provenance?default", content=stream.getvalue(), headers=headers, timeout=600
        )
        response.raise_for_status()

    return write


FLOORS = {
    "neo4j": ("UNWIND", unwind),
    "ferretdb": ("insert_many", insert_many),
    "fuseki": ("PUT", put),
}
"""The floor of each store: its title, and a function that prepares it."""
