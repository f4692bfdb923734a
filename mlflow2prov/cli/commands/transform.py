"""``transform``: change each document."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step


@click.command()
@click.option(
    "--use_pseudonyms",
    is_flag=True,
    help="Replace names, e-mail addresses and user names by keyed digests, everywhere.",
)
@click.option(
    "--pseudonym_key_file",
    metavar="FILE",
    help="The digests' key; else $MLFLOW2PROV_PSEUDONYM_KEY, else a random one.",
)
@click.option("--eliminate_duplicates", is_flag=True, help="Say once what is said twice.")
@click.option(
    "--merge-aliased-agents",
    "merge_aliased_agents",
    metavar="FILE",
    help="Make one agent of those that a YAML file says are one (name, aliases).",
)
def command(pseudonym_key_file: str | None, use_pseudonyms: bool, **options: Any) -> Step:
    """Transform each document: merge or hide its people, unify it.

    \b
    mlflow2prov load --input result.json \\
                transform --use_pseudonyms --merge-aliased-agents aliases.yaml save --output public
    """
    if pseudonym_key_file and not use_pseudonyms:
        raise click.UsageError("--pseudonym_key_file is of no use without --use_pseudonyms")

    def step(documents: list[Any], _: Chain) -> list[Any]:
        import secrets

        from mlflow2prov.operations.pseudonyms import read_key
        from mlflow2prov.operations.transform import transform

        key = None
        if use_pseudonyms:
            # One key for all: the same person is the same in every document of the chain.
            key = read_key(pseudonym_key_file) or secrets.token_bytes(32)
        return [
            transform(document, use_pseudonyms=use_pseudonyms, pseudonym_key=key, **options)
            for document in documents
        ]

    return step
