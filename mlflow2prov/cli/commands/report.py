"""``report``: lay out registered models, their versions and the runs for an auditor."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.as_of import as_of_option
from mlflow2prov.cli.chain import Action, Chain, Step, output_names
from mlflow2prov.cli.options import formats_option, output_name_option
from mlflow2prov.cli.param_types import TEXT, checked_values
from mlflow2prov.cli.selector_argument import SelectorCommand, selectors_option
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.renderer import ALIASES
from mlflow2prov.render.report import EXTENSIONS, ReportFormat

if TYPE_CHECKING:
    from mlflow2prov.prov import Document


def _check_mlflow_ui(url: str) -> None:
    from mlflow2prov.render.report.links import check_mlflow_ui

    check_mlflow_ui(url)


def _check_repository_url(url: str) -> None:
    from mlflow2prov.render.report.links import check_repository_url

    check_repository_url(url)


@click.command(cls=SelectorCommand)
@selectors_option(
    "Select versions and experiments: RegisteredModel:<name>, models:/<name>/<version>, <name>@<alias> or "
    "Experiment:<name>",
    default="all versions and runs",
)
@output_name_option
@formats_option(tuple(EXTENSIONS), ALIASES)
@click.option(
    "--mlflow-ui",
    callback=checked_values(_check_mlflow_ui),
    type=TEXT,
    metavar="URL",
    help="Link experiments, runs and versions to MLflow's user interface at this address.",
)
@click.option(
    "--repository-url",
    callback=checked_values(_check_repository_url),
    type=TEXT,
    metavar="URL",
    help="Link commits to this website, unless their run recorded another.",
)
@as_of_option("Report as of this time, from a state file (see update).")
def command(
    selectors: tuple[str, ...],
    output: str,
    formats: tuple[ReportFormat, ...],
    mlflow_ui: str | None,
    repository_url: str | None,
) -> Step:
    """Report on registered models and runs.

    A report shows the origin, people, lineage and findings of each version, and the runs with their metrics. HTML is
    one self-contained file. The documents are passed on; reports on several documents are numbered: report-1.html.

    \b
    mlflow2prov load --input result.json report --output registry --format html,markdown
    mlflow2prov load --input result.json report wine@champion > champion.html
    """
    formats = tuple(dict.fromkeys(formats)) or (_default_format(output),)

    def prepare() -> Action:
        from mlflow2prov.formats.files import output_paths
        from mlflow2prov.output import is_stream, require_writable, stream_name
        from mlflow2prov.render.report import report

        require_writable(output)

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            count = len(documents) * len(formats)
            if is_stream(output) and count != 1:
                raise ConfigurationError(
                    f"{stream_name(output)} takes one report, not {count}; name files by --output"
                )
            extensions = [EXTENSIONS[name] for name in formats]
            paths = output_paths(output, extensions, len(documents))
            for document, document_paths in zip(documents, paths, strict=True):
                for name, path in zip(formats, document_paths, strict=True):
                    text = report(
                        document,
                        name,
                        selectors,
                        repository_url=repository_url,
                        mlflow_ui=mlflow_ui,
                        sources=chain.sources,
                    )
                    chain.write_text(text, str(path))
            return documents

        return action

    return Step("report", prepare, writes=output_names(output, formats))


def _default_format(output: str) -> ReportFormat:
    """Return the format of the extension of ``output``, else HTML."""
    suffix = PurePath(output).suffix.lower()
    return next((name for name, extension in EXTENSIONS.items() if extension == suffix), "html")
