"""``list``: list the models, runs, people and other elements of documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.analysis.options import ListedKind
from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.options import format_option
from mlflow2prov.cli.param_types import TEXT, choice_of
from mlflow2prov.cli.results import color_option, results_text
from mlflow2prov.cli.selector_argument import WordCommand, WordsOption
from mlflow2prov.render import FORMATS

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command(cls=WordCommand, destination="kind", example="a kind of elements, such as runs")
@click.option(
    "--kind",
    cls=WordsOption,
    type=choice_of(ListedKind),
    metavar="KIND",
    help="List models, versions, runs, experiments, datasets, people or commits. The same as the argument KIND.  "
    "[default: count each kind]",
)
@click.option(
    "--where",
    type=TEXT,
    multiple=True,
    metavar="CONDITION",
    help="List only rows with this value in a column: status=finished, 'name=wine*', 'value>0.9', "
    "'started_at>=2024-01-31'; may be repeated.",
)
@click.option(
    "--sort",
    type=TEXT,
    metavar="COLUMN",
    help="Sort by this column; -COLUMN sorts the largest first, as in --sort=-value.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1_000_000),
    metavar="NUMBER",
    help="List at most this many rows.",
)
@format_option(
    tuple(FORMATS["list"]),
    "Print the list in this format.",
)
@color_option
def command(
    kind: ListedKind | None,
    where: tuple[str, ...],
    sort: str | None,
    limit: int | None,
    format_: str,
    color: str,
) -> Step:
    """List the elements of documents.

    The last column has a selector for explain, lineage, diff and the other commands. The documents are passed on.

    \b
    mlflow2prov load result.json list
    mlflow2prov load result.json list runs --where experiment=wine --sort=-value --limit 5
    """

    def prepare() -> Action:
        from mlflow2prov.analysis.listing import list_elements

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            tables = [
                list_elements(document, kind, where=where, sort=sort, limit=limit)
                for document in documents
            ]
            chain.write_text(results_text("list", tables, format_, color), format_=format_)
            return documents

        return action

    return Step("list", prepare)
