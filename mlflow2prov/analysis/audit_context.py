"""The facts that rules need besides the explanation of the version itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.item import Item
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import names_table


@dataclass(frozen=True)
class ScriptChanges:
    """The changes of a run's script between the start of the run and the registration of a version.

    Attributes:
        count: the number of commits that changed the script.
        first_commit: the identifier of the first of them.
    """

    count: int
    first_commit: str


@dataclass(frozen=True)
class AuditContext:
    """The facts that rules need besides the explanation of the version itself.

    Attributes:
        deletion_times: when runs, experiments and sources were deleted, by identifier; None for an unknown time.
        script_changes: the changes of scripts by the identifier of the version.
        versions_by_run: the versions of each run that are not deleted, by the identifier of the run.
        originals: the identifiers of a version and of all versions that it is a copy of, by that of the version.
    """

    deletion_times: Mapping[str, str | None]
    script_changes: Mapping[str, ScriptChanges]
    versions_by_run: Mapping[str, Sequence[Item]]
    originals: Mapping[str, frozenset[str]]

    def are_copies(self, first: Item, second: Item) -> bool:
        """Return whether two versions are copies of one version, or one a copy of the other."""
        originals = self.originals.get(first.identifier or "", frozenset())
        return not originals.isdisjoint(self.originals.get(second.identifier or "", ()))


def is_deleted(version: Explanation) -> bool:
    """Return whether a version was deleted."""
    return "deleted_at" in version.subject.about


def audit_context(
    document: Document, versions: Sequence[Explanation], *, accept_inferred: bool
) -> AuditContext:
    """Return the context of all versions of a document, with one query for each kind of fact."""
    return AuditContext(
        _deletion_times(document, versions),
        _script_changes(document, versions, accept_inferred=accept_inferred),
        _versions_by_run(versions),
        _originals(versions),
    )


def _deletion_times(document: Document, versions: Sequence[Explanation]) -> dict[str, str | None]:
    identifiers = {
        item.identifier
        for version in versions
        for question in ("source", "run", "experiment")
        for item in version.answer(question).items
        if item.identifier
    }
    rows = engine.rows(
        f"""
        SELECT entity, max(time)
        FROM {document.tables.of(KIND["wasInvalidatedBy"])}
        WHERE entity IN (SELECT name FROM {names_table(sorted(identifiers))})
        GROUP BY entity
        """
    )
    return dict(rows)


def _versions_by_run(versions: Sequence[Explanation]) -> dict[str, list[Item]]:
    versions_by_run: dict[str, list[Item]] = {}
    for version in versions:
        if not is_deleted(version):
            for run in version.answer("run").items:
                versions_by_run.setdefault(run.identifier or run.label, []).append(version.subject)
    return versions_by_run


def _originals(versions: Sequence[Explanation]) -> dict[str, frozenset[str]]:
    identifiers = {version.subject.identifier or "" for version in versions}
    return {
        version.subject.identifier or "": frozenset(
            {version.subject.identifier or ""}
            | identifiers.intersection(
                item.identifier or "" for item in version.answer("source").items
            )
        )
        for version in versions
    }


def _script_changes(
    document: Document, versions: Sequence[Explanation], *, accept_inferred: bool
) -> dict[str, ScriptChanges]:
    """Return the changes and deletions of scripts after the start of a run, up to the registration of the version."""
    rows = [
        {
            "version": version.subject.identifier,
            "script": script.identifier,
            "started_at": first_value(version.answer("run").items, "started_at"),
            "registered_at": version.answer("registered_at").items[0].label,
        }
        for version in versions
        if version.answer("registered_at").items
        for script in version.answer("script").items
        if script.identifier and (accept_inferred or not script.is_inferred)
    ]
    columns = {
        name: engine.text_array([row[name] for row in rows])
        for name in ("version", "script", "started_at", "registered_at")
    }
    specializations = document.tables.of(KIND["specializationOf"])
    with engine.registered(pa.table(columns)) as scripts:
        changes = engine.rows(
            f"""
            WITH files AS (
                SELECT
                    scripts.version,
                    scripts.script,
                    TRY_CAST(scripts.started_at AS TIMESTAMPTZ) AS started_at,
                    TRY_CAST(scripts.registered_at AS TIMESTAMPTZ) AS registered_at,
                    specialization.generalEntity AS file
                FROM {scripts} AS scripts
                JOIN {specializations} AS specialization
                    ON specialization.specificEntity = scripts.script
            ),
            changes AS (
                SELECT
                    files.version,
                    files.started_at,
                    files.registered_at,
                    generation.activity AS commit,
                    generation.time
                FROM files
                JOIN {specializations} AS specialization ON specialization.generalEntity = files.file
                JOIN {document.tables.of(KIND["wasGeneratedBy"])} AS generation
                    ON generation.entity = specialization.specificEntity
                WHERE specialization.specificEntity <> files.script
                UNION
                SELECT
                    files.version,
                    files.started_at,
                    files.registered_at,
                    invalidation.activity,
                    invalidation.time
                FROM files
                JOIN {document.tables.of(KIND["wasInvalidatedBy"])} AS invalidation
                    ON invalidation.entity = files.file
            ),
            dated_changes AS (
                SELECT *, TRY_CAST(time AS TIMESTAMPTZ) AS changed_at FROM changes
            )
            SELECT
                version,
                count(DISTINCT commit),
                arg_min(commit, (changed_at, commit))
            FROM dated_changes
            WHERE changed_at > started_at AND changed_at <= registered_at
            GROUP BY version
            """
        )
    return {version: ScriptChanges(count, commit) for version, count, commit in changes}


def first_value(items: Sequence[Item], key: str) -> str | None:
    """Return the value of a key in the first item that has it."""
    return next((item.about[key] for item in items if key in item.about), None)


def first_label(version: Explanation, question: str) -> str:
    """Return the label of the first item of an answer."""
    return version.answer(question).items[0].label
