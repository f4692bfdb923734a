"""The options of ``extract`` and ``update``: the sources of a project, and how much of them is read."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mlflow2prov.cli.chain import Chain
from mlflow2prov.cli.param_types import TEXT, URI, check_date, checked_values, choice_of
from mlflow2prov.errors import ConfigurationError, MLflow2ProvError
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.options import ArtifactListing, Renames

if TYPE_CHECKING:
    from mlflow2prov.facts.summary import RunSummary

_SOURCES = ("repository_path", "mlflow_url", "calls")
_GIT_OPTIONS = (
    "since",
    "until",
    "branches",
    "exclude",
    "no_mailmap",
    "include_store",
    "infer_code",
    "renames",
)
_MLFLOW_OPTIONS = (
    "include_store",
    "infer_code",
    "experiments",
    "runs_since",
    "metric_history",
    "artifacts",
    "artifacts_destination",
    "environments",
    "traces",
    "restore_redacted",
)


def _check_address(url: str) -> None:
    from mlflow2prov.sources.mlflow.address import check_address

    check_address(url)


def _check_pathspec(pathspec: str) -> None:
    from mlflow2prov.sources.git.pathspecs import exclusion

    exclusion(pathspec)


_OPTIONS = (
    click.option(
        "--repository-path",
        type=TEXT,
        metavar="FOLDER",
        help="Read this Git repository, bare or not, or the repository that contains this folder.",
    ),
    click.option(
        "--mlflow-url",
        type=TEXT,
        metavar="URL",
        envvar="MLFLOW_TRACKING_URI",
        callback=checked_values(_check_address),
        show_envvar=True,
        help="Read this MLflow server (http://..., HOST:PORT, the address of an experiment's page), database "
        "(mlflow.db, sqlite:///..., postgresql://...), mlruns folder, or a folder that contains one of them.",
    ),
    click.option(
        "--calls",
        "calls",
        type=TEXT,
        multiple=True,
        metavar="PATH|URL",
        help="Read the calls that capture, provenance, pycrumbs or curifactory recorded in this database, folder or "
        "file; may be repeated.  [default: the folder .mlflow2prov of the repository]",
    ),
    click.option(
        "--no-calls",
        is_flag=True,
        help="Read no captured calls, those in the MLflow store included.",
    ),
    click.option(
        "--since",
        type=TEXT,
        metavar="DATE",
        callback=checked_values(check_date, has_name=False),
        help="Read only commits since this date, in any form that git log takes: 2024-01-31, '3 weeks ago'.",
    ),
    click.option(
        "--until",
        type=TEXT,
        metavar="DATE",
        callback=checked_values(check_date, has_name=False),
        help="Read only commits up to this date; a day counts as a whole.",
    ),
    click.option(
        "--branch",
        "branches",
        type=TEXT,
        multiple=True,
        metavar="NAME",
        help="Read only this branch, or a list of them; may be repeated.",
    ),
    click.option(
        "--exclude",
        "exclude",
        type=TEXT,
        multiple=True,
        metavar="PATHSPEC",
        callback=checked_values(_check_pathspec, has_name=False),
        help="Leave out these files of the repository, for example data or '*.csv', as git does; may be repeated.",
    ),
    click.option(
        "--no-mailmap",
        is_flag=True,
        help="Ignore .mailmap, and keep the authors of commits as recorded.",
    ),
    click.option(
        "--include-store",
        is_flag=True,
        help="Keep the files of the MLflow store in the history, if they are committed.",
    ),
    click.option(
        "--infer-code",
        is_flag=True,
        help="Link runs without a known script to the revision that they probably executed, marked as inferred.",
    ),
    click.option(
        "--renames",
        type=choice_of(Renames),
        default="similar",
        show_default=True,
        help="Detect renamed and copied files by similar content, by identical content, or not at all.",
    ),
    click.option(
        "--experiment",
        "experiments",
        type=TEXT,
        multiple=True,
        metavar="NAME|ID",
        help="Read only this experiment, by its id, its name or a pattern such as 'wine-*', with its runs and the "
        "versions that came from them; may be repeated, or a list.",
    ),
    click.option(
        "--runs-since",
        type=TEXT,
        metavar="DATE",
        callback=checked_values(check_date, has_name=False),
        help="Read only runs that started since this date, in any form that git log takes.",
    ),
    click.option(
        "--metric-history",
        is_flag=True,
        help="Extract every step of every metric, not only the last.",
    ),
    click.option(
        "--artifacts",
        type=choice_of(ArtifactListing),
        default="all",
        show_default=True,
        help="List artifacts at every depth, only at the top (models are then not recognised), or not at all.",
    ),
    click.option(
        "--artifacts-destination",
        type=TEXT,
        metavar="FOLDER",
        help="Read artifacts in this local folder, in addition to the store's own.",
    ),
    click.option(
        "--environments",
        is_flag=True,
        help="Extract the packages that models were made with, from the files that MLflow keeps beside them.",
    ),
    click.option(
        "--traces", is_flag=True, help="Extract every trace with its assessments, not only counts."
    ),
    click.option(
        "--restore-redacted",
        is_flag=True,
        help="Extract the source of a deleted model version even if MLflow redacted it.",
    ),
    click.option(
        "--namespace",
        type=URI,
        help="Use this namespace for types, attributes and identifiers.  [default: https://w3id.org/mlflow2prov/]",
    ),
    click.option(
        "--workers",
        type=click.IntRange(1, 64),
        metavar="NUMBER",
        default=8,
        show_default=True,
        help="Send at most this many concurrent requests to an MLflow server.",
    ),
)


allow_incomplete_option = click.option(
    "--allow-incomplete",
    is_flag=True,
    help="Exit with 0 instead of 3 if a source refused some of its facts.",
)


def source_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a project's sources."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass
class ProjectArguments:
    """The sources of a project and the options that its user set, as arguments of :func:`mlflow2prov.extract`."""

    context: click.Context
    options: dict[str, Any]
    is_url_from_environment: bool

    @classmethod
    def of(cls, context: click.Context) -> ProjectArguments:
        """Return those of a command with :func:`source_options`.

        Raises:
            click.UsageError: options contradict each other, or have no effect.
        """
        values = context.params
        _refuse_contradictions(context)
        options = {
            name: values[name]
            for name in _SOURCES + _GIT_OPTIONS + _MLFLOW_OPTIONS + ("namespace", "workers")
            if name in values and _is_set(context, name)
        }
        if options.pop("no_mailmap", False):
            options["mailmap"] = False
        if values["no_calls"]:
            options["calls"] = ()
        is_from_environment = (
            context.get_parameter_source("mlflow_url") == ParameterSource.ENVIRONMENT
        )
        arguments = cls(context, options, is_from_environment)
        if arguments.has_source:
            _refuse_useless_options(context, options)
        return arguments

    @property
    def has_source(self) -> bool:
        """Whether a source is named."""
        return any(self.options.get(name) for name in _SOURCES)

    def find_sources(self) -> list[str]:
        """Set the sources to those of the current folder, and return notices that name them.

        Raises:
            click.UsageError: there are none, or options have no effect on them.
        """
        notices = _find_sources(self.options)
        _refuse_useless_options(self.context, self.options)
        return notices

    def report_sources(self, chain: Chain) -> None:
        """Name the sources in reports of the chain, and a source that no option names on standard error."""
        if self.is_url_from_environment:
            chain.report_notice(
                f"reading {self.options['mlflow_url']}, the value of MLFLOW_TRACKING_URI"
            )
        _add_sources(self.context, self.options, chain)


def silence_retries() -> None:
    """Do not log a retry: one that succeeds is not worth a line, and one that fails is an error of its own."""
    logging.getLogger("stamina").addHandler(logging.NullHandler())


def report_reading(
    chain: Chain, notices: Iterable[str], omissions: Sequence[str], *, allow_incomplete: bool
) -> None:
    """Print the notices and omissions of a reading. With omissions, the chain is incomplete unless that is allowed."""
    for notice in notices:
        chain.report_notice(notice)
    for omission in omissions:
        chain.report_omission(omission)
    if omissions and not allow_incomplete:
        chain.is_incomplete = True


def runs_summary(runs: RunSummary | None) -> list[str]:
    """Return a text on the number of runs with their links, and a line about why some have none."""
    if runs is None:
        return [""]
    if not runs.runs:
        return ["no run"]
    inferred = f" ({runs.inferred:,} inferred)" if runs.inferred else ""
    links = (
        f"{quantity(runs.runs, 'run')}: {runs.with_commit:,} linked to a commit, "
        f"{runs.with_script:,} to a script{inferred}"
    )
    reasons = [
        *(f"{count:,} without a commit ({why})" for why, count in runs.without_commit.items()),
        *(f"{count:,} without a script ({why})" for why, count in runs.without_script.items()),
    ]
    return [links, f"runs that are not linked: {', '.join(reasons)}"] if reasons else [links]


def _find_sources(options: dict[str, Any]) -> list[str]:
    """Set the sources to those of the current folder, and return notices that name them."""
    from mlflow2prov.sources.discovery import find_sources

    try:
        found = find_sources(Path())
        store = found.store
    except ConfigurationError as error:
        raise click.UsageError(f"extract {error}") from error
    if found.repository is None and store is None:
        raise click.UsageError(
            "extract needs --repository-path, --mlflow-url or --calls, because the current folder is in no Git "
            "repository and contains no MLflow store"
        )
    options["repository_path"] = found.repository
    options["mlflow_url"] = None if store is None else store.url
    if store is not None and found.repository is None:
        return [
            f"reading the MLflow store {store.url}; give --repository-path too, to link runs to commits"
        ]
    if store is None:
        return [
            "reading the Git repository of this folder, in which there is no MLflow store; give one with --mlflow-url"
        ]
    return [f"reading the Git repository of this folder and the MLflow store {store.url}"]


def _add_sources(context: click.Context, sources: Mapping[str, Any], chain: Chain) -> None:
    """Add the repository with its HEAD, the store and the options that were set to the sources of a chain."""
    from mlflow2prov.git.repository import Repository
    from mlflow2prov.secrets import mask_secrets, without_credentials

    folder, store = sources.get("repository_path"), sources.get("mlflow_url")
    if folder is not None:
        chain.add_source("Repository folder", str(folder))
        with suppress(MLflow2ProvError):  # the extraction reports it
            for head in Repository(folder).lines("rev-parse", "--verify", "HEAD^{commit}"):
                chain.add_source("HEAD", head)
    if store is not None:
        chain.add_source("MLflow store", without_credentials(store))
    for option in context.command.params:
        name, value = option.name or "", context.params[option.name or ""]
        if _is_set(context, name) and name not in ("repository_path", "mlflow_url", "workers"):
            values = [value] if isinstance(value, str | int) else value
            text = [] if value is True else [mask_secrets(str(value)) for value in values]
            chain.add_source("Options", " ".join([option.opts[0], *text]))


def _refuse_contradictions(context: click.Context) -> None:
    if context.params["environments"] and context.params["artifacts"] == "none":
        raise click.UsageError("--environments has no effect with --artifacts none")
    if context.params["calls"] and context.params["no_calls"]:
        raise click.UsageError("--calls and --no-calls exclude each other; choose one")


def _refuse_useless_options(context: click.Context, sources: Mapping[str, Any]) -> None:
    """Refuse options that would have no effect, because their user expects one."""
    for has_source, names, source_option in (
        (sources.get("repository_path") is not None, _GIT_OPTIONS, "--repository-path"),
        (sources.get("mlflow_url") is not None, _MLFLOW_OPTIONS, "--mlflow-url"),
    ):
        for option in context.command.params:
            if option.name in names and _is_set(context, option.name) and not has_source:
                raise click.UsageError(f"{option.opts[0]} has no effect without {source_option}")


def _is_set(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) != ParameterSource.DEFAULT
