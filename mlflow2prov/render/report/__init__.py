"""The report on registered models and runs: an audit as a page, in HTML or in Markdown.

The content is gathered once (:mod:`.content`, :mod:`.runs`), with links (:mod:`.links`), plots (:mod:`.plots`) and
drawings of the lineage (:mod:`.drawing`). A format is a Jinja template in ``templates`` with a line in
:data:`EXTENSIONS` and one in :mod:`.templating` that defines how it escapes text. All text from a document is hostile
until it is escaped, and links lead to ``http`` and ``https`` addresses only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import mlflow2prov
from mlflow2prov.arguments import checked
from mlflow2prov.errors import ConfigurationError, unknown_choice

ReportFormat = Literal["html", "markdown"]
"""The formats of reports."""

EXTENSIONS: dict[ReportFormat, str] = {"html": ".html", "markdown": ".md"}
"""The extension of a report's file, by format."""


@checked
def report(
    document: mlflow2prov.Document,
    format: ReportFormat = "html",  # noqa: A002
    selectors: str | Iterable[str] = (),
    *,
    repository_url: str | None = None,
    mlflow_ui: str | None = None,
    sources: Mapping[str, str] | None = None,
) -> str:
    """Return a report on registered models and their versions (origin, people, lineage, findings) and on the runs.

    It lists the latest runs of large experiments, and states how many there are. A report on a selection has the runs
    of selected experiments only.

    Args:
        document: a document from ``extract``, or several of them merged.
        format: ``html`` for a page that needs no other file and no network, or ``markdown`` (GitHub Flavored
            Markdown with Mermaid diagrams).
        selectors: the models, versions, aliases and experiments to report on; all of them by default.
        repository_url: the URL of the Git repository, for links to the commits of runs that recorded none.
        mlflow_ui: the ``http`` or ``https`` URL of MLflow's UI, for links to experiments, runs and versions.
        sources: where the document comes from, as far as the caller knows; its names and values are shown first.

    Raises:
        ConfigurationError: the format is unknown, or the URL is not that of a repository with a web page.
        SelectionError: a selector matches nothing, several elements, an experiment without runs, or an element of
            another type.
    """
    from mlflow2prov.render.report.content import gather_content
    from mlflow2prov.render.report.links import check_mlflow_ui, check_repository_url
    from mlflow2prov.render.report.templating import render_template

    if format not in tuple(EXTENSIONS):
        raise ConfigurationError(unknown_choice("format", format, EXTENSIONS))
    if repository_url is not None:
        check_repository_url(repository_url)
    if mlflow_ui is not None:
        check_mlflow_ui(mlflow_ui)
    content = gather_content(document, selectors, repository_url, mlflow_ui, sources)
    return render_template(content, format)
