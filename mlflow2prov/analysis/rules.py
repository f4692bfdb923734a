"""Findings: what an auditor would object to in the versions of registered models.

A rule is a function here and a line in :data:`RULES`. It looks at one version's explanation, and at what was
gathered for all of them by :func:`gather`; what a document does not say is no finding but of the rules that say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import UNKNOWN, Explanation, Item
from mlflow2prov.analysis.options import SEVERITIES, Severity
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.selection import names

ERROR: Severity = "error"
WARNING: Severity = "warning"
NOTE: Severity = "note"


@dataclass(frozen=True)
class Finding:
    """Something that an auditor would object to in a version."""

    code: str
    """What kind of finding it is; stable."""
    severity: Severity
    version: Item
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "code": self.code,
            "severity": self.severity,
            "version": self.version.label,
            "uri": self.version.about.get("uri"),
            "identifier": self.version.identifier,
            "message": self.message,
        }


@dataclass(frozen=True)
class Change:
    """What became of a script after a run, up to the registration."""

    revisions: int
    commit: str
    """The commit of the first change, an identifier."""


@dataclass(frozen=True)
class Gathered:
    """What the rules need to know besides a version's own explanation."""

    ended: dict[str, str | None]
    """Runs, experiments and sources that were deleted, and when."""
    changes: dict[str, Change]
    """By version."""
    by_run: dict[str, list[Item]]
    """The versions of each run."""


@dataclass(frozen=True)
class Rule:
    """A rule: when it finds something, it says what."""

    code: str
    severity: Severity
    meaning: str
    """What is found, in general."""
    look: Callable[[Explanation, Gathered], Iterator[str]]


def findings(explained: Explanation, gathered: Gathered) -> tuple[Finding, ...]:
    """Return what the rules find in a version, the gravest first; in one that was deleted, that it was."""
    rules = [DELETED] if is_deleted(explained) else RULES
    found = [
        Finding(rule.code, rule.severity, explained.subject, message)
        for rule in rules
        for message in rule.look(explained, gathered)
    ]
    return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))


def is_deleted(explained: Explanation) -> bool:
    """Return whether a version itself was deleted."""
    return "deleted_at" in explained.subject.about


def gather(document: Document, versions: Sequence[Explanation]) -> Gathered:
    """Gather what the rules need, for all versions at once."""
    owners = {
        item.identifier
        for version in versions
        for question in ("source", "run", "experiment")
        for item in version.answer(question).items
        if item.identifier
    }
    ended = engine.rows(
        f"SELECT entity, max(time) FROM {document.tables.of(KIND['wasInvalidatedBy'])} "
        f"WHERE entity IN (SELECT name FROM {names(sorted(owners))}) GROUP BY entity"
    )
    by_run: dict[str, list[Item]] = {}
    for version in versions:
        for run in version.answer("run").items:
            if not is_deleted(version):
                by_run.setdefault(run.identifier or run.label, []).append(version.subject)
    return Gathered(dict(ended), _changes(document, versions), by_run)


def _changes(document: Document, versions: Sequence[Explanation]) -> dict[str, Change]:
    """Find revisions and the deletion of the file that is a run's script, after its start, up to the registration."""
    asked = [
        (
            version.subject.identifier,
            script.identifier,
            _said(version.answer("run").items, "started_at"),
            version.answer("registered_at").items[0].label,
        )
        for version in versions
        if version.answer("registered_at").items
        for script in version.answer("script").items
    ]
    columns = ("version", "script", "after", "until")
    table = pa.table(
        {name: pa.array([row[n] for row in asked], pa.string()) for n, name in enumerate(columns)}
    )
    specialized, generated, invalidated = (
        document.tables.of(KIND[name])
        for name in ("specializationOf", "wasGeneratedBy", "wasInvalidatedBy")
    )
    with engine.registered(table) as asked_scripts:
        found = engine.rows(
            f"""
            WITH files AS (
                SELECT scripts.*, generalEntity AS file
                FROM {asked_scripts} scripts JOIN {specialized} ON specificEntity = script
            ), changed AS (
                SELECT version, g.activity AS commit, g.time, after, until
                FROM files JOIN {specialized} s ON s.generalEntity = file
                JOIN {generated} g ON g.entity = s.specificEntity
                WHERE s.specificEntity <> script
                UNION SELECT version, i.activity, i.time, after, until
                FROM files JOIN {invalidated} i ON i.entity = file
            ), timed AS (
                SELECT version, commit, TRY_CAST(time AS TIMESTAMPTZ) AS changed_at,
                    TRY_CAST(after AS TIMESTAMPTZ) AS after, TRY_CAST(until AS TIMESTAMPTZ) AS until FROM changed
            )
            SELECT version, count(DISTINCT commit), arg_min(commit, (changed_at, commit)) FROM timed
            WHERE changed_at > after AND changed_at <= until GROUP BY version
            """
        )
    return {version: Change(count, commit) for version, count, commit in found}


