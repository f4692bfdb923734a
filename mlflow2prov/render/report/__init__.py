"""Reports: an audit laid out for reading, one template a format.

A format is a template in ``templates`` and a line in :data:`FORMATS`. Whatever a document says is hostile until it
is escaped: each template escapes all that it shows, and links lead to ``http`` and ``https`` only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlflow2prov.errors import ConfigurationError

if TYPE_CHECKING:
    from mlflow2prov.prov import Document

FORMATS = {"html": ".html", "markdown": ".md"}
"""How a report is asked for, and the extension of its file."""


def report(
    document: Document,
    format: str = "html",  # noqa: A002
    selectors: str | Iterable[str] = (),
    *,
    repository_url: str | None = None,
) -> str:
    """Lay out an audit of all registered models and their versions.

    Args:
        document: as ``extract`` makes it, or merged of such.
        format: ``html``, one file that needs nothing else; or ``markdown``.
        selectors: models, versions and aliases to report on; by default, all.
        repository_url: where commits can be looked at, for runs that did not record it.

    Raises:
        ConfigurationError: there is no such format, or the URL is none of a web page.
        SelectionError: a selector names nothing, several things, or something else.
    """
    from mlflow2prov.render.report.content import content
    from mlflow2prov.render.report.links import check_url
    from mlflow2prov.render.report.templating import render

    if format not in FORMATS:
        raise ConfigurationError(f"there is no format {format!r}; there are {', '.join(FORMATS)}")
    if repository_url is not None:
        check_url(repository_url)
    return render(content(document, selectors, repository_url), format)
