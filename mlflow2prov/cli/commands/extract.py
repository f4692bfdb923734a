"""``extract``: add a document about a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT, URI, choice_of
from mlflow2prov.sources.options import ArtifactListing, Renames

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

_GIT_OPTIONS = (
    "since",
    "until",
    "branches",
    "no_mailmap",
    "include_store",
    "infer_code",
    "renames",
)
_MLFLOW_OPTIONS = (
    "include_store",
    "infer_code",
    "metric_history",
    "artifacts",
    "artifacts_destination",
    "environments",
    "traces",
    "restore_redacted",
)


@click.command()
@click.option(
    "--repository-path",
    type=TEXT,
    metavar="FOLDER",
    help="Read this Git repository, bare or not, or the repository that contains this folder.",
)
@click.option(
    "--mlflow-url",
    type=TEXT,
    metavar="URL",
    envvar="MLFLOW_TRACKING_URI",
    show_envvar=True,
    help="Read this MLflow server (http://...), database (sqlite:///..., postgresql://...) or mlruns folder.",
)
@click.option(
    "--calls",
    "calls",
    type=TEXT,
    multiple=True,
    metavar="PATH|URL",
    help="Read the calls that capture, provenance, pycrumbs or curifactory recorded in this database, folder or file; "
    "may be repeated.  [default: "
    "the folder .mlflow2prov of the repository]",
)
@click.option("--no-calls", is_flag=True, help="Read no captured calls.")
@click.option(
    "--since",
    type=TEXT,
    metavar="DATE",
    help="Read only commits since this date, in any form that git log takes: 2024-01-31, '3 weeks ago'.",
)
@click.option(
    "--until",
    type=TEXT,
    metavar="DATE",
    help="Read only commits up to this date; a day counts as a whole.",
)
@click.option(
    "--branch",
    "branches",
    type=TEXT,
    multiple=True,
    metavar="NAME",
    help="Read only this branch, or a list of them; may be repeated.",
)
@click.option(
    "--no-mailmap",
    is_flag=True,
    help="Ignore .mailmap, and keep the authors of commits as recorded.",
)
@click.option(
    "--include-store",
    is_flag=True,
    help="Keep the files of the MLflow store in the history, if they are committed.",
)
@click.option(
    "--infer-code",
    is_flag=True,
    help="Link runs without a known script to the revision that they probably executed, marked as inferred.",
)
@click.option(
    "--renames",
    type=choice_of(Renames),
    default="similar",
    show_default=True,
    help="Detect renamed and copied files by similar content, by identical content, or not at all.",
)
@click.option(
    "--metric-history",
    is_flag=True,
    help="Extract every step of every metric, not only the last.",
)
@click.option(
    "--artifacts",
    type=choice_of(ArtifactListing),
    default="all",
    show_default=True,
    help="List artifacts at every depth, only at the top (models are then not recognised), or not at all.",
)
@click.option(
    "--artifacts-destination",
    type=TEXT,
    metavar="FOLDER",
    help="Read artifacts in this local folder, in addition to the store's own.",
)
@click.option(
    "--environments",
    is_flag=True,
    help="Extract the packages that models were made with, from the files that MLflow keeps beside them.",
)
@click.option(
    "--traces", is_flag=True, help="Extract every trace with its assessments, not only counts."
)
@click.option(
    "--restore-redacted",
    is_flag=True,
    help="Extract the source of a deleted model version even if MLflow redacted it.",
)
@click.option(
    "--namespace",
    type=URI,
    help="Use this namespace for types, attributes and identifiers.  [default: https://w3id.org/mlflow2prov/]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    metavar="NUMBER",
    default=8,
    show_default=True,
    help="Send at most this many concurrent requests to an MLflow server.",
)
@click.option(
    "--allow-incomplete",
    is_flag=True,
    help="Exit with 0 instead of 3 if a source refused some of its facts.",
)
def command(
    namespace: str | None,
    no_mailmap: bool,
    allow_incomplete: bool,
    calls: tuple[str, ...],
    no_calls: bool,
    **options: Any,
) -> Step:
    """Extract a document from Git, MLflow and captured calls.

    The sources are a Git repository, an MLflow store, records of calls, or several of them.

    \b
    mlflow2prov extract --repository-path . save --output history
    mlflow2prov extract --repository-path . --mlflow-url sqlite:///mlflow.db statistics
    """
    context = click.get_current_context()
    _refuse_useless_options(context)
    if namespace is not None:
        options["namespace"] = namespace
    if calls or no_calls:
        options["calls"] = calls
    is_from_environment = context.get_parameter_source("mlflow_url") == ParameterSource.ENVIRONMENT

    def prepare() -> Action:
        import logging

        from mlflow2prov.extraction import run_extraction

        # A retry that succeeds is not worth a line, and the command line reports one that fails itself.
        logging.getLogger("stamina").addHandler(logging.NullHandler())

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            if is_from_environment:
                chain.report_notice(
                    f"reading {options['mlflow_url']}, the value of MLFLOW_TRACKING_URI"
                )
            extraction = run_extraction(mailmap=not no_mailmap, progress=chain.progress, **options)
            for notice in extraction.notices:
                chain.report_notice(notice)
            for omission in extraction.omissions:
                chain.report_omission(omission)
            if extraction.omissions and not allow_incomplete:
                chain.is_incomplete = True
            return [*documents, extraction.document]

        return action

    return Step("extract", prepare, is_source=True)


def _refuse_useless_options(context: click.Context) -> None:
    """Refuse options that would have no effect, because their user expects one."""
    has_repository = context.params["repository_path"] is not None
    has_store = context.params["mlflow_url"] is not None
    if context.params["environments"] and context.params["artifacts"] == "none":
        raise click.UsageError("--environments has no effect with --artifacts none")
    if context.params["calls"] and context.params["no_calls"]:
        raise click.UsageError("--calls and --no-calls exclude each other; choose one")
    if not (has_repository or has_store or context.params["calls"]):
        raise click.UsageError("extract needs --repository-path, --mlflow-url or --calls")
    for has_source, names, source_option in (
        (has_repository, _GIT_OPTIONS, "--repository-path"),
        (has_store, _MLFLOW_OPTIONS, "--mlflow-url"),
    ):
        for option in context.command.params:
            is_set = context.get_parameter_source(option.name or "") != ParameterSource.DEFAULT
            if option.name in names and is_set and not has_source:
                raise click.UsageError(f"{option.opts[0]} has no effect without {source_option}")
