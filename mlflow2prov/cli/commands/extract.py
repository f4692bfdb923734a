"""``extract``: add a document about a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from mlflow2prov.cli.chain import Action, Chain, Step
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


@click.command()
@source_options
@allow_incomplete_option
def command(allow_incomplete: bool, **_: Any) -> Step:
    """Extract a document from Git, MLflow and captured calls.

    The sources are a Git repository, an MLflow store, records of calls, or several of them. Without any of them, they
    are the repository that contains the current folder, and the store in it.

    \b
    mlflow2prov extract save --output history
    mlflow2prov extract --repository-path . --mlflow-url mlflow.db --experiment 'wine*' statistics
    """
    project = ProjectArguments.of(click.get_current_context())

    def prepare() -> Action:
        notices = [] if project.has_source else project.find_sources()

        from mlflow2prov.extraction import run_extraction

        silence_retries()

        def action(documents: list[Document], chain: Chain) -> list[Document]:
            for notice in notices:
                chain.report_notice(notice)
            project.report_sources(chain)
            extraction = run_extraction(progress=chain.progress, **project.options)
            report_reading(
                chain, extraction.notices, extraction.omissions, allow_incomplete=allow_incomplete
            )
            links, *reasons = runs_summary(extraction.runs)
            size = quantity(len(extraction.document), "statement")
            chain.report_summary(", ".join(filter(None, [f"extracted {size}", links])))
            for reason in reasons:
                chain.report_summary(reason)
            return [*documents, extraction.document]

        return action

    return Step("extract", prepare, is_source=True)
