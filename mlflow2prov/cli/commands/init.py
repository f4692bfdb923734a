"""``init``: write a configuration file for the project in the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlflow2prov.cli.chain import Action, Chain, Step, output_names
from mlflow2prov.cli.param_types import OUTPUT_NAME

if TYPE_CHECKING:
    from mlflow2prov.prov import Document
    from mlflow2prov.sources.discovery import FoundSources

FILE = "mlflow2prov.yaml"


@click.command()
@click.option(
    "--output",
    type=OUTPUT_NAME,
    metavar="FILE",
    default=FILE,
    show_default=True,
    help="Write the configuration to this file; - is standard output.",
)
@click.option("--force", is_flag=True, help="Replace an existing file.")
def command(output: str, force: bool) -> Step:
    """Write a configuration file for this project.

    The file extracts the Git repository that contains the current folder and the MLflow store in it, saves the graph
    and reports on it. Edit it, check it with --validate, and run it with --config.

    \b
    mlflow2prov init
    mlflow2prov init --output - > pipeline.yaml
    """

    def prepare() -> Action:
        from mlflow2prov.errors import ConfigurationError
        from mlflow2prov.output import is_stream, require_writable
        from mlflow2prov.sources.discovery import find_sources

        require_writable(output)
        if not force and not is_stream(output) and Path(output).exists():
            raise ConfigurationError(f"{output}: exists already; replace it with --force")
        found = find_sources(Path())

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            chain.report_notice(_description(found))
            chain.write_text(
                configuration(found, "pipeline.yaml" if is_stream(output) else output), output
            )
            if not is_stream(output):
                chain.report_notice(f"edit {output}, then run: mlflow2prov --config {output}")
            return documents

        return action

    return Step("init", prepare, needs_documents=False, writes=output_names(output))


def _description(found: FoundSources) -> str:
    repository = "a Git repository" if found.repository else "no Git repository"
    if not found.stores:
        return f"found {repository} and no MLflow store"
    stores = ", ".join(store.url for store in found.stores)
    return f"found {repository} and {'an MLflow store' if len(found.stores) == 1 else 'MLflow stores'}: {stores}"


def configuration(found: FoundSources, name: str) -> str:
    """Return the text of a configuration file for the sources of a project."""
    lines = [
        f"# Run this chain with: mlflow2prov --config {name}",
        f"# Check it with:       mlflow2prov --validate {name}",
        "- extract:",
    ]
    if found.repository:
        lines.append(f"    repository-path: {_quoted(found.repository)}")
    else:
        lines.append("    # repository-path: .            # the Git repository of the project")
    first, *others = [store.url for store in found.stores] or [""]
    if first:
        plain = first.replace("${", "$${")
        variable = f"${{MLFLOW_TRACKING_URI:-{first}}}"
        lines.append(f"    mlflow-url: {_quoted(plain if set('}$') & set(first) else variable)}")
    else:
        lines.append(
            "    # mlflow-url: http://127.0.0.1:5000   # the server, database or folder of MLflow"
        )
    lines += [
        f"    # mlflow-url: {_quoted(other)}   # another store that was found" for other in others
    ]
    lines += [
        "    # experiment: ['*']               # only these experiments, by name, pattern or id",
        "    # runs-since: 3 months ago        # only later runs",
        "    # exclude: [data]                 # not these files of the repository",
        "- save:",
        "    output: provenance",
        "    format: [json]                    # also turtle, svg, parquet, ...",
        "- report:",
        "    output: provenance.html",
        "- statistics:",
        "    resolution: fine",
    ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a text as a YAML scalar in quotes (YAML 1.2, section 7.3.1)."""
    import json

    return (
        json.dumps(text, ensure_ascii=False)
        if not text.isprintable()
        else "'" + text.replace("'", "''") + "'"
    )
