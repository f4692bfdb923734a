"""``extract``: add the provenance of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, URI

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

_OF_GIT = ("since", "until", "branches", "no_mailmap", "renames")
_OF_MLFLOW = (
    "metric_history",
    "artifacts",
    "artifacts_destination",
    "environments",
    "traces",
    "restore_redacted",
)


@click.command()
@click.option(
    "--repository_path",
    type=TEXT,
    metavar="FOLDER",
    help="A Git repository, or a folder in one; bare ones too.",
)
@click.option(
    "--mlflow_url",
    type=TEXT,
    metavar="URL",
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    help="An MLflow server (http://...), database (sqlite:///..., postgresql://...) or mlruns folder.",
)
@click.option(
    "--since",
    type=TEXT,
    metavar="DATE",
    help="Only commits after this date, as git log takes it: 2024-01-31, '3 weeks ago'.",
)
@click.option("--until", type=TEXT, metavar="DATE", help="Only commits before this date.")
@click.option(
    "--branch",
    "branches",
    type=TEXT,
    multiple=True,
    metavar="NAME",
    help="Only this branch; may be repeated.",
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
    "--artifacts",
    type=click.Choice(["all", "top", "none"]),
    default="all",
    show_default=True,
    help="List artifacts at every depth, at the top only (where no folder is told to be a model), or not at all.",
)
@click.option(
    "--artifacts_destination",
    type=TEXT,
    metavar="FOLDER",
    help="The local folder that a store's artifacts are in, besides its own.",
)
@click.option(
    "--environments",
    is_flag=True,
    help="The packages that models were made with, from the files that MLflow keeps beside them.",
)
@click.option(
    "--traces", is_flag=True, help="Every trace and its assessments, not their number only."
)
@click.option(
    "--restore_redacted",
    is_flag=True,
    help="Say what a deleted version was registered from, though MLflow redacted it.",
)
@click.option(
    "--namespace",
    type=URI,
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
    _check_use(click.get_current_context())
    if namespace is not None:
        options["namespace"] = namespace
    context = click.get_current_context()
    is_from_environment = context.get_parameter_source("mlflow_url") == ParameterSource.ENVIRONMENT

    def prepare() -> Action:
        from mlflow2prov.cli.terminal import progress_bars
        from mlflow2prov.extraction import Findings, extract

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            findings = Findings()
            if is_from_environment:
                chain.note(f"{options['mlflow_url']} is read since MLFLOW_TRACKING_URI names it")
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

        return action

    return Step("extract", prepare, is_source=True)


def _check_use(context: click.Context) -> None:
    """Refuse what would have no effect, and leave its user believing that it had."""
    has_repository = context.params["repository_path"] is not None
    has_store = context.params["mlflow_url"] is not None
    if context.params["environments"] and context.params["artifacts"] == "none":
        raise click.UsageError("--environments is of no use with --artifacts none")
    if not has_repository and not has_store:
        raise click.UsageError("extract needs --repository_path, --mlflow_url or both")
    for is_there, names, needed in (
        (has_repository, _OF_GIT, "--repository_path"),
        (has_store, _OF_MLFLOW, "--mlflow_url"),
    ):
        for option in context.command.params:
            is_given = context.get_parameter_source(option.name or "") != ParameterSource.DEFAULT
            if option.name in names and is_given and not is_there:
                raise click.UsageError(f"{option.opts[0]} is of no use without {needed}")
