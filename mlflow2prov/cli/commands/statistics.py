"""``statistics``: count what the documents say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlflow2prov.prov import Document
    from mlflow2prov.table import Table


@click.command()
@click.option(
    "--resolution",
    type=click.Choice(["coarse", "fine"]),
    default="coarse",
    show_default=True,
    help="Counts in all, or by kind and PROV type.",
)
@click.option("--fine", is_flag=True, help="The same as --resolution fine.")
@click.option(
    "--by",
    "by",
    type=click.Choice(["agent", "month", "type", "model"]),
    multiple=True,
    help="Count what was made and deleted instead: by whom, when, of what type, behind which registered model; may be "
    "repeated, for a row each combination.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How the table is written.",
)
def command(resolution: str, fine: bool, by: tuple[str, ...], format_: str) -> Step:
    """Print statistics of each document, and pass them on.

    Of several documents they are one table, whose first column is the document's number.

    \b
    mlflow2prov load --input result.json statistics --resolution fine --format csv
    mlflow2prov load --input result.json statistics --by agent --by month --format markdown
    """
    if by and (fine or resolution == "fine"):
        raise click.UsageError("--by counts by other things than --resolution fine; choose one")

    def prepare() -> Action:
        from mlflow2prov.analysis.statistics import statistics
        from mlflow2prov.render.table import FORMATS

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            asked = "fine" if fine else resolution
            table = _joined([statistics(document, asked, by) for document in documents])
            chain.printed.append(FORMATS[format_](table))
            return documents

        return action

    return Step("statistics", prepare)


def _joined(tables: Sequence[Table]) -> Table:
    """Return one table, so that what comes out is one CSV, one JSON array."""
    if len(tables) == 1:
        return tables[0]
    from mlflow2prov.table import Table

    rows = [(number, *row) for number, table in enumerate(tables, start=1) for row in table.rows]
    return Table(("document", *tables[0].columns), rows)
