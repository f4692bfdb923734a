"""``transform``: merge or hide the people of each document, and unify it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--use-pseudonyms",
    is_flag=True,
    help="Replace names, e-mail addresses and user names with keyed digests everywhere.",
)
@click.option(
    "--pseudonym-key-file",
    type=TEXT,
    metavar="FILE",
    help="Read the key of the digests from this file.  [default: $MLFLOW2PROV_PSEUDONYM_KEY, else a random key]",
)
@click.option("--eliminate-duplicates", is_flag=True, help="Unify equal statements.")
@click.option(
    "--merge-aliased-agents",
    type=TEXT,
    metavar="FILE",
    help="Merge the agents of each person in this YAML list, whose entries have the keys name and aliases.",
)
def command(
    use_pseudonyms: bool,
    pseudonym_key_file: str | None,
    eliminate_duplicates: bool,
    merge_aliased_agents: str | None,
) -> Step:
    """Merge or hide people, and unify documents.

    People are merged first, then hidden.

    \b
    mlflow2prov load --input result.json \\
                transform --use-pseudonyms --merge-aliased-agents aliases.yaml save --output public
    """
    if pseudonym_key_file and not use_pseudonyms:
        raise click.UsageError("--pseudonym-key-file has no effect without --use-pseudonyms")

    def prepare() -> Action:
        from mlflow2prov.people.aliases import people_by_alias, read_aliases
        from mlflow2prov.people.pseudonyms import random_key, read_key
        from mlflow2prov.people.transform import transform

        # Aliases and key are read once: the file may be a pipe, and a person has one pseudonym in all documents.
        people = None
        if merge_aliased_agents:
            people = read_aliases(merge_aliased_agents)
            people_by_alias(people, merge_aliased_agents)
        key = (read_key(pseudonym_key_file) or random_key()) if use_pseudonyms else None

        def action(documents: list[Document], _: Chain) -> list[Document]:
            return [
                transform(
                    document,
                    use_pseudonyms=use_pseudonyms,
                    pseudonym_key=key,
                    eliminate_duplicates=eliminate_duplicates,
                    merge_aliased_agents=people,
                )
                for document in documents
            ]

        return action

    return Step("transform", prepare)
