"""``load``: add documents from files and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, URI, refuse_repeated_stream
from mlflow2prov.formats import READABLE
from mlflow2prov.stores import is_address

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--input",
    "inputs",
    type=TEXT,
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file, - for standard input, or the URL of a store (see export); may be repeated.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(READABLE),
    help="What the files are; by default their content tells, then the extension.",
)
@click.option(
    "--graph",
    type=URI,
    metavar="IRI",
    help="The named graph of a SPARQL 1.1 store; else the default graph.",
)
def command(inputs: tuple[str, ...], format_: str | None, graph: str | None) -> Step:
    """Load documents from files, in any PROV format, and from stores.

    \b
    mlflow2prov load --input old.json --input new.rdf merge save --output all
    mlflow2prov load --input bolt://127.0.0.1:7687 statistics
    """

    refuse_repeated_stream(inputs)
    stores = frozenset(filter(is_address, inputs))
    if graph is not None and not stores:
        raise click.UsageError("--graph is of a store; none is loaded from")

    def prepare() -> Action:
        from mlflow2prov.formats.files import load, look_at_file
        from mlflow2prov.stores import find, pull

        for name in inputs:
            if name in stores:
                store, address, options = find(name, graph=graph)
                store.check(address, options)
            else:
                look_at_file(name)

        def action(documents: list[Document], _: Chain) -> list[Document]:
            loaded = (
                pull(name, graph=graph) if name in stores else load(name, format=format_)
                for name in inputs
            )
            return [*documents, *loaded]

        return action

    return Step("load", prepare, is_source=True)
