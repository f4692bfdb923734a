"""``load``: add documents from files."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step


@click.command()
@click.option(
    "--input",
    "inputs",
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file, or - for standard input; may be repeated.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["json", "jsonld", "provn", "xml", "rdf", "turtle", "trig", "nquads"]),
    help="What the files are; by default their content tells, then the extension.",
)
def command(inputs: tuple[str, ...], format_: str | None) -> Step:
    """Load documents from files, in any PROV format.

    \b
    mlflow2prov load --input old.json --input new.rdf merge save --output all
    """

    def step(documents: list[Any], _: Chain) -> list[Any]:
        from mlflow2prov.formats.files import load

        return [*documents, *(load(name, format=format_) for name in inputs)]

    return step
