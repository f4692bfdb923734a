"""``update``: observe a project, and keep the changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlflow2prov.cli.chain import Action, Chain, Step
from mlflow2prov.cli.param_types import TEXT
from mlflow2prov.cli.source_options import (
    ProjectArguments,
    allow_incomplete_option,
    report_reading,
    runs_summary,
    silence_retries,
    source_options,
)
from mlflow2prov.quantity import quantity

if TYPE_CHECKING:
    from mlflow2prov.prov import Document
    from mlflow2prov.state.update import Update


@click.command()
@click.option(
    "--state",
    required=True,
    type=TEXT,
    metavar="FILE",
    help="Record the observations in this file; the first update creates it.",
)
@source_options
@click.option(
    "--full",
    is_flag=True,
    help="Read all commits and runs again, not only those that are new or may have changed.",
)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with 4 if something changed since the last update.",
)
@allow_incomplete_option
def command(state: str, full: bool, exit_code: bool, allow_incomplete: bool, **_: Any) -> Step:
    """Observe a project, and record its changes.

    MLflow and Git overwrite facts: the version that an alias names, stages, descriptions, names, branches. An update
    records such changes in the state file, with the times between which they happened; history lists them. The first
    update decides the sources and their options. Later ones need only --state, and the address of a source that has
    moved.

    \b
    mlflow2prov update --state audit.mlflow2prov --repository-path . --mlflow-url http://127.0.0.1:5000
    mlflow2prov update --state audit.mlflow2prov report --output audit.html
    mlflow2prov load audit.mlflow2prov explain models:/wine@production --as-of 2026-10-01
    """
    project = ProjectArguments.of(click.get_current_context())

    def prepare() -> Action:
        path = Path(state)
        notices = [] if project.has_source or path.exists() else project.find_sources()

        from mlflow2prov.output import require_writable
        from mlflow2prov.state.update import stage_update

        require_writable(path)
        silence_retries()

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            for notice in notices:
                chain.report_notice(notice)
            project.report_sources(chain)
            options = dict(project.options)
            locations = options.pop("repository_path", None), options.pop("mlflow_url", None)
            update = stage_update(
                chain.output, path, *locations, full=full, progress=chain.progress, **options
            )
            chain.has_result = True
            report_reading(
                chain, update.notices, update.omissions, allow_incomplete=allow_incomplete
            )
            for line in _summary(path, update):
                chain.report_summary(line)
            chain.is_changed |= exit_code and update.is_changed
            return [*documents, update.document]

        return action

    return Step("update", prepare, is_source=True, writes=frozenset({state}))


def _summary(path: Path, update: Update) -> list[str]:
    """Return lines about the news and the changes of an update."""
    links, *reasons = runs_summary(update.runs)
    if update.is_first:
        return [_line(path, "first observation", links), *reasons]
    if not update.is_changed:
        return [_line(path, "nothing changed", links)]
    news = [quantity(count, f"new {name}") for name, count in update.additions.items()]
    if update.changes:
        news.append(f"{quantity(update.changes, 'change')} of earlier facts (see history)")
    return [_line(path, ", ".join(news) or "updated", links), *reasons]


def _line(path: Path, news: str, links: str) -> str:
    return f"{path}: {'; '.join(filter(None, [news, links]))}"
