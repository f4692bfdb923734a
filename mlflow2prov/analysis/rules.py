"""Rules: the objections that an auditor may raise to a version of a registered model.

A rule is a function here and a line in :data:`RULES`. It looks at the explanation of one version and at the
:class:`AuditContext` of all versions. An unknown fact is a finding only of the rules that are about unknown facts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.analysis.call_rules import data_without_digest, failed_call, unseeded_training
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.options import SEVERITIES, Severity
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import names_table
from mlflow2prov.quantity import time_between

MAX_OTHER_VERSIONS = 3
"""The number of other versions that a finding about a shared run names."""

_SHORT_HASH = 12
"""The number of digits of a commit's hash in a message."""

_FULL_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Finding:
    """An objection to a version of a registered model.

    Attributes:
        code: the stable name of the rule (``dirty-tree``).
        severity: ``error``, ``warning`` or ``note``.
        version: the version.
        message: the objection, as a clause about the version (``its run fit recorded no dataset``).
    """

    code: str
    severity: Severity
    version: Item
    message: str

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON values; ``version`` is the label of the version."""
        return {
            "code": self.code,
            "severity": self.severity,
            "version": self.version.label,
            "uri": self.version.about.get("uri"),
            "identifier": self.version.identifier,
            "message": self.message,
        }


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


@dataclass(frozen=True)
class AuditRule:
    """A rule that every version of a registered model is checked against.

    Attributes:
        code: the stable name of the rule.
        severity: how severe its findings are.
        meaning: the general meaning of its findings, a sentence without a full stop.
        remedy: how to fix its findings, a sentence without a full stop.
        messages: returns the messages of the findings in a version.
    """

    code: str
    severity: Severity
    meaning: str
    remedy: str
    messages: Callable[[Explanation, AuditContext], Iterator[str]]


def apply_rules(version: Explanation, context: AuditContext) -> tuple[Finding, ...]:
    """Return the findings in a version, the most severe first; in a deleted version, only that it was deleted."""
    rules = (DELETED,) if is_deleted(version) else RULES
    findings = (
        Finding(rule.code, rule.severity, version.subject, message)
        for rule in rules
        for message in rule.messages(version, context)
    )
    return by_severity(findings)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, the most severe first, otherwise in the order given."""
    return tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity)))


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
            "started_at": _first_value(version.answer("run").items, "started_at"),
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


def _first_value(items: Sequence[Item], key: str) -> str | None:
    return next((item.about[key] for item in items if key in item.about), None)


# The functions of the rules. Each yields a message for each finding.


