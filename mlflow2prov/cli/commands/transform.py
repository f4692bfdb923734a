"""``transform``: change each document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


@click.command()
@click.option(
    "--use_pseudonyms",
    is_flag=True,
    help="Replace names, e-mail addresses and user names by keyed digests, everywhere.",
)
@click.option(
    "--pseudonym_key_file",
    type=TEXT,
    metavar="FILE",
    help="The digests' key; else $MLFLOW2PROV_PSEUDONYM_KEY, else a random one.",
)
@click.option("--eliminate_duplicates", is_flag=True, help="Say once what is said twice.")
@click.option(
    "--merge-aliased-agents",
    "merge_aliased_agents",
    type=TEXT,
    metavar="FILE",
    help="Make one agent of those that a YAML file says are one (name, aliases).",
)
def command(
    use_pseudonyms: bool,
    pseudonym_key_file: str | None,
    eliminate_duplicates: bool,
    merge_aliased_agents: str | None,
) -> Step:
    """Transform each document: merge or hide its people, unify it.

    \b
    mlflow2prov load --input result.json \\
                transform --use_pseudonyms --merge-aliased-agents aliases.yaml save --output public
    """
    if pseudonym_key_file and not use_pseudonyms:
        raise click.UsageError("--pseudonym_key_file is of no use without --use_pseudonyms")

    def prepare() -> Action:
        import secrets

        from mlflow2prov.people.aliases import claims, read_aliases
        from mlflow2prov.people.pseudonyms import read_key
        from mlflow2prov.people.transform import transform

        if merge_aliased_agents and not Path(merge_aliased_agents).is_fifo():
            claims(read_aliases(merge_aliased_agents), merge_aliased_agents)
        key = None
        if use_pseudonyms:
            # One key for all: the same person is the same in every document of the chain.
            key = read_key(pseudonym_key_file) or secrets.token_bytes(32)

        def action(documents: list[Document], _: Chain) -> list[Document]:
            return [
                transform(
                    document,
                    use_pseudonyms=use_pseudonyms,
                    pseudonym_key=key,
                    eliminate_duplicates=eliminate_duplicates,
                    merge_aliased_agents=merge_aliased_agents,
                )
                for document in documents
            ]

        return action

    return Step("transform", prepare)
