"""``merge``: unite all documents into one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, ClusterAction, Step

if TYPE_CHECKING:
    from mlflow2prov.cli.cluster import Cluster


@click.command()
def command() -> Step:
    """Merge all documents into one.

    \b
    mlflow2prov load --input a.json --input b.json merge save --output both
    """

    def prepare() -> Action:
        from mlflow2prov.prov.merge import merge

        return lambda documents, _: [merge(documents)]

    def prepare_on_cluster(_: Cluster) -> ClusterAction:
        from mlflow2prov.scale.merge import merge

        return lambda datasets, _: [merge(datasets)]

    return Step("merge", prepare, prepare_on_cluster)
