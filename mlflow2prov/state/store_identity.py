"""Whether two observations saw the same repository and the same MLflow store."""

from __future__ import annotations

from mlflow2prov.facts import Facts


def is_same_history(facts: Facts, previous: Facts) -> bool:
    """Return whether two readings of a repository have a commit in common, or one of them has none."""
    return _has_common_rows(facts, previous, "commits", "sha")


def is_same_store(facts: Facts, previous: Facts) -> bool:
    """Return whether two readings of a store have a resource in common, or one of them has none.

    An experiment is known by its creation, a registered model by its creation and its name, and a run by its id.
    """
    tables = (
        ("experiments", "identity"),
        ("runs", "run_id"),
        ("registered_models", "identity"),
        ("logged_models", "model_id"),
    )
    pairs = [
        (table, column)
        for table, column in tables
        if not facts.is_empty(table) and not previous.is_empty(table)
    ]
    return not pairs or any(
        _has_common_rows(facts, previous, table, column) for table, column in pairs
    )


def store_change(facts: Facts, previous: Facts) -> dict[str, str | None] | None:
    """Return a row of ``observed_changes`` if the store was replaced by another one at the same address."""
    if is_same_store(facts, previous):
        return None
    ((old, url),), ((new, new_url),) = (
        tables.rows(
            """
            SELECT
                (SELECT arg_min(identity, (created_at, experiment_id)) FROM experiments),
                (SELECT max(url) FROM stores)
            """
        )
        for tables in (previous, facts)
    )
    return {"uri": new_url or url, "name": new_url or url, "old_value": old, "new_value": new}


def _has_common_rows(facts: Facts, previous: Facts, table: str, column: str) -> bool:
    if facts.is_empty(table) or previous.is_empty(table):
        return True
    return bool(
        facts.rows(
            f"SELECT 1 FROM {table} SEMI JOIN {previous.table(table)} USING ({column}) LIMIT 1"
        )
    )
