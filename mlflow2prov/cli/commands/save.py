"""``save``: write the documents to files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import STREAM, TEXT, refuse_folder
from mlflow2prov.formats import MODULES

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--output",
    type=TEXT,
    metavar="NAME",
    default=STREAM,
    show_default=True,
    help="The files' name without extension, or - for standard output.",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(tuple(MODULES)),
    multiple=True,
    default=("json",),
    show_default=True,
    help="What to write; may be repeated.",
)
def command(output: str, formats: tuple[str, ...]) -> Step:
    """Save the documents, and pass them on.

    Several documents are numbered: result-1.json, result-2.json.

    \b
    mlflow2prov extract --repository_path . save --output result --format json --format svg
    mlflow2prov extract --repository_path . save | jq '.agent'
    """

    refuse_folder(output, "the files in it")

    def prepare() -> Action:
        from mlflow2prov.cli.terminal import progress_bars
        from mlflow2prov.formats.files import look_at_folder, stage
        from mlflow2prov.formats.graphviz import PICTURES, find_dot

        if output != STREAM:
            look_at_folder(Path(output).parent)
        for picture in (name for name in formats if name in PICTURES):
            find_dot(picture)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            with progress_bars() as progress:
                staged = stage(documents, output, formats, progress)
            if output == STREAM:
                chain.printed.append(staged)
            else:
                chain.files.append((staged, sum(map(len, documents))))
            return documents

        return action

    is_file = output != STREAM
    writes = frozenset(f"{output} ({name})" for name in formats if is_file)
    return Step("save", prepare, writes=writes)
