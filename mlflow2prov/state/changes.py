"""Observed changes: the facts that differ between two observations, as rows of ``observed_changes``.

Only facts that Git and MLflow overwrite change in this sense. A new run or version is not a change, because it carries
its own time; an alias has none, so that setting one is a change.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import Sql, literal
from mlflow2prov.facts import Facts
from mlflow2prov.facts.differences import Differences
from mlflow2prov.state.file import StateFile
from mlflow2prov.state.observation import Observation
from mlflow2prov.state.properties import SUBJECT_COLUMNS, create_properties
from mlflow2prov.state.refs import ref_changes
from mlflow2prov.state.store_identity import store_change

_CHANGES = "new_changes"

_PROPERTY_COLUMNS = ("subject", *SUBJECT_COLUMNS, "property", "key")
"""The columns that identify a property of a subject. Its address is not among them: a name in it may change."""

_FIRST_SEEN = {
    "experiment": ("experiments", ("experiment_id", "identity")),
    "run": ("runs", ("run_id",)),
    "logged_model": ("logged_models", ("model_id",)),
    "registered_model": ("registered_models", ("identity",)),
    "version": ("registered_model_versions", ("identity", "version")),
    "alias": ("registered_model_aliases", ("name", "alias")),
    "branch": ("refs", ("name",)),
}
"""The table that has a row for each subject of a kind, and the columns that identify the row."""


def add_changes(
    differences: Differences,
    observation: Observation,
    previous_observation: Observation,
    state: StateFile,
) -> int:
    """Add the changes between two observations to ``observed_changes``, and return their number.

    The changes that the earlier observation has are taken over.

    Args:
        differences: the differences between the facts of the two observations. The earlier ones have all changes until
            then, the later ones receive the changes.
        observation: the later observation.
        previous_observation: the earlier one.
        state: the state file of the earlier observation.
    """
    facts, previous = differences.facts, differences.previous
    facts.inherit(previous, "observed_changes")
    facts.execute(f"CREATE TABLE {_CHANGES} AS FROM observed_changes WHERE false")
    reset = store_change(facts, previous)
    if reset is None:
        _compare_properties(differences)
    else:
        _add(facts, subject="store", property="identity", **reset)
    for change in ref_changes(facts, previous):
        _add(facts, subject="branch", property="tip", **change)
    ((count,),) = facts.rows(f"SELECT count(*) FROM {_CHANGES}")
    if count:
        _complete(facts, previous, observation, previous_observation)
        _date_first_states(facts, state)
        facts.execute(f"INSERT INTO {facts.own_table('observed_changes')} FROM {_CHANGES}")
    facts.execute(f"DROP TABLE {_CHANGES}")
    return int(count)


def _add(facts: Facts, **values: str | None) -> None:
    columns = ", ".join(values)
    facts.execute(
        f"INSERT INTO {_CHANGES} ({columns}) VALUES ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def _compare_properties(differences: Differences) -> None:
    """Insert a row for each property whose value differs, unless its subject is new or gone."""
    new, old = create_properties(differences)
    columns = ", ".join(
        f"coalesce(new.{name}, old.{name}) AS {name}"
        for name in ("subject", "uri", *SUBJECT_COLUMNS, "subject_key", "property", "key")
    )
    differences.facts.execute(
        f"""
        INSERT INTO {_CHANGES} BY NAME
        WITH old_subjects AS (
            SELECT subject_key, is_open
            FROM {old}
            WHERE property = 'presence' AND value IS NOT NULL
        ),
        new_subjects AS (
            SELECT subject_key FROM {new} WHERE property = 'presence' AND value IS NOT NULL
        ),
        models AS (
            SELECT identity FROM {new} WHERE subject = 'registered_model'
        ),
        differences AS (
            SELECT
                {columns},
                old.value AS old_value,
                new.value AS new_value,
                CASE WHEN new.updated_at IS DISTINCT FROM old.updated_at THEN new.updated_at END AS changed_at,
                new.time_source
            FROM {old} AS old
            FULL JOIN {new} AS new
                ON new.subject_key = old.subject_key AND new.property = old.property AND new.key = old.key
            WHERE old.value IS DISTINCT FROM new.value
        ),
        changes AS (
            SELECT differences.*
            FROM differences
            LEFT JOIN old_subjects ON old_subjects.subject_key = differences.subject_key
            LEFT JOIN new_subjects ON new_subjects.subject_key = differences.subject_key
            WHERE CASE
                WHEN subject = 'alias'
                THEN identity IN (FROM models)
                WHEN property = 'presence'
                THEN old_value IS NOT NULL OR {_has_vanished("differences")}
                WHEN property = 'tag' AND old_subjects.is_open
                THEN false
                ELSE old_subjects.subject_key IS NOT NULL AND new_subjects.subject_key IS NOT NULL
            END
        )
        SELECT
            * EXCLUDE (subject_key) REPLACE (
                nullif(key, '') AS key,
                -- MLflow keeps one time for several properties: if two of them changed, it is the time of one.
                CASE
                    WHEN count(changed_at) OVER (PARTITION BY subject_key, time_source) = 1
                    THEN changed_at
                END AS changed_at
            )
        FROM changes
        """
    )
    differences.facts.execute(f"UPDATE {_CHANGES} SET time_source = NULL WHERE changed_at IS NULL")


def _has_vanished(subject: str) -> Sql:
    """Return the condition that the last observation did not see the subject in a row, but an earlier one did."""
    return Sql(
        f"""
        coalesce(
            (
                SELECT arg_max(earlier.new_value IS NULL, earlier.not_after)
                FROM observed_changes AS earlier
                WHERE earlier.property = 'presence' AND {_are_equal("earlier", subject, ("subject", *SUBJECT_COLUMNS))}
            ),
            false
        )
        """
    )


def _are_equal(left: str, right: str, columns: Iterable[str]) -> Sql:
    return Sql(
        " AND ".join(f"{left}.{name} IS NOT DISTINCT FROM {right}.{name}" for name in columns)
    )


def _date_first_states(facts: Facts, state: StateFile) -> None:
    """Set ``old_state_since`` of the states that no observed change began: when their subjects were first observed."""
    undated = "old_state IS NOT NULL AND old_state_since IS NULL"
    subjects = facts.rows(f"SELECT DISTINCT subject FROM {_CHANGES} WHERE {undated}")
    observations = state.table("main", "observations")
    for (subject,) in subjects:
        table, columns = _FIRST_SEEN.get(subject, ("", ()))
        if table not in state.fact_rows:
            continue
        names = ", ".join(columns)
        facts.execute(
            f"""
            UPDATE {_CHANGES} AS changes
            SET old_state_since = first_seen.finished_at
            FROM (
                SELECT {names}, min(observations.finished_at) AS finished_at
                FROM ({state.fact_rows[table]}) AS stored
                JOIN {observations} AS observations ON observations.observation = stored.since
                GROUP BY {names}
            ) AS first_seen
            WHERE changes.subject = {literal(subject)}
                AND {undated}
                AND {_are_equal("first_seen", "changes", columns)}
            """
        )


def _complete(
    facts: Facts, previous: Facts, observation: Observation, previous_observation: Observation
) -> None:
    """Set the bounds of the new changes, and identify them and the states that they end and begin."""
    subject = ", ".join(f"coalesce(changes.{name}::VARCHAR, '')" for name in SUBJECT_COLUMNS)
    prop = f"concat_ws(chr(31), changes.subject, {subject}, changes.property, coalesce(changes.key, ''))"
    facts.execute(
        f"""
        UPDATE {_CHANGES}
        SET
            not_before = {literal(previous_observation.started_at)},
            not_after = {literal(observation.finished_at)};
        -- The name and the tags of a run that was not read then are those of an earlier time.
        UPDATE {_CHANGES} AS changes
        SET not_before = kept_runs.read_at
        FROM {previous.table("kept_runs")} AS kept_runs
        WHERE changes.subject = 'run'
            AND changes.property IN ('name', 'tag')
            AND changes.run_id = kept_runs.run_id;
        UPDATE {_CHANGES} AS changes
        SET change_id = identifier_digest(concat_ws(chr(31),
            {prop}, coalesce(old_value, ''), coalesce(new_value, ''), not_before, not_after
        ));
        UPDATE {_CHANGES} AS changes
        SET
            new_state = CASE WHEN new_value IS NOT NULL THEN change_id END,
            old_state = CASE
                WHEN old_value IS NOT NULL
                THEN identifier_digest(concat_ws(chr(31), {prop}, 'first', old_value))
            END;
        UPDATE {_CHANGES} AS changes
        SET old_state = earlier.new_state, old_state_since = earlier.not_after
        FROM (
            SELECT
                {", ".join(_PROPERTY_COLUMNS)},
                max_by(new_state, not_after) AS new_state,
                max(not_after) AS not_after
            FROM observed_changes
            GROUP BY ALL
        ) AS earlier
        WHERE changes.old_value IS NOT NULL
            AND earlier.new_state IS NOT NULL
            AND {_are_equal("earlier", "changes", _PROPERTY_COLUMNS)}
        """
    )
