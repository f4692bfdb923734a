"""Run the five queries on a store and print the answers: ``python ask.py neo4j bolt://127.0.0.1:7687``.

The queries are files in the language of the store: ``neo4j/queries/*.cypher``, ``mongodb/queries/*.json``
(aggregations), ``jena_fuseki/queries/*.rq``.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlflow2prov.stores import find

HERE = Path(__file__).resolve().parent
Rows = list[dict[str, Any]]


def answers(integration: str, url: str) -> Iterator[tuple[str, Rows]]:
    """Yield the name of each question and the rows of its answer."""
    _, address, _ = find(url)
    ask = {"neo4j": ask_neo4j, "mongodb": ask_mongodb, "jena_fuseki": ask_fuseki}[integration]
    for file in sorted((HERE / integration / "queries").iterdir()):
        yield file.stem, ask(file.read_text(encoding="utf-8"), address)


def ask_neo4j(query: str, address: Any) -> Rows:
    import neo4j

    credentials = (address.user or "neo4j", address.password) if address.password else None
    with neo4j.GraphDatabase.driver(address.url, auth=credentials) as driver:
        return [record.data() for record in driver.execute_query(query).records]


def ask_mongodb(query: str, address: Any) -> Rows:
    import pymongo

    with pymongo.MongoClient(
        address.url, username=address.user, password=address.password
    ) as client:
        aggregation = json.loads(query)
        collection = client[address.path][aggregation["collection"]]
        return list(collection.aggregate(aggregation["pipeline"]))


def ask_fuseki(query: str, address: Any) -> Rows:
    import httpx

    credentials = (address.user or "", address.password) if address.password else None
    headers = {"Accept": "application/sparql-results+json"}
    response = httpx.post(
        address.url, data={"query": query}, headers=headers, auth=credentials, timeout=60
    )
    response.raise_for_status()
    answer = response.json()
    return [
        {name: row[name]["value"] if name in row else None for name in answer["head"]["vars"]}
        for row in answer["results"]["bindings"]
    ]


if __name__ == "__main__":
    for question, rows in answers(sys.argv[1], sys.argv[2]):
        print(question)
        for row in rows:
            print("   ", ", ".join(f"{name}: {value}" for name, value in row.items()))
