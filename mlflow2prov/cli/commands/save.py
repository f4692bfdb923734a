"""``save``: write the documents to files."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step

FORMATS = (
    "json",
    "provn",
    "xml",
    "rdf",
    "turtle",
    "trig",
    "nquads",
    "jsonld",
    "dot",
    "svg",
    "png",
    "pdf",
)


@click.command()
@click.option(
    "--output",
    metavar="NAME",
    default="-",
    show_default=True,
    help="The files' name without extension, or - for standard output.",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    default=("json",),
    show_default="json",
    help="May be repeated.",
)
def command(output: str, formats: tuple[str, ...]) -> Step:
    """Save the documents, and pass them on.

    Several documents are numbered: result-1.json, result-2.json.

    \b
    mlflow2prov extract --repository_path . save --output result --format json --format svg
    mlflow2prov extract --repository_path . save | jq '.agent'
    """

    def step(documents: list[Any], chain: Chain) -> list[Any]:
        from mlflow2prov.formats.files import stage

        if not documents:
            raise click.UsageError("save has nothing to save; extract or load comes first")
        chain.shown.append(stage(documents, output, formats))
        return documents

    return step
