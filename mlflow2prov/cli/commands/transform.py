"""``transform``: merge or hide the people of each document, and unify it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import OUTPUT_NAME, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
@click.option(
    "--suggest-aliases",
    type=OUTPUT_NAME,
    metavar="FILE",
    help="Write a file for --merge-aliased-agents to this file, with the agents that are probably one person and the "
    "reasons; - is standard output.",
)
def command(
    use_pseudonyms: bool,
    pseudonym_key_file: str | None,
    eliminate_duplicates: bool,
    merge_aliased_agents: str | None,
    suggest_aliases: str | None,
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

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            if suggest_aliases:
                chain.write_text(_suggestions(documents, people), suggest_aliases)
            if use_pseudonyms:
                chain.sources.clear()  # names of folders may be those of people
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


def _suggestions(documents: list[Document], people: Mapping[str, Iterable[str]] | None) -> str:
    """Return the file of aliases for all documents, without the agents that ``people`` merges."""
    from mlflow2prov.people.aliases import format_aliases
    from mlflow2prov.people.suggestions import suggest_aliases
    from mlflow2prov.people.transform import transform
    from mlflow2prov.prov.merge import merge

    merged = transform(merge(documents), merge_aliased_agents=people)
    return format_aliases((person.name, person.aliases) for person in suggest_aliases(merged))
