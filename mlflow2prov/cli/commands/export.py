"""``export``: push the documents to a store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, URI
from mlflow2prov.stores import LAYOUTS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--to",
    "to",
    type=TEXT,
    required=True,
    metavar="URL",
    help="The store: bolt://HOST:7687, mongodb://HOST/DATABASE, http://HOST:3030/DATASET.",
)
@click.option(
    "--graph",
    type=URI,
    metavar="IRI",
    help="The named graph, in a SPARQL 1.1 store; else the default graph.",
)
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="kinds",
    show_default=True,
    help="MongoDB: a collection for each kind of statement, or one for all.",
)
def command(to: str, graph: str | None, layout: str) -> Step:
    """Export the documents to Neo4j, MongoDB or a SPARQL 1.1 store, and pass them on.

    What is there stays, and statements that are the same are united: twice is the same as once. User and
    password may stand in the URL, in the environment (NEO4J_USERNAME, NEO4J_PASSWORD; MONGODB_..., SPARQL_...)
    or in ~/.netrc.

    \b
    mlflow2prov load --input result.json export --to bolt://127.0.0.1:7687
    mlflow2prov load --input result.json export --to http://127.0.0.1:3030/provenance
    """

    def prepare() -> Action:
        from mlflow2prov.stores import find

        store, address, options = find(to, graph=graph, layout=layout)
        # Rather now than after hours of reading.
        store.check(address, options)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            for document in documents:
                store.push(document, address, options)
                if sys.stderr.isatty():
                    chain.note(f"exported to {address} ({len(document):,} statements)")
            return documents

        return action

    return Step("export", prepare)
