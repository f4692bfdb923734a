"""Rules about the script of the run behind a version, and its uncommitted changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mlflow2prov.analysis.audit_context import AuditContext, first_label, first_value
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.analysis.finding import AuditRule
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.rules.commits import SHORT_HASH, short_name
from mlflow2prov.quantity import time_between


def _dirty_tree(version: Explanation, _: AuditContext) -> Iterator[str]:
    for item in version.answer("dirty").items:
        if item.label == "yes" and "uncommitted_script" not in item.about:
            yield f"its run {first_label(version, 'run')} had uncommitted changes"


DIRTY_TREE = AuditRule(
    "dirty-tree",
    "warning",
    "The run had uncommitted changes",
    "Commit before the run; with captured calls, tracked(allow_dirty_repo=False) refuses calls with "
    "uncommitted changes",
    _dirty_tree,
)


def _script_not_in_commit(version: Explanation, _: AuditContext) -> Iterator[str]:
    for item in version.answer("dirty").items:
        script = item.about.get("uncommitted_script")
        if script is not None:
            commit = short_name(version.answer("commit").items[0])
            started_at = first_value(version.answer("run").items, "started_at")
            yield f"its script {script} is not in its commit {commit}; {_addition(item, started_at)}"


def _addition(item: Item, started_at: str | None) -> str:
    """Return which commit added a script first, and how long before or after the start of the run."""
    if "script_added_by" not in item.about:
        return "no extracted commit has it"
    addition = f"it was first committed by {item.about['script_added_by'][:SHORT_HASH]}"
    try:
        addition_time = datetime.fromisoformat(item.about["script_added_at"])
        start_time = datetime.fromisoformat(started_at or "")
        is_later = addition_time > start_time
        span = time_between(start_time, addition_time)
    except (KeyError, OverflowError, TypeError, ValueError):
        return addition
    return f"{addition}, {span} {'after' if is_later else 'before'} the run"


NOT_IN_COMMIT = AuditRule(
    "script-not-in-commit",
    "error",
    "The commit lacks the script",
    "Commit the script before the run, then train again",
    _script_not_in_commit,
)


def _script_changed(version: Explanation, context: AuditContext) -> Iterator[str]:
    changes = context.script_changes.get(version.subject.identifier or "")
    if changes:
        times = "once" if changes.count == 1 else f"{changes.count} times"
        yield (
            f"its script {first_label(version, 'script')} was changed {times} between run and registration, "
            f"first by {changes.first_commit.rpartition(':')[2]}"
        )


CHANGED = AuditRule(
    "script-changed",
    "warning",
    "The script was changed between run and registration",
    "Check that the change does not affect the model, or train again with the current script",
    _script_changed,
)
