"""``lineage``: the part of each document that is behind something, or that came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--of",
    "of",
    type=TEXT,
    multiple=True,
    required=True,
    metavar="SELECTOR",
    help="Of what: models:/<name>/<version>, <name>@<alias>, Run:<id or name>, Commit:<sha>, File:<path>, "
    "<key>=<value>, an identifier; may be repeated.",
)
@click.option(
    "--direction",
    type=click.Choice(["upstream", "downstream", "both"]),
    default="upstream",
    show_default=True,
    help="What is behind it, what came of it, or both.",
)
@click.option(
    "--depth",
    type=click.IntRange(0, 1_000_000),
    metavar="NUMBER",
    help="At most so many relations away.",
)
@click.option(
    "--relations",
    type=TEXT,
    multiple=True,
    metavar="RELATION",
    help="Follow and show only this one, as wasDerivedFrom; may be repeated.  [default: all but wasInvalidatedBy]",
)
@click.option(
    "--without",
    type=TEXT,
    multiple=True,
    metavar="TYPE",
    help="Leave out what has this type, as Param or '*Tag'; may be repeated.",
)
@click.option(
    "--history",
    type=click.Choice(["auto", "none", "revisions", "all"]),
    default="auto",
    show_default=True,
    help="Follow Git's history: earlier revisions, or all; auto does for commits and files that are asked for.",
)
def command(
    of: tuple[str, ...],
    direction: str,
    depth: int | None,
    relations: tuple[str, ...],
    without: tuple[str, ...],
    history: str,
) -> Step:
    """Keep of each document what is behind something, or what came of it.

    \b
    mlflow2prov load --input result.json lineage --of wine@champion save --output champion --format svg
    mlflow2prov load --input result.json lineage --of File:train.py --direction downstream statistics
    """

    def prepare() -> Action:
        from mlflow2prov.graph.lineage import check_relations, lineage

        followed = check_relations(relations or None)

        def action(documents: list[Document], _: Chain) -> list[Document]:
            return [
                lineage(
                    document,
                    of,
                    direction,
                    depth=depth,
                    relations=followed,
                    without=without,
                    history=history,
                )
                for document in documents
            ]

        return action

    return Step("lineage", prepare)
