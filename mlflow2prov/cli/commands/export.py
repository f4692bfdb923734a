"""``export``: push documents to a store."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.options import graph_option
from mlflow2prov.cli.param_types import TEXT, check_date, checked_values, choice_of
from mlflow2prov.cli.selector_argument import WordCommand, WordsOption
from mlflow2prov.quantity import quantity
from mlflow2prov.stores import Layout

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


def _check_address(url: str) -> None:
    from mlflow2prov.stores import find

    find(url)


@click.command(
    cls=WordCommand,
    destination="to",
    example="the URL of a store, as in: export bolt://127.0.0.1:7687",
)
@click.option(
    "--to",
    "to",
    cls=WordsOption,
    callback=checked_values(_check_address),
    type=TEXT,
    required=True,
    metavar="URL",
    help="Push to this store: bolt://HOST:7687, mongodb://HOST/DATABASE, http://HOST:3030/DATASET. The same as the "
    "argument URL.",
)
@graph_option
@click.option(
    "--layout",
    type=choice_of(Layout),
    default="kinds",
    show_default=True,
    help="Use a MongoDB collection for each kind of statement, or one for all.",
)
@click.option(
    "--changes-only",
    is_flag=True,
    help="Push only the statements that the last update of a state file added or changed.",
)
@click.option(
    "--changes-since",
    type=TEXT,
    metavar="DATE",
    callback=checked_values(check_date, has_name=False),
    help="Push only the statements that are new since the observation of a state file at this date.",
)
def command(
    to: str,
    graph: str | None,
    layout: Layout,
    changes_only: bool,
    changes_since: str | None,
) -> Step:
    """Export documents to a store.

    The store may be Neo4j, MongoDB or a SPARQL 1.1 store. Existing statements stay, and equal statements are
    unified, so exporting twice has the same effect as exporting once. User and password are taken from the URL,
    from the environment (NEO4J_USERNAME, NEO4J_PASSWORD; MONGODB_..., SPARQL_...) or from ~/.netrc. The documents are
    passed on.

    \b
    mlflow2prov load result.json export bolt://127.0.0.1:7687
    mlflow2prov load result.json export http://127.0.0.1:3030/provenance
    mlflow2prov update --state audit.mlflow2prov export bolt://127.0.0.1:7687 --changes-only
    """

    def prepare() -> Action:
        from mlflow2prov.stores import find

        store, address, options = find(to, graph=graph, layout=layout)
        store.check(address, options)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            chain.has_result = True
            for document in documents:
                part = document
                if changes_only or changes_since is not None:
                    part = document.statements_since(changes_since)
                store.push(part, address, options)
                if sys.stderr.isatty():
                    chain.report_notice(
                        f"exported to {address} ({quantity(len(part), 'statement')})"
                    )
            return documents

        return action

    return Step("export", prepare)
