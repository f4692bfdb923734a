"""``history``: list the changes that were observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step, output_names
from mlflow2prov.cli.options import format_of_file, format_option, output_file_option
from mlflow2prov.cli.param_types import TEXT, check_date, checked_values
from mlflow2prov.cli.results import color_option, results_text
from mlflow2prov.cli.selector_argument import SelectorCommand, selectors_option
from mlflow2prov.output import is_stream
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=SelectorCommand)
@selectors_option(
    "Select a registered model (with its versions and aliases), a version, an alias, a run or an experiment, even if "
    "it no longer exists",
    default="all changes",
)
@click.option(
    "--since",
    type=TEXT,
    metavar="DATE",
    callback=checked_values(check_date, has_name=False),
    help="List only changes that were observed since this date, in any form that git log accepts.",
)
@format_option(
    tuple(FORMATS["history"]), "Print the changes in this format; JSON contains every detail."
)
@output_file_option
@color_option
def command(
    selectors: tuple[str, ...], since: str | None, format_: str, output: str, color: str
) -> Step:
    """List the observed changes in chronological order.

    Each has the time that MLflow recorded, or else the two observations between which it happened. The documents are
    passed on.

    \b
    mlflow2prov load --input result.json history models:/wine
    mlflow2prov load --input result.json history wine@champion --since '1 month ago' --format markdown
    """
    format_ = format_of_file(click.get_current_context(), output, format_, FORMATS["history"])

    def prepare() -> Action:
        from mlflow2prov.analysis.history import history
        from mlflow2prov.output import require_writable

        require_writable(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            histories = [history(document, selectors, since=since) for document in documents]
            if is_stream(output):
                chain.write_text(
                    results_text("history", histories, format_, color), format_=format_
                )
            else:
                chain.write_text(FORMATS["history"][format_](histories), output, format_=format_)
            return documents

        return action

    return Step("history", prepare, writes=output_names(output))
