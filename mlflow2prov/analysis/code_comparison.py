"""Comparison of code: the commits that only one of two commits builds on, and the files that they changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import Sql
from mlflow2prov.graph.adjacency import UNREACHABLE, Adjacency, edges_query
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import ids_of_type, names_table


@dataclass(frozen=True)
class SideCommits:
    """The commits that one side of a comparison builds on and the other does not.

    Attributes:
        document: the document of this side.
        schema: the owner of the table.
        names: the query for the identifiers of the commits, with the column ``name``.
    """

    document: Document
    schema: engine.Schema
    names: Sql


def commits_between(
    old: Document, before: Sequence[str], new: Document, after: Sequence[str]
) -> tuple[SideCommits, SideCommits]:
    """Return the commits that only ``before`` builds on, and those that only ``after`` builds on.

    Args:
        old: the document that contains the commits ``before``.
        before: identifiers of commits.
        new: the document that contains the commits ``after``.
        after: identifiers of commits.
    """
    schema = engine.Schema("comparison")
    old_history = _create_history(schema, "old_history", old, before)
    new_history = _create_history(schema, "new_history", new, after)
    old_only, new_only = (
        Sql(f"(SELECT name FROM {history} EXCEPT SELECT name FROM {other_history})")
        for history, other_history in ((old_history, new_history), (new_history, old_history))
    )
    return SideCommits(old, schema, old_only), SideCommits(new, schema, new_only)


def _create_history(
    schema: engine.Schema, table: str, document: Document, commits: Sequence[str]
) -> Sql:
    """Create the table of ``commits`` and all their ancestors."""
    is_commit = f"informed IN {ids_of_type(document, 'activity', ['Commit'])}"
    edges = edges_query(document, KIND["wasInformedBy"], is_commit)
    adjacency = Adjacency.from_edges(edges, names_table(commits))
    distances = adjacency.distances(adjacency.numbers(commits))
    return adjacency.create_name_table(schema, table, distances != UNREACHABLE)


def titles(commits: SideCommits) -> list[tuple[str, str]]:
    """Return the hash and the title of each commit, the oldest first."""
    return engine.rows(
        f"""
        SELECT coalesce(attr(attributes, 'sha'), id), coalesce(attr(attributes, 'title'), '')
        FROM {commits.document.tables.of(KIND["activity"])}
        WHERE id IN {commits.names} AND is_a(attributes, 'Commit')
        ORDER BY endTime::TIMESTAMPTZ NULLS FIRST, id
        """
    )


def changed_files(commits: SideCommits) -> dict[str, str]:
    """Return the changes of each path: Git's status letters (git-diff, "--name-status"), the oldest first."""
    document = commits.document
    rows = engine.rows(
        f"""
        WITH changes AS (
            SELECT entity AS revision, activity AS commit, time, NULL AS status
            FROM {document.tables.of(KIND["wasGeneratedBy"])}
            UNION ALL
            SELECT entity, activity, time, 'D'
            FROM {document.tables.of(KIND["wasInvalidatedBy"])}
        ),
        file_changes AS (
            SELECT DISTINCT
                attr(revision.attributes, 'path') AS path,
                coalesce(change.status, attr(revision.attributes, 'status')) AS status,
                change.time,
                change.commit
            FROM changes AS change
            JOIN {document.tables.of(KIND["entity"])} AS revision ON revision.id = change.revision
            WHERE change.commit IN {commits.names}
                AND is_a(revision.attributes, 'FileRevision')
        )
        SELECT
            path,
            coalesce(string_agg(status, ' ' ORDER BY time::TIMESTAMPTZ NULLS FIRST, status), '')
        FROM file_changes
        WHERE path IS NOT NULL
        GROUP BY path
        ORDER BY path
        """
    )
    return dict(rows)
