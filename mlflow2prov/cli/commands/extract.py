"""``extract``: add the provenance of a project."""

from __future__ import annotations

from typing import Any

import click

from mlflow2prov.cli.chain import Chain, Step


@click.command()
@click.option(
    "--repository_path",
    metavar="FOLDER",
    help="A Git repository, or a folder in one; bare ones too.",
)
@click.option(
    "--mlflow_url",
    metavar="URL",
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    help="An MLflow server (http://...), database (sqlite:///..., postgresql://...) or mlruns folder.",
)
@click.option("--since", metavar="DATE", help="Only commits after this date, as git log takes it.")
@click.option("--until", metavar="DATE", help="Only commits before this date.")
@click.option(
    "--branch", "branches", multiple=True, metavar="NAME", help="Only this branch; may be repeated."
)
@click.option("--no_mailmap", is_flag=True, help="Take authors as they stand, without .mailmap.")
@click.option(
    "--renames",
    type=click.Choice(["similar", "exact", "none"]),
    default="similar",
    show_default=True,
    help="Find renamed and copied files by similar content, by the same content, or not at all.",
)
@click.option(
    "--metric_history", is_flag=True, help="Every step of every metric, not the last only."
)
@click.option(
    "--artifacts_destination",
    metavar="FOLDER",
    help="The local folder that a database's artifacts are in.",
)
@click.option(
    "--namespace",
    metavar="URI",
    help="The namespace of types, attributes and identifiers.  [default: https://w3id.org/mlflow2prov/]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=8,
    show_default=True,
    help="How many requests an MLflow server gets at once.",
)
@click.option(
    "--allow_incomplete",
    is_flag=True,
    help="Exit with 0 even if a source refused something, not 3.",
)
def command(
    namespace: str | None, no_mailmap: bool, allow_incomplete: bool, **options: Any
) -> Step:
    """Extract a document from a Git repository, an MLflow store or both.

    \b
    mlflow2prov extract --repository_path . save --output history
    mlflow2prov extract --repository_path . --mlflow_url sqlite:///mlflow.db statistics
    """
    if not options["repository_path"] and not options["mlflow_url"]:
        raise click.UsageError("extract needs --repository_path, --mlflow_url or both")
    if namespace is not None:
        options["namespace"] = namespace

    def step(documents: list[Any], chain: Chain) -> list[Any]:
        from mlflow2prov.cli.terminal import progress_bars
        from mlflow2prov.extraction import Findings, extract

        findings = Findings()
        with progress_bars() as progress:
            document = extract(
                mailmap=not no_mailmap, findings=findings, progress=progress, **options
            )
        for notice in findings.notices:
            chain.note(notice)
        for message in findings.left_out:
            chain.left_out(message)
        if findings.left_out and not allow_incomplete:
            chain.is_incomplete = True
        return [*documents, document]

    return step
