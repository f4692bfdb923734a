"""``report``: the registered models and their versions, laid out for an auditor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.output import look_at, show
from mlflow2prov.cli.param_types import STREAM, TEXT, refuse_folder
from mlflow2prov.cli.selector_argument import SelectingCommand, of_versions
from mlflow2prov.render.report import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=SelectingCommand)
@of_versions
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
    type=click.Choice(tuple(FORMATS)),
    multiple=True,
    default=("html",),
    show_default=True,
    help="What to write; may be repeated.",
)
@click.option(
    "--repository_url",
    type=TEXT,
    metavar="URL",
    help="Where commits can be looked at, for links; what runs recorded comes first.",
)
def command(
    of: tuple[str, ...], output: str, formats: tuple[str, ...], repository_url: str | None
) -> Step:
    """Report on registered models: each version's origin, people, lineage, and findings.

    HTML is one file that needs nothing else. Documents are passed on; several are numbered: report-1.html.

    \b
    mlflow2prov load --input result.json report --output registry --format html --format markdown
    mlflow2prov load --input result.json report wine@champion > champion.html
    """

    refuse_folder(output, "the files in it")

    def prepare() -> Action:
        from mlflow2prov.errors import ConfigurationError
        from mlflow2prov.render.report import report
        from mlflow2prov.render.report.links import check_url

        look_at(output)
        if repository_url is not None:
            check_url(repository_url)
        chosen = list(dict.fromkeys(formats))

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            if output == STREAM and len(documents) * len(chosen) != 1:
                raise ConfigurationError(
                    f"standard output takes one report, not {len(documents) * len(chosen)}; "
                    "give --output a name"
                )
            for number, document in enumerate(documents, start=1):
                suffix = f"-{number}" if len(documents) > 1 else ""
                for name in chosen:
                    text = report(document, name, of, repository_url=repository_url)
                    show(chain, text, _file(output, suffix, FORMATS[name]))
            return documents

        return action

    writes = frozenset(f"{output} ({name})" for name in formats if output != STREAM)
    return Step("report", prepare, writes=writes)


def _file(output: str, suffix: str, extension: str) -> str:
    """Return a file's name, with its extension once."""
    return (
        output if output == STREAM else f"{Path(output.removesuffix(extension))}{suffix}{extension}"
    )
