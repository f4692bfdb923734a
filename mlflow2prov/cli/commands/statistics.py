"""``statistics``: count elements, relations and contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.analysis.options import Dimension, Resolution
from mlflow2prov.cli.chain import Action, Chain, ClusterAction, Step
from mlflow2prov.cli.options import format_option
from mlflow2prov.cli.param_types import ListOption, choice_of
from mlflow2prov.cli.results import color_option, results_text
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.cli.cluster import Cluster
    from mlflow2prov.prov import Document
    from mlflow2prov.scale.dataset import Dataset


@click.command()
@click.option(
    "--resolution",
    type=choice_of(Resolution),
    default="coarse",
    show_default=True,
    help="Count all elements and relations together, or by kind and PROV type.",
)
@click.option("--fine", is_flag=True, help="Count by kind and PROV type, like --resolution fine.")
@click.option(
    "--by",
    "dimensions",
    cls=ListOption,
    type=choice_of(Dimension),
    multiple=True,
    help="Count contributions by agent, month, type or registered model instead. Several values give one row for each "
    "combination.",
)
@format_option(tuple(FORMATS["statistics"]), "Print the table in this format.")
@color_option
def command(
    resolution: Resolution, fine: bool, dimensions: tuple[Dimension, ...], format_: str, color: str
) -> Step:
    """Print statistics of documents.

    The documents are passed on. Several documents are printed as one table, whose first column is the number of the
    document.

    \b
    mlflow2prov load --input result.json statistics --resolution fine --format csv
    mlflow2prov load --input result.json statistics --by agent,month --format markdown
    """
    if dimensions and (fine or resolution == "fine"):
        raise click.UsageError("--by and --resolution fine exclude each other; choose one")

    def prepare() -> Action:
        from mlflow2prov.analysis.statistics import statistics

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            tables = [
                statistics(document, "fine" if fine else resolution, dimensions)
                for document in documents
            ]
            chain.write_text(results_text("statistics", tables, format_, color), format_=format_)
            return documents

        return action

    def prepare_on_cluster(_: Cluster) -> ClusterAction:
        from mlflow2prov.analysis.statistics import counts
        from mlflow2prov.cli.cluster import refuse
        from mlflow2prov.scale.merge import unify

        if dimensions:
            refuse("statistics", "--by", "leave it out")

        def action(datasets: list[Dataset], chain: Chain) -> list[Dataset]:
            tables = [
                counts(unify(dataset), "fine" if fine else resolution) for dataset in datasets
            ]
            chain.write_text(results_text("statistics", tables, format_, color), format_=format_)
            return datasets

        return action

    return Step("statistics", prepare, prepare_on_cluster)
