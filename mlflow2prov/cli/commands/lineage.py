"""``lineage``: reduce each document to the causes or the effects of selected elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.as_of import as_of_option
from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, ListOption, checked_values, choice_of
from mlflow2prov.cli.selector_argument import SelectorCommand, selectors_option
from mlflow2prov.graph.options import Direction, History

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


def _check_relation(name: str) -> None:
    from mlflow2prov.graph.lineage import check_relations

    check_relations([name])


@click.command(cls=SelectorCommand)
@selectors_option(
    "Select models:/<name>/<version>, <name>@<alias>, Run:<id or name>, Commit:<sha>, File:<path>, <key>=<value> or an "
    "identifier",
    required=True,
)
@click.option(
    "--direction",
    type=choice_of(Direction),
    default="upstream",
    show_default=True,
    help="Follow relations to the causes, to the effects, or to both.",
)
@click.option(
    "--depth",
    type=click.IntRange(0, 1_000_000),
    metavar="NUMBER",
    help="Follow at most this many relations in a row.",
)
@click.option(
    "--relations",
    cls=ListOption,
    callback=checked_values(_check_relation),
    type=TEXT,
    multiple=True,
    metavar="RELATION",
    help="Follow and keep only this relation, for example wasDerivedFrom, or a list; may be repeated.  [default: "
    "all but wasInvalidatedBy]",
)
@click.option(
    "--without",
    cls=ListOption,
    type=TEXT,
    multiple=True,
    metavar="TYPE",
    help="Leave out elements of this type, for example Param or '*Tag', or a list; may be repeated.",
)
@click.option(
    "--history",
    type=choice_of(History),
    default="auto",
    show_default=True,
    help="Follow none of Git's history, earlier revisions of files, or all of it; auto follows only the history of "
    "selected commits and files.",
)
@as_of_option("Keep the causes or effects as of this time, from a state file (see update).")
def command(
    selectors: tuple[str, ...],
    direction: Direction,
    depth: int | None,
    relations: tuple[str, ...],
    without: tuple[str, ...],
    history: History,
) -> Step:
    """Keep the causes or effects of an element.

    Each document is replaced by the part that led to a version, a run or another element, or that resulted from it.

    \b
    mlflow2prov load --input result.json lineage wine@champion save --output champion --format svg
    mlflow2prov load --input result.json lineage File:train.py --direction downstream statistics
    """

    def prepare() -> Action:
        from mlflow2prov.graph.lineage import check_relations, lineage

        relation_names = check_relations(relations or None)

        def action(documents: list[Document], _: Chain) -> list[Document]:
            return [
                lineage(
                    document,
                    selectors,
                    direction,
                    depth=depth,
                    relations=relation_names,
                    without=without,
                    history=history,
                )
                for document in documents
            ]

        return action

    return Step("lineage", prepare)