def _unknown_run(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").state == "unknown":
        yield "its run is unknown"


def _missing_run(version: Explanation, _: AuditContext) -> Iterator[str]:
    for run in version.answer("run").items:
        if run.identifier is None:
            yield f"its run {run.label} is not in the store"


def _run_without_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").is_described and version.answer("commit").state == "unknown":
        reason = version.answer("commit").reason
        yield f"its run {_first_label(version, 'run')} has no commit{f': {reason}' if reason else ''}"


def _missing_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.identifier is None:
            url = commit.about.get("repository_url")
            origin = f"; MLflow recorded the repository {url}" if url else ""
            yield f"its commit {_short_name(commit)} is not in the repository{origin}"


def _dirty_tree(version: Explanation, _: AuditContext) -> Iterator[str]:
    for item in version.answer("dirty").items:
        if item.label == "yes" and "uncommitted_script" not in item.about:
            yield f"its run {_first_label(version, 'run')} had uncommitted changes"


def _script_not_in_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for item in version.answer("dirty").items:
        script = item.about.get("uncommitted_script")
        if script is not None:
            commit = _short_name(version.answer("commit").items[0])
            started_at = _first_value(version.answer("run").items, "started_at")
            yield f"its script {script} is not in its commit {commit}; {_addition(item, started_at)}"


def _addition(item: Item, started_at: str | None) -> str:
    """Return which commit added a script first, and how long before or after the start of the run."""
    if "script_added_by" not in item.about:
        return "no extracted commit has it"
    addition = f"it was first committed by {item.about['script_added_by'][:_SHORT_HASH]}"
    try:
        addition_time = datetime.fromisoformat(item.about["script_added_at"])
        start_time = datetime.fromisoformat(started_at or "")
        is_later = addition_time > start_time
        span = time_between(start_time, addition_time)
    except (KeyError, OverflowError, TypeError, ValueError):
        return addition
    return f"{addition}, {span} {'after' if is_later else 'before'} the run"


def _unpushed_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.about.get("pushed", "").casefold() == "false":
            yield f"its commit {_short_name(commit)} was not pushed at the time of the extraction"


def _deleted(question: str, noun: str) -> Callable[[Explanation, AuditContext], Iterator[str]]:
    """Return the function of the rule that an item of the answer to ``question`` was deleted."""

    def messages(version: Explanation, context: AuditContext) -> Iterator[str]:
        for item in version.answer(question).items:
            is_marked = item.about.get("lifecycle_stage", "").casefold() == "deleted"
            if is_marked or item.identifier in context.deletion_times:
                time = context.deletion_times.get(item.identifier or "")
                yield f"its {noun} {item.label} was deleted{f' at {time}' if time else ''}"

    return messages


def _shared_run(version: Explanation, context: AuditContext) -> Iterator[str]:
    for run in version.answer("run").items:
        others = [
            item.about.get("uri", item.label)
            for item in context.versions_by_run.get(run.identifier or run.label, ())
            if not context.are_copies(item, version.subject)
        ]
        if others:
            more = len(others) - MAX_OTHER_VERSIONS
            names = ", ".join(others[:MAX_OTHER_VERSIONS])
            yield f"its run {run.label} also made {names}{f' and {more} more' if more > 0 else ''}"


def _no_dataset(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").is_described and version.answer("datasets").state == "unknown":
        yield f"its run {_first_label(version, 'run')} recorded no dataset"


def _script_changed(version: Explanation, context: AuditContext) -> Iterator[str]:
    changes = context.script_changes.get(version.subject.identifier or "")
    if changes:
        times = "once" if changes.count == 1 else f"{changes.count} times"
        yield (
            f"its script {_first_label(version, 'script')} was changed {times} between run and registration, "
            f"first by {changes.first_commit.rpartition(':')[2]}"
        )


def _unknown_author(version: Explanation, _: AuditContext) -> Iterator[str]:
    has_commit = any(commit.identifier for commit in version.answer("commit").items)
    if has_commit and version.answer("authors").state == "unknown":
        yield f"the author of its commit {_short_name(version.answer('commit').items[0])} is unknown"


def _version_deleted(version: Explanation, _: AuditContext) -> Iterator[str]:
    time = version.subject.about["deleted_at"]
    yield f"it was deleted{'' if time == 'yes' else f' at {time}'}"


def _first_label(version: Explanation, question: str) -> str:
    return version.answer(question).items[0].label


def _short_name(commit: Item) -> str:
    """Return the beginning of a commit's hash, or else its whole name, such as ``v1.0-3-gabcdef0``."""
    return commit.label[:_SHORT_HASH] if _FULL_HASH.fullmatch(commit.label) else commit.label


RULES = (
    AuditRule(
        "run-unknown",
        "error",
        "The run of the version is unknown",
        "Register the version from a run, or from a model that a run logged, by its URI (runs:/... or "
        "models:/m-...)",
        _unknown_run,
    ),
    AuditRule(
        "run-not-in-store",
        "error",
        "The run is not in the store",
        "Extract the store that has the run, or restore the run; train again and register anew if it was "
        "purged",
        _missing_run,
    ),
    AuditRule(
        "run-without-commit",
        "error",
        "The run has no commit",
        "Start the run in a working tree of the repository with Git and GitPython installed, or set the tag "
        "mlflow.source.git.commit on the run",
        _run_without_commit,
    ),
    AuditRule(
        "commit-not-in-repository",
        "error",
        "The commit is not in the repository",
        "Extract the repository that the run recorded, push the commit, or fetch the branch that has it",
        _missing_commit,
    ),
    AuditRule(
        "dirty-tree",
        "warning",
        "The run had uncommitted changes",
        "Commit before the run; with captured calls, tracked(allow_dirty_repo=False) refuses calls with "
        "uncommitted changes",
        _dirty_tree,
    ),
    AuditRule(
        "script-not-in-commit",
        "error",
        "The commit lacks the script",
        "Commit the script before the run, then train again",
        _script_not_in_commit,
    ),
    AuditRule(
        "unpushed-commit",
        "warning",
        "The commit was not pushed",
        "Push the commit, or fetch if it has been pushed",
        _unpushed_commit,
    ),
    AuditRule(
        "run-deleted",
        "error",
        "The run was deleted",
        "Restore the run (mlflow.MlflowClient().restore_run) before its store is purged, or register a "
        "version from another run",
        _deleted("run", "run"),
    ),
    AuditRule(
        "experiment-deleted",
        "error",
        "The experiment of the run was deleted",
        "Restore the experiment (mlflow experiments restore) before its store is purged",
        _deleted("experiment", "experiment"),
    ),
    AuditRule(
        "source-deleted",
        "error",
        "The model or the artifacts behind the version were deleted",
        "Restore the model or its run before its store is purged, or register a version from another model",
        _deleted("source", "model"),
    ),
    AuditRule(
        "shared-run",
        "warning",
        "Several versions have the same run",
        "Log each model in a run of its own, or accept the finding if one run makes several models on "
        "purpose",
        _shared_run,
    ),
    AuditRule(
        "no-dataset",
        "warning",
        "The run recorded no dataset",
        "Log the data with mlflow.log_input(), or read it in a captured call",
        _no_dataset,
    ),
    AuditRule(
        "script-changed",
        "warning",
        "The script was changed between run and registration",
        "Check that the change does not affect the model, or train again with the current script",
        _script_changed,
    ),
    AuditRule(
        "unknown-author",
        "warning",
        "The author of the commit is unknown",
        "Set user.name and user.email in Git; map old commits to people with a .mailmap",
        _unknown_author,
    ),
    AuditRule(
        "call-failed",
        "warning",
        "A captured call did not finish",
        "Train again without the failure, or accept the finding if the program handles it",
        failed_call,
    ),
    AuditRule(
        "data-without-digest",
        "warning",
        "An argument of a captured call has no digest",
        "Pass values that can be hashed, and files by their paths; define the value of a class with "
        "value_repr; list arguments that do not affect the result under ignore",
        data_without_digest,
    ),
    AuditRule(
        "unseeded-training",
        "note",
        "No seed was recorded",
        "Let tracked(seed_parameter=...) choose and record a seed, or pass one as an argument",
        unseeded_training,
    ),
)
"""The rules for versions that are not deleted, in the order of a report."""

DELETED = AuditRule(
    "version-deleted",
    "note",
    "The version was deleted",
    "No action is needed; restore a backup of the store if the version was deleted by mistake",
    _version_deleted,
)
"""The only rule for a deleted version: MLflow removes its attributes, so other findings would mean nothing."""
