"""``explain``: answer the questions of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.as_of import as_of_option
from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.options import format_option
from mlflow2prov.cli.results import color_option, results_text
from mlflow2prov.cli.selector_argument import SelectorCommand, selectors_option
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow2prov.analysis.explanation import Explanation
    from mlflow2prov.analysis.impact import Impact
    from mlflow2prov.prov import Document


@click.command(cls=SelectorCommand)
@selectors_option(
    "Select models:/<name>/<version>, <name>@<alias> or runs:/<id>; with --impact, anything that lineage selects",
    default="list the versions and runs",
)
@click.option(
    "--impact",
    is_flag=True,
    help="List every run, model and version that a commit, dataset, file or person influenced.",
)
@format_option(
    tuple(FORMATS["explanation"]), "Print the answers in this format; JSON contains every detail."
)
@color_option
@as_of_option(
    "Answer as of this time, from a state file (see update): any date that git log takes; a day means its end."
)
def command(selectors: tuple[str, ...], impact: bool, format_: str, color: str) -> Step:
    """Explain a version, a model or a run.

    The answers cover its code, data, parameters, metrics, environment and people. Without a selector, the versions and
    runs that can be explained are listed. The documents are passed on.

    \b
    mlflow2prov load --input result.json explain models:/wine@champion
    mlflow2prov load --input result.json explain Commit:d4115a08 --impact --format markdown
    """

    def prepare() -> Action:
        answer = _answer_function(impact)
        kind = "impact" if impact else "explanation"

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            if not selectors:
                from mlflow2prov.analysis.listing import list_subjects

                subjects = [list_subjects(document, impact=impact) for document in documents]
                chain.write_text(results_text("list", subjects, format_, color), format_=format_)
                return documents
            answers = [
                answer(document, selector) for document in documents for selector in selectors
            ]
            chain.write_text(results_text(kind, answers, format_, color), format_=format_)
            return documents

        return action

    return Step("explain", prepare)


def _answer_function(impact: bool) -> Callable[[Document, str], Explanation | Impact]:
    """Return the function behind the command, without the import of the other one."""
    if impact:
        from mlflow2prov.analysis.impact import impact as impact_of

        return impact_of
    from mlflow2prov.analysis.explanation import explain

    return explain
