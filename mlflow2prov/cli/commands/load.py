"""``load``: add documents from files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.values import TEXT
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import READABLE

if TYPE_CHECKING:
    from mlflow2prov.document import Document

_STANDARD_INPUT = "-"


@click.command()
@click.option(
    "--input",
    "inputs",
    type=TEXT,
    multiple=True,
    required=True,
    metavar="FILE",
    help="A file, or - for standard input; may be repeated.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(READABLE),
    help="What the files are; by default their content tells, then the extension.",
)
def command(inputs: tuple[str, ...], format_: str | None) -> Step:
    """Load documents from files, in any PROV format.

    \b
    mlflow2prov load --input old.json --input new.rdf merge save --output all
    """

    if inputs.count(_STANDARD_INPUT) > 1:
        raise click.UsageError("standard input can be read once; give - to one --input")

    def prepare() -> Action:
        from mlflow2prov.formats.files import load

        for name in inputs:
            if name != _STANDARD_INPUT and not Path(name).exists():
                raise FormatError(f"{name}: there is no such file")

        def action(documents: list[Document], _: Chain) -> list[Document]:
            return [*documents, *(load(name, format=format_) for name in inputs)]

        return action

    return Step("load", prepare, is_source=True)
