"""``explain``: the questions of an audit, and what the documents answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT
from mlflow2prov.cli.selector_argument import SelectingCommand

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=SelectingCommand)
@click.option(
    "--of",
    "of",
    type=TEXT,
    multiple=True,
    metavar="SELECTOR",
    help="The same as the word SELECTOR: models:/<name>/<version>, <name>@<alias>, runs:/<id>, ...; may be repeated.",
)
@click.option(
    "--impact",
    is_flag=True,
    help="The reverse: every run, model and version that a commit, data set, file or person reaches.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="How the answers are written; JSON has all there is to say.",
)
def command(of: tuple[str, ...], impact: bool, format_: str) -> Step:
    """Explain a version, a model or a run: its code, data, parameters, people and what is unknown.

    Documents are passed on.

    \b
    mlflow2prov load --input result.json explain models:/wine@champion
    mlflow2prov load --input result.json explain Commit:4428be64 --impact --format markdown
    """
    if not of:
        raise click.UsageError("explain what? name it: explain models:/<name>/<version>")

    def prepare() -> Action:
        from mlflow2prov.render import explanation as explaining

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            pairs = [(document, selector) for document in documents for selector in of]
            if impact:
                from mlflow2prov.analysis.impact import impact as impact_of

                reached = [impact_of(*pair) for pair in pairs]
                chain.printed.append(explaining.render(reached, explaining.impact_table, format_))
            else:
                from mlflow2prov.analysis.explanation import explain

                said = [explain(*pair) for pair in pairs]
                chain.printed.append(explaining.render(said, explaining.explanation_table, format_))
            return documents

        return action

    return Step("explain", prepare)
