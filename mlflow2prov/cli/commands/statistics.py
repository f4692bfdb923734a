"""``statistics``: count what the documents say."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step


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
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How the table is written.",
)
def command(resolution: str, fine: bool, format_: str) -> Step:
    """Print statistics of each document, and pass them on.

    \b
    mlflow2prov load --input result.json statistics --resolution fine --format csv
    """

    def step(documents: list[Any], chain: Chain) -> list[Any]:
        from mlflow2prov.cli.tables import FORMATS
        from mlflow2prov.operations.statistics import statistics

        if not documents:
            raise click.UsageError("statistics has nothing to count; extract or load comes first")
        tables = [statistics(document, "fine" if fine else resolution) for document in documents]
        chain.shown.append("\n".join(FORMATS[format_](table) for table in tables))
        return documents

    return step