def _said(items: Sequence[Item], key: str) -> str | None:
    return next((item.about[key] for item in items if key in item.about), None)


# The rules


def _no_run(version: Explanation, _: Gathered) -> Iterator[str]:
    if version.answer("run").state == UNKNOWN:
        yield "it is not known which run made it"


def _no_commit(version: Explanation, _: Gathered) -> Iterator[str]:
    if version.answer("run").items and version.answer("commit").state == UNKNOWN:
        yield f"its run {_named(version, 'run')} has no commit"


def _lost_commit(version: Explanation, _: Gathered) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.identifier is None:
            yield f"its commit {commit.label[:12]} is not in the repository"


def _dirty_tree(version: Explanation, _: Gathered) -> Iterator[str]:
    if any(item.label == "yes" for item in version.answer("dirty").items):
        yield f"its run {_named(version, 'run')} had changes that were not committed"


def _unpushed_commit(version: Explanation, _: Gathered) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.about.get("pushed", "").casefold() == "false":
            yield f"its commit {commit.label[:12]} was not pushed when the graph was made"


def _deleted(question: str, what: str) -> Callable[[Explanation, Gathered], Iterator[str]]:
    def look(version: Explanation, gathered: Gathered) -> Iterator[str]:
        for item in version.answer(question).items:
            is_marked = item.about.get("lifecycle_stage", "").casefold() == "deleted"
            if is_marked or item.identifier in gathered.ended:
                when = gathered.ended.get(item.identifier or "")
                yield f"its {what} {item.label} was deleted{f' at {when}' if when else ''}"

    return look


def _shared_run(version: Explanation, gathered: Gathered) -> Iterator[str]:
    for run in version.answer("run").items:
        others = [
            item.about.get("uri", item.label)
            for item in gathered.by_run.get(run.identifier or run.label, [])
            if item.identifier != version.subject.identifier
        ]
        if others:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            yield f"its run {run.label} made {', '.join(others[:3])}{more} too"


def _no_dataset(version: Explanation, _: Gathered) -> Iterator[str]:
    if version.answer("run").items and version.answer("datasets").state == UNKNOWN:
        yield f"its run {_named(version, 'run')} recorded no dataset"


def _changed_script(version: Explanation, gathered: Gathered) -> Iterator[str]:
    change = gathered.changes.get(version.subject.identifier or "")
    if change:
        times = "once" if change.revisions == 1 else f"{change.revisions} times"
        yield (
            f"its script {_named(version, 'script')} was changed {times} between run and registration, "
            f"first by {change.commit.rpartition(':')[2]}"
        )


def _unknown_author(version: Explanation, _: Gathered) -> Iterator[str]:
    is_there = any(commit.identifier for commit in version.answer("commit").items)
    if is_there and version.answer("authors").state == UNKNOWN:
        yield f"the author of its commit {_named(version, 'commit')[:12]} is unknown"


def _version_deleted(version: Explanation, _: Gathered) -> Iterator[str]:
    when = version.subject.about["deleted_at"]
    yield f"it was deleted{'' if when == 'yes' else f' at {when}'}"


def _named(version: Explanation, question: str) -> str:
    return version.answer(question).items[0].label


RULES = (
    Rule("run-unknown", ERROR, "A version whose run is not known", _no_run),
    Rule("run-without-commit", ERROR, "A version of a run without a commit", _no_commit),
    Rule("commit-not-in-repository", ERROR, "A commit that the repository lacks", _lost_commit),
    Rule("dirty-tree", WARNING, "A run with changes that were not committed", _dirty_tree),
    Rule("unpushed-commit", WARNING, "A commit that was not pushed", _unpushed_commit),
    Rule("run-deleted", ERROR, "A version whose run was deleted", _deleted("run", "run")),
    Rule(
        "experiment-deleted",
        ERROR,
        "A version whose run's experiment was deleted",
        _deleted("experiment", "experiment"),
    ),
    Rule(
        "source-deleted",
        ERROR,
        "A version whose model or artifacts were deleted",
        _deleted("source", "model"),
    ),
    Rule("shared-run", WARNING, "Several versions of one run", _shared_run),
    Rule("no-dataset", WARNING, "A run that recorded no dataset", _no_dataset),
    Rule(
        "script-changed",
        WARNING,
        "A script that was changed between run and registration",
        _changed_script,
    ),
    Rule("unknown-author", WARNING, "A commit whose author is not known", _unknown_author),
)
"""All rules but the one for versions that were deleted; their codes are stable."""

DELETED = Rule("version-deleted", NOTE, "A version that was deleted", _version_deleted)
"""The one rule for a version that was deleted: MLflow blanks such a version, so that others would say nothing more."""
