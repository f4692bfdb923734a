"""The identity of a report: the graph that it describes, and where that graph comes from.

The graph itself determines its size, its digest, and the last commits. Folders, stores and options are not part of a
graph; callers that know them pass them on.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlflow2prov import __version__, engine
from mlflow2prov.prov import KIND, Document
from mlflow2prov.quantity import quantity
from mlflow2prov.render.report import links
from mlflow2prov.secrets import mask_secrets

MAX_VALUES = 3
"""The number of commits, and of repositories, that a report names."""


@dataclass(frozen=True)
class Fact:
    """A fact about the graph or about the report."""

    name: str
    values: tuple[str, ...]
    is_code: bool = False
    """Whether the values are hashes."""


def identify(
    document: Document,
    selectors: Sequence[str],
    repository_url: str | None,
    sources: Mapping[str, str],
) -> tuple[Fact, ...]:
    """Return the facts that are known about a unified document, and about a report on it."""
    page = links.web_page(repository_url)
    repositories = [page] if page else _recorded_repositories(document)
    commit_count, last_commits = _commits(document)
    facts = [
        *(Fact(name, (mask_secrets(value),)) for name, value in sources.items()),
        Fact("Repository", _first(repositories)),
        Fact("Commits", (f"{commit_count:,}",) if commit_count else ()),
        Fact("Last commit" if len(last_commits) == 1 else "Last commits", _first(last_commits)),
        Fact("Selection", tuple(selectors)),
        Fact("Graph", (quantity(len(document), "statement"),)),
        Fact("SHA-256 of the graph as PROV-JSON", (digest(document),), is_code=True),
        Fact("Report by", (f"MLflow2PROV {__version__}",)),
    ]
    return tuple(fact for fact in facts if fact.values)


def digest(document: Document) -> str:
    """Return the SHA-256 of the file that ``save --format json`` writes."""
    from mlflow2prov import formats

    raw = _HashStream()
    with io.BufferedWriter(raw) as stream:
        formats.get("json").write(document, stream)
    return raw.hash.hexdigest()


class _HashStream(io.RawIOBase):
    """A stream that hashes its content."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        view = memoryview(content)
        self.hash.update(view)
        return view.nbytes


def _recorded_repositories(document: Document) -> list[str]:
    """Return the web pages of the repositories that runs recorded."""
    rows = engine.rows(
        f"""
        SELECT DISTINCT attr(attributes, 'repository_url') AS url
        FROM {document.tables.of(KIND["activity"])}
        WHERE url IS NOT NULL
        ORDER BY url
        """
    )
    return list(dict.fromkeys(page for (url,) in rows if (page := links.web_page(url))))


def _commits(document: Document) -> tuple[int, list[str]]:
    """Return the number of commits, and those that no other commit follows, the latest first."""
    rows: list[tuple[Any, ...]] = engine.rows(
        f"""
        WITH commits AS (
            SELECT
                id,
                coalesce(min(attr(attributes, 'sha')), id) AS sha,
                min(attr(attributes, 'committed_at')) AS committed_at
            FROM {document.tables.of(KIND["activity"])}
            WHERE is_a(attributes, 'Commit')
            GROUP BY id
        ),
        parents AS (
            SELECT DISTINCT informant AS id
            FROM {document.tables.of(KIND["wasInformedBy"])}
            WHERE informed IN (SELECT id FROM commits)
        )
        SELECT
            sha,
            committed_at,
            (SELECT count(*) FROM commits) AS commit_count
        FROM commits
        ANTI JOIN parents USING (id)
        ORDER BY TRY_CAST(committed_at AS TIMESTAMPTZ) DESC NULLS LAST, sha
        """
    )
    commits = [f"{sha}, {committed_at}" if committed_at else sha for sha, committed_at, _ in rows]
    return (rows[0][2] if rows else 0), commits


def _first(values: Sequence[str]) -> tuple[str, ...]:
    more = len(values) - MAX_VALUES
    return (*values[:MAX_VALUES], *((f"and {more} more",) if more > 0 else ()))
