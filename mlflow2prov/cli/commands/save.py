"""``save``: write documents to files."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import click

from mlflow2prov.cli.chain import Action, Chain, ClusterAction, Step, output_names
from mlflow2prov.cli.options import formats_option, output_name_option
from mlflow2prov.formats import ALIASES, FormatName

if TYPE_CHECKING:
    from mlflow2prov.cli.cluster import Cluster
    from mlflow2prov.prov import Document
    from mlflow2prov.scale.dataset import Dataset


@click.command()
@output_name_option
@formats_option(get_args(FormatName), ALIASES)
def command(output: str, formats: tuple[str, ...]) -> Step:
    """Save documents to files.

    The documents are passed on. Several documents are numbered: result-1.json, result-2.json.

    \b
    mlflow2prov extract --repository-path . save --output result --format json,svg
    mlflow2prov extract --repository-path . save --output history.ttl
    mlflow2prov extract --repository-path . save | jq '.agent'
    """
    if not formats:
        from mlflow2prov.formats.files import default_format

        formats = (default_format(output).name,)

    def prepare() -> Action:
        from mlflow2prov.formats import get
        from mlflow2prov.formats.files import stage
        from mlflow2prov.output import require_writable

        for name in formats:
            get(name).require_program()
        require_writable(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            paths = stage(chain.output, documents, output, formats, progress=chain.progress)
            chain.report_files(paths, sum(map(len, documents)))
            return documents

        return action

    def prepare_on_cluster(_: Cluster) -> ClusterAction:
        from mlflow2prov.cli.cluster import output_addresses, require_folder_output
        from mlflow2prov.formats import get
        from mlflow2prov.scale.saving import stage

        require_folder_output(output, formats)
        extensions = [get(name).extension for name in formats]

        def action(datasets: list[Dataset], chain: Chain) -> list[Dataset]:
            for dataset, paths in zip(
                datasets, output_addresses(output, extensions, len(datasets)), strict=True
            ):
                for name, path in zip(formats, paths, strict=True):
                    chain.output.add_folder(stage(dataset, path, name))
                    chain.report_folder(path)
            return datasets

        return action

    return Step("save", prepare, prepare_on_cluster, writes=output_names(output, formats))
