"""``merge``: unite all documents into one."""

from __future__ import annotations

import click

from mlflow2prov.cli.chain import Action, Step


@click.command()
def command() -> Step:
    """Merge all documents into one.

    \b
    mlflow2prov load --input a.json --input b.json merge save --output both
    """

    def prepare() -> Action:
        from mlflow2prov.prov.merge import merge

        return lambda documents, _: [merge(documents)]

    return Step("merge", prepare)
