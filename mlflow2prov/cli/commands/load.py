"""``load``: add documents from files and stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, ClusterAction, Step
from mlflow2prov.cli.options import graph_option, input_option
from mlflow2prov.cli.param_types import choice_of
from mlflow2prov.cli.selector_argument import WordCommand
from mlflow2prov.formats import READABLE_ALIASES, ReadableFormat
from mlflow2prov.stores import is_address

if TYPE_CHECKING:
    from mlflow2prov.cli.cluster import Cluster
    from mlflow2prov.prov import Document


@click.command(cls=WordCommand, destination="inputs", example="a file, as in: load result.json")
@input_option(
    "Load a file, standard input (-) or the store at a URL (see export). The same as the argument FILE; may be "
    "repeated.",
    required=True,
)
@click.option(
    "--format",
    "format_",
    type=choice_of(ReadableFormat, READABLE_ALIASES),
    help="Read files as this format instead of detecting it from their content or extension.",
)
@graph_option
def command(inputs: tuple[str, ...], format_: ReadableFormat | None, graph: str | None) -> Step:
    """Load documents from files and stores.

    Files may be in any readable PROV format, or be state files (see update).

    \b
    mlflow2prov load old.json new.rdf merge save --output all
    mlflow2prov load bolt://127.0.0.1:7687 statistics
    """
    if graph is not None and not any(map(is_address, inputs)):
        raise click.UsageError("--graph requires the URL of a store")

    def prepare() -> Action:
        from mlflow2prov.formats.files import require_readable
        from mlflow2prov.secrets import without_credentials
        from mlflow2prov.stores import find
        from mlflow2prov.stores.loading import load

        for name in inputs:
            if is_address(name):
                store, address, options = find(name, graph=graph)
                store.check(address, options)
            else:
                require_readable(name)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            loaded_documents = (
                load(name, graph=graph) if is_address(name) else load(name, format=format_)
                for name in inputs
            )
            for name in inputs:
                source = "standard input" if name == "-" else without_credentials(name)
                chain.add_source("Loaded from", source)
            return [*documents, *loaded_documents]

        return action

    def prepare_on_cluster(cluster: Cluster) -> ClusterAction:
        from mlflow2prov.cli.cluster import require_parquet_inputs
        from mlflow2prov.scale.reading import read

        require_parquet_inputs(inputs, format_)
        return lambda datasets, _: [*datasets, *(read(cluster.spark, name) for name in inputs)]

    return Step("load", prepare, prepare_on_cluster, is_source=True)
