"""Rules about the commit of the run behind a version."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlflow2prov.analysis.audit_context import AuditContext, first_label
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule
from mlflow2prov.analysis.item import Item

SHORT_HASH = 12
"""The number of digits of a commit's hash in a message."""

_FULL_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def _run_without_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    if version.answer("run").is_described and version.answer("commit").state == "unknown":
        reason = version.answer("commit").reason
        yield f"its run {first_label(version, 'run')} has no commit{f': {reason}' if reason else ''}"


NONE = AuditRule(
    "run-without-commit",
    "error",
    "The run has no commit",
    "Start the run in a working tree of the repository with Git and GitPython installed, or set the tag "
    "mlflow.source.git.commit on the run",
    _run_without_commit,
)


def _missing_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.identifier is None:
            url = commit.about.get("repository_url")
            origin = f"; MLflow recorded the repository {url}" if url else ""
            yield f"its commit {short_name(commit)} is not in the repository{origin}"


MISSING = AuditRule(
    "commit-not-in-repository",
    "error",
    "The commit is not in the repository",
    "Extract the repository that the run recorded, push the commit, or fetch the branch that has it",
    _missing_commit,
)


def _unpushed_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for commit in version.answer("commit").items:
        if commit.about.get("pushed", "").casefold() == "false":
            yield f"its commit {short_name(commit)} was not pushed at the time of the extraction"


UNPUSHED = AuditRule(
    "unpushed-commit",
    "warning",
    "The commit was not pushed",
    "Push the commit, or fetch if it has been pushed",
    _unpushed_commit,
)


def _unknown_author(version: Explanation, _: AuditContext) -> Iterator[str]:
    has_commit = any(commit.identifier for commit in version.answer("commit").items)
    if has_commit and version.answer("authors").state == "unknown":
        yield f"the author of its commit {short_name(version.answer('commit').items[0])} is unknown"


UNKNOWN_AUTHOR = AuditRule(
    "unknown-author",
    "warning",
    "The author of the commit is unknown",
    "Set user.name and user.email in Git; map old commits to people with a .mailmap",
    _unknown_author,
)


def short_name(commit: Item) -> str:
    """Return the beginning of a commit's hash, or else its whole name, such as ``v1.0-3-gabcdef0``."""
    return commit.label[:SHORT_HASH] if _FULL_HASH.fullmatch(commit.label) else commit.label
