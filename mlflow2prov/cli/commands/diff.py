"""``diff``: what differs between two documents, or between two things."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, refuse_repeated_stream
from mlflow2prov.errors import ConfigurationError, SelectionError

if TYPE_CHECKING:
    from mlflow2prov.analysis.comparison import Comparison
    from mlflow2prov.prov import Document
    from mlflow2prov.prov.difference import Difference

TROUBLE = 2
"""The exit code of what could not be compared, as ``diff``'s; 1 says that something differs."""


@click.command()
@click.option(
    "--input",
    "inputs",
    type=TEXT,
    multiple=True,
    metavar="FILE",
    help="A file to compare, or - for standard input, besides the documents of the chain; may be repeated.",
)
@click.option(
    "--of",
    "of",
    type=TEXT,
    metavar="SELECTOR",
    help="Compare this, of the first document, with --against.",
)
@click.option(
    "--against",
    type=TEXT,
    metavar="SELECTOR",
    help="With what, of the last document.  [default: what --of names]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "markdown"]),
    default="text",
    show_default=True,
    help="How the difference is written; JSON has all there is to say.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colours in text; auto is on a terminal, unless NO_COLOR is set.",
)
def command(
    inputs: tuple[str, ...], of: str | None, against: str | None, format_: str, color: str
) -> Step:
    """Compare two documents, or two versions, models, runs or lineages, and pass the documents on.

    Exits with 0 if they are the same, with 1 if they differ, with 2 if they cannot be compared.

    \b
    mlflow2prov diff --input old.json --input new.json
    mlflow2prov load --input result.json diff --of models:/wine/1 --against wine@champion
    """
    if against and not of:
        raise click.UsageError("--against is of no use without --of")
    refuse_repeated_stream(inputs)

    def prepare() -> Action:
        from mlflow2prov.formats.files import load, look_at_file
        from mlflow2prov.render.difference import DIFFERENCES

        for name in inputs:
            look_at_file(name)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            documents = [*documents, *map(load, inputs)]
            found = _difference(documents, of, against)
            is_terminal = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            colours = color == "always" or (color == "auto" and is_terminal)
            form = "coloured" if colours and format_ == "text" else format_
            chain.printed.append(DIFFERENCES[form](found))
            chain.is_refuted |= not found.is_same
            return documents

        return action

    return Step("diff", prepare, is_source=bool(inputs), trouble=TROUBLE)


def _difference(
    documents: list[Document], of: str | None, against: str | None
) -> Difference | Comparison:
    from mlflow2prov.analysis.comparison import compare
    from mlflow2prov.analysis.explanation import subjects_of
    from mlflow2prov.graph.lineage import lineage
    from mlflow2prov.prov.difference import difference

    if of is None and len(documents) != 2:
        raise ConfigurationError(f"diff compares two documents, and there are {len(documents)}")
    if of is None:
        return difference(*documents)
    if len(documents) > 2:
        raise ConfigurationError(
            f"diff --of looks into one document or two, and there are {len(documents)}; merge them"
        )
    if against is None and len(documents) == 1:
        raise ConfigurationError("diff --of of one document needs --against")
    old, new, other = documents[0], documents[-1], against or of
    try:
        before, after = subjects_of(old, of), subjects_of(new, other)
    except SelectionError:
        return difference(lineage(old, of), lineage(new, other))
    return compare(old, before[0], after[0], new)
