"""``validate``: whether the documents are valid PROV."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.output import files_of, look_at, show
from mlflow2prov.cli.param_types import STREAM, TEXT, refuse_folder

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


TROUBLE = 2
"""The exit code when it cannot be told; 1 is for what is not valid."""


@click.command()
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How the findings are written.",
)
@click.option(
    "--output",
    type=TEXT,
    metavar="FILE",
    default=STREAM,
    show_default=True,
    help="A file for the findings, or - for standard output.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=10,
    show_default=True,
    help="How many violations of each constraint are described; all are counted.",
)
def command(format_: str, output: str, limit: int) -> Step:
    """Validate each document by W3C PROV-CONSTRAINTS, and pass them on.

    The exit code is 1 if one is not valid, and 2 if it cannot be told.

    \b
    mlflow2prov load --input result.json validate
    mlflow2prov extract --repository_path . validate --format json --output findings.json
    """

    refuse_folder(output, "the file in it")

    def prepare() -> Action:
        from mlflow2prov.prov.validation import validate
        from mlflow2prov.render.validation import FORMATS

        look_at(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            found = [(document, validate(document, limit)) for document in documents]
            show(chain, FORMATS[format_](found), output)
            chain.is_refuted |= not all(report.is_valid for _, report in found)
            return documents

        return action

    return Step("validate", prepare, writes=files_of(output), trouble=TROUBLE)
