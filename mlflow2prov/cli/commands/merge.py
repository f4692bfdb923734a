"""``merge``: one document of all."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step


@click.command()
def command() -> Step:
    """Merge all documents into one.

    \b
    mlflow2prov load --input a.json --input b.json merge save --output both
    """

    def step(documents: list[Any], _: Chain) -> list[Any]:
        from mlflow2prov.operations.merge import merge

        if not documents:
            raise click.UsageError("merge has nothing to merge; extract or load comes first")
        return [merge(documents)]

    return step
