"""``statistics``: count elements, relations and contributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.analysis.options import Dimension, Resolution
from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.options import format_option
from mlflow2prov.cli.param_types import ListOption, choice_of
from mlflow2prov.cli.results import color_option, results_text
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


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
    help="Count contributions instead, by agent, month, type or registered model; a list, or repeated, for one row "
    "per combination.",
)
@format_option(tuple(FORMATS["statistics"]), "Print the table in this format.")
@color_option
def command(
    resolution: Resolution, fine: bool, dimensions: tuple[Dimension, ...], format_: str, color: str
) -> Step:
    """Print statistics of documents.

    The documents are passed on. For several documents, one table is printed, with the number of the document in its
    first column.

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

    return Step("statistics", prepare)
