"""Updates of a state file: what they remember of a repository and of a store, and what they refuse."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import duckdb
import pytest

from mlflow2prov import (
    ConfigurationError,
    FormatError,
    StateError,
    TrackingStoreError,
    extract,
    load,
    update,
    validate,
)
from mlflow2prov.facts import TABLES
from mlflow2prov.state import journal
from mlflow2prov.state.fact_history import READINGS, STORED_TABLES
from mlflow2prov.state.file import StateFile
from mlflow2prov.state.lock import update_lock
from tests.state.projects import Project

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def project(tmp_path, sqlite_store) -> Project:
    project = Project(tmp_path, sqlite_store)
    project.repository.commit(train__py="1\n")
    return project


OF_CHANGES = ("ObservedChange.", "ObservedState.", "Branch.", "Store.")
"""The beginnings of the identifiers that only observed changes have."""


def without_changes(document):
    """Return the statements of a document that are not about observed changes, as a set."""
    return {
        statement
        for statement in document.statements()
        if not any(
            (name or "").startswith(OF_CHANGES) for name in (statement.id, *statement.arguments)
        )
    }


def facts_equal_those_of_an_extraction(project, document):
    extracted = extract(project.repository.path, project.database)
    return without_changes(document) == set(extracted.statements())


def test_the_first_update_is_an_extraction(project):
    result = project.update()
    assert result.is_first
    assert result.is_changed
    assert result.changes == 0
    assert result.document == extract(project.repository.path, project.database)
    assert load(project.state) == result.document


def test_an_update_of_an_unchanged_project_adds_an_observation_only(project):
    first = project.update()
    second = project.update()
    assert not second.is_changed
    assert second.document == first.document
    assert len(StateFile.open(project.state).observations) == 2


def test_new_commits_and_runs_are_no_changes_of_earlier_facts(project):
    project.update()
    project.repository.commit(train__py="2\n")
    project.execute(
        "INSERT INTO runs SELECT substr(run_uuid, 2) || 'f', name, source_type, source_name, entry_point_name, "
        "user_id, status, start_time, end_time, source_version, lifecycle_stage, artifact_uri, experiment_id, "
        "deleted_time FROM runs LIMIT 1"
    )
    result = project.update()
    assert result.is_changed
    assert result.changes == 0
    assert result.additions == {"commit": 1, "run": 1}
    assert facts_equal_those_of_an_extraction(project, result.document)


def test_known_commits_are_read_again_on_request_only(project):
    project.update()
    with closing(duckdb.connect(str(project.state))) as connection:
        connection.execute("UPDATE facts.commits SET title = 'title of the state'")
    project.update()
    assert titles(project) == [("title of the state",)]
    project.update(full=True)
    assert titles(project) == [("change",)]


def titles(project):
    state = StateFile.open(project.state)
    return state.facts_at(state.observations[-1]).rows("SELECT title FROM commits")


def test_an_alias_that_moves_is_a_change_without_an_exact_time(project):
    project.update()
    project.execute(
        "UPDATE registered_model_aliases SET version = 1 WHERE name = 'fraud' AND alias = 'production'"
    )
    assert project.update().changes == 1
    assert project.new_changes() == {("models:/fraud@production", "version", None, "2", "1")}


def test_a_state_lasts_from_change_to_change(project):
    for version in (1, 2, 1):
        project.update()
        project.execute(
            "UPDATE registered_model_aliases SET version = ? WHERE name = 'fraud' AND alias = 'production'",
            version,
        )
    project.update()
    state = StateFile.open(project.state)
    changes = state.facts_at(state.observations[-1]).rows(
        """
        SELECT old_state, old_state_since, new_state, not_before, not_after
        FROM observed_changes
        WHERE subject = 'alias'
        ORDER BY not_after
        """
    )
    first, *others = [each.finished_at for each in state.observations]
    for earlier, later in itertools.pairwise(changes):
        assert later[0] == earlier[2]
        assert later[1] == earlier[4]
    assert changes[0][1] == first
    assert [each[4] for each in changes] == others
    assert len({each[2] for each in changes}) == len(changes)


CHANGES = {
    "stage": (
        "UPDATE model_versions SET current_stage = 'Archived', last_updated_time = 2000000000000 "
        "WHERE name = 'fraud' AND version = 1",
        ("models:/fraud/1", "stage", "Archived"),
        "last_updated_timestamp",
    ),
    "description of a version": (
        "UPDATE model_versions SET description = 'new' WHERE name = 'fraud' AND version = 1",
        ("models:/fraud/1", "description", "new"),
        None,
    ),
    "description of a model": (
        "UPDATE registered_models SET description = 'new' WHERE name = 'fraud'",
        ("models:/fraud", "description", "new"),
        None,
    ),
    "tag of a model": (
        "INSERT INTO registered_model_tags (name, key, value) VALUES ('fraud', 'added', 'x')",
        ("models:/fraud", "tag", "x"),
        None,
    ),
    "tag of a version": (
        "INSERT INTO model_version_tags (name, version, key, value) VALUES ('fraud', 1, 'added', 'x')",
        ("models:/fraud/1", "tag", "x"),
        None,
    ),
    "name of an experiment": (
        "UPDATE experiments SET name = 'deception', last_update_time = 2000000000000 WHERE name = 'fraud'",
        ("deception", "name", "deception"),
        "last_update_time",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_fact_that_mlflow_overwrites_is_a_change(project, change):
    sql, expected, source = CHANGES[change]
    project.update()
    project.execute(sql)
    result = project.update()
    assert {(uri, prop, new) for uri, prop, _, _, new in project.new_changes()} == {expected}
    state = StateFile.open(project.state)
    ((time, time_source),) = state.facts_at(state.observations[-1]).rows(
        "SELECT changed_at, time_source FROM observed_changes"
    )
    assert time_source == source
    assert (time is None) == (source is None)
    assert facts_equal_those_of_an_extraction(project, result.document)
    assert not validate(result.document).violations


def test_one_time_of_two_changes_is_the_time_of_neither(project):
    project.update()
    project.execute(
        "UPDATE model_versions SET current_stage = 'Archived', description = 'x', "
        "last_updated_time = 2000000000000 WHERE name = 'fraud' AND version = 1"
    )
    assert project.update().changes == 2
    state = StateFile.open(project.state)
    assert state.facts_at(state.observations[-1]).rows(
        "SELECT DISTINCT changed_at, time_source FROM observed_changes"
    ) == [(None, None)]


def test_a_tag_of_a_run_that_was_kept_is_as_old_as_its_last_reading(project):
    run = project.rows("SELECT run_uuid FROM runs WHERE status = 'FINISHED' LIMIT 1")[0][0]
    project.update()
    last_reading = "2020-01-01T00:00:00+00:00"
    with closing(duckdb.connect(str(project.state))) as connection:
        connection.execute(
            "INSERT INTO facts.kept_runs (run_id, read_at, since) VALUES (?, ?, 1)",
            [run, last_reading],
        )
    project.execute("INSERT INTO tags (key, value, run_uuid) VALUES ('added', 'x', ?)", run)
    project.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE run_uuid = ?", run)
    project.update()
    state = StateFile.open(project.state)
    changes = state.facts_at(state.observations[-1]).rows(
        "SELECT property, not_before FROM observed_changes ORDER BY property DESC"
    )
    assert changes == [
        ("tag", last_reading),
        ("lifecycle_stage", state.observations[0].started_at),
    ]


def test_a_run_that_ends_is_deleted_restored_and_purged(project):
    run = project.rows("SELECT run_uuid FROM runs WHERE status = 'RUNNING' LIMIT 1")[0][0]
    project.update()
    project.execute("UPDATE runs SET status = 'FINISHED', end_time = 5 WHERE run_uuid = ?", run)
    project.update()
    assert project.new_changes() == {(f"runs:/{run}", "status", None, "running", "finished")}
    project.execute(
        "UPDATE runs SET lifecycle_stage = 'deleted', deleted_time = 6 WHERE run_uuid = ?", run
    )
    project.update()
    assert (f"runs:/{run}", "lifecycle_stage", None, "active", "deleted") in project.new_changes()
    project.execute(
        "UPDATE runs SET lifecycle_stage = 'active', deleted_time = NULL WHERE run_uuid = ?", run
    )
    project.update()
    assert (f"runs:/{run}", "lifecycle_stage", None, "deleted", "active") in project.new_changes()
    backup = project.database.read_bytes()
    project.execute("DELETE FROM runs WHERE run_uuid = ?", run)
    project.update()
    assert project.new_changes() == {(f"runs:/{run}", "presence", None, "present", None)}
    project.database.write_bytes(backup)
    project.update()
    assert project.new_changes() == {(f"runs:/{run}", "presence", None, None, "present")}


def test_a_run_that_is_still_running_records_its_own_tags(project):
    running = project.rows("SELECT run_uuid FROM runs WHERE status = 'RUNNING' LIMIT 1")[0][0]
    finished = project.rows("SELECT run_uuid FROM runs WHERE status = 'FINISHED' LIMIT 1")[0][0]
    project.update()
    for run in (running, finished):
        project.execute("INSERT INTO tags (run_uuid, key, value) VALUES (?, 'late', 'x')", run)
    project.update()
    assert project.new_changes() == {(f"runs:/{finished}", "tag", "late", None, "x")}


def test_a_version_that_vanishes_is_recorded_once_and_not_its_properties(project):
    project.update()
    project.execute("DELETE FROM model_version_tags WHERE name = 'fraud' AND version = 1")
    project.execute("DELETE FROM registered_model_aliases WHERE name = 'fraud' AND version = 1")
    project.execute("DELETE FROM model_versions WHERE name = 'fraud' AND version = 1")
    project.update()
    changes = {change for change in project.new_changes() if change[0] == "models:/fraud/1"}
    assert changes == {("models:/fraud/1", "presence", None, "present", None)}


def test_a_server_that_was_reset_is_one_change(project):
    project.update()
    project.execute("UPDATE experiments SET creation_time = creation_time + 1")
    project.execute("UPDATE runs SET run_uuid = substr(run_uuid, 2) || 'f'")
    project.execute("UPDATE registered_models SET creation_time = creation_time + 1")
    project.execute("UPDATE logged_models SET model_id = model_id || 'x'")
    result = project.update()
    assert [change[1] for change in project.new_changes()] == ["identity"]
    assert facts_equal_those_of_an_extraction(project, result.document)


def test_later_updates_take_sources_and_options_from_the_first(project):
    update(
        project.state,
        project.repository.path,
        f"sqlite:///{project.database}",
        exclude=["*.md"],
        artifacts="top",
    )
    project.repository.commit(readme__md="1\n", a__py="1\n")
    document = update(project.state).document
    assert set(without_changes(document)) == set(
        extract(
            project.repository.path, project.database, exclude=["*.md"], artifacts="top"
        ).statements()
    )


def test_another_option_than_the_first_is_refused(project):
    project.update()
    before = project.state.read_bytes()
    with pytest.raises(ConfigurationError, match="metric_history differs"):
        project.update(metric_history=True)
    assert project.state.read_bytes() == before


def test_the_state_of_another_project_is_refused(project, tmp_path, sqlite_store):
    project.update()
    other = Project(tmp_path / "other", sqlite_store)
    other.repository.commit(x="1\n")
    with pytest.raises(StateError, match="another project"):
        update(project.state, other.repository.path)


def test_a_moved_project_goes_on(project, tmp_path):
    project.update()
    moved = tmp_path / "moved"
    shutil.move(project.repository.path, moved)
    shutil.move(project.database, moved / "mlflow.db")
    project.repository.path = moved
    project.database = moved / "mlflow.db"
    assert project.update().changes == 0


def test_credentials_are_not_kept(project):
    with pytest.raises(TrackingStoreError):
        update(project.state, project.repository.path, "http://ada:secret-1@127.0.0.1:9")
    assert not project.state.exists()


def test_an_incomplete_reading_makes_nothing_vanish(project):
    repository = project.repository
    repository.git("checkout", "--quiet", "-b", "topic")
    topic = repository.commit(b="1\n")
    repository.git("checkout", "--quiet", "main")
    project.update()
    # A ref to a missing commit makes the reading of the repository incomplete.
    (repository.path / ".git" / "objects" / topic[:2] / topic[2:]).unlink()
    result = project.update()
    assert result.omissions
    assert not result.is_changed


def test_an_update_that_fails_leaves_the_state_as_it_was(project):
    project.update()
    before = project.state.read_bytes()
    project.database.write_bytes(b"not a database" * 100)
    with pytest.raises(TrackingStoreError):
        project.update()
    assert project.state.read_bytes() == before
    assert sorted(path.name for path in project.state.parent.iterdir()) == [
        "mlflow.db",
        "project.state",
        "repository",
    ]


def test_a_second_update_at_the_same_time_is_refused(project):
    project.update()
    with update_lock(project.state), pytest.raises(StateError, match="another update"):
        project.update()
    assert not project.update().is_changed


def test_the_lock_of_a_killed_process_does_not_count(project):
    project.update()
    program = (
        "import os, sys; from pathlib import Path; from mlflow2prov.state.lock import update_lock\n"
        "with update_lock(Path(sys.argv[1])): os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program, str(project.state)], check=False)
    assert (project.state.parent / f".{project.state.name}.lock").exists()
    assert not project.update().is_changed


def test_a_link_to_the_state_file_stays(project):
    project.update()
    link = project.state.with_name("link.state")
    link.symlink_to(project.state)
    update(link)
    assert link.is_symlink()
    assert len(StateFile.open(project.state).observations) == 2


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"0123456789" * 1000, bytes(8) + b"DUCK" + bytes(9000)]
)
def test_a_file_that_is_no_state_file_is_refused(project, content):
    project.state.write_bytes(content)
    with pytest.raises(StateError, match=r"project\.state: "):
        project.update()
    assert project.state.read_bytes() == content


def test_a_database_that_is_no_state_file_is_refused(tmp_path):
    import duckdb

    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE numbers AS FROM range(3)")
    with pytest.raises(StateError, match="not a state file"):
        load(path)


@pytest.mark.parametrize(
    ("version", "message"),
    [("2", "upgrade MLflow2PROV"), ("0", "unknown format"), ('"x"', "unknown")],
)
def test_another_version_of_the_format_is_refused_with_advice(project, version, message):
    import duckdb

    project.update()
    with duckdb.connect(str(project.state)) as connection:
        connection.execute("UPDATE properties SET value = ? WHERE name = 'format'", [version])
    with pytest.raises(StateError, match=message):
        load(project.state)


def test_a_state_of_an_earlier_version_without_a_table_and_a_column_is_migrated(project):
    import duckdb

    project.update()
    with duckdb.connect(str(project.state)) as connection:
        connection.execute("DROP TABLE facts.traces; ALTER TABLE facts.runs DROP COLUMN deleted_at")
    result = project.update()
    assert facts_equal_those_of_an_extraction(project, result.document)


@pytest.mark.parametrize("is_whole_table", [True, False])
@pytest.mark.parametrize("number", range(3))
def test_changes_are_observed_by_a_state_of_an_earlier_version(
    project, tmp_path, number, is_whole_table
):
    tables = STORED_TABLES[number::3]
    project.update()
    with duckdb.connect(str(project.state)) as connection:
        for table in tables:
            column = list(TABLES[table].columns)[len(TABLES[table].columns) // 2]
            change = f"ALTER TABLE facts.{table} DROP COLUMN {column}"
            connection.execute(f"DROP TABLE facts.{table}" if is_whole_table else change)
    project.execute("UPDATE experiments SET name = name || '-renamed'")
    project.execute("UPDATE registered_models SET description = 'new'")
    project.update()
    changed = {name for _, name, *_ in project.new_changes()}
    assert "name" in changed or "experiments" in tables
    assert "description" in changed or "registered_models" in tables
    update(tmp_path / "new.state", project.repository.path, project.database)
    assert last_facts(project.state) == last_facts(tmp_path / "new.state")
    assert StateFile.open(project.state).is_complete


def test_a_state_of_an_earlier_version_is_completed_by_an_update_without_news(project):
    project.update()
    with duckdb.connect(str(project.state)) as connection:
        connection.execute("DROP TABLE facts.observed_changes")
    assert not StateFile.open(project.state).is_complete
    assert not project.update().is_changed
    assert StateFile.open(project.state).is_complete


def last_facts(path):
    """Return the rows of the last observation by table, without those about readings and changes."""
    state = StateFile.open(path)
    facts = state.facts_at(state.observations[-1])
    return {
        table: set(map(repr, facts.rows(f"SELECT * FROM {table}")))
        for table in set(STORED_TABLES) - READINGS - {"observed_changes"}
    }


def test_changes_are_counted_in_a_state_without_a_table_for_them(project):
    project.update()
    with duckdb.connect(str(project.state)) as connection:
        connection.execute(
            "DROP TABLE facts.observed_changes; "
            "INSERT INTO observations "
            "SELECT 2, finished_at, '2999-01-01T00:00:00.000000Z' FROM observations"
        )
    state = StateFile.open(project.state)
    with pytest.warns(UserWarning, match="shows 0 changes since then"):
        state.document_as_of(state.observations[0].finished_at)


def test_a_view_in_the_place_of_a_table_is_not_read(project, tmp_path):
    import duckdb

    secret = tmp_path / "secret.txt"
    secret.write_text("password")
    project.update()
    with duckdb.connect(str(project.state)) as connection:
        connection.execute(
            "DROP TABLE facts.runs; "
            f"CREATE VIEW facts.runs AS SELECT content AS run_id, 1 AS since, NULL::INTEGER AS until "
            f"FROM read_text('{secret}')"
        )
    state = StateFile.open(project.state)
    assert state.facts_at(state.observations[-1]).rows("SELECT * FROM runs") == []


def test_the_file_belongs_to_no_second_file(project):
    project.update()
    project.update()
    names = {path.name for path in project.state.parent.iterdir()}
    assert names == {"mlflow.db", "project.state", "repository"}


def test_a_state_file_keeps_its_permissions(project):
    project.update()
    project.state.chmod(0o640)
    project.update()
    assert project.state.stat().st_mode & 0o777 == 0o640


def test_a_folder_that_cannot_be_written_is_one_error(project):
    with pytest.raises((StateError, FormatError), match=r"cannot be written|no such"):
        update(project.state.parent / "missing" / "x.state", project.repository.path)


def test_reading_neither_source_changes_it(project):
    before = project.database.read_bytes()
    project.update()
    project.update()
    assert project.database.read_bytes() == before
    with closing(sqlite3.connect(project.database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert json.dumps(os.listdir(project.state.parent))


def test_a_branch_that_was_rewritten_or_deleted_is_a_change(project):
    repository = project.repository
    old = repository.commit(a="1\n")
    repository.git("branch", "topic")
    topic = repository.head()
    project.update()
    repository.git("branch", "--delete", "--force", "topic")
    repository.commit(a="2\n")
    project.update()
    assert project.new_changes() == {("refs/heads/topic", "tip", None, topic, None)}
    before = repository.head()
    repository.git("reset", "--quiet", "--hard", f"{old}~1")
    new = repository.commit(b="1\n")
    result = project.update()
    assert project.new_changes() == {("refs/heads/main", "tip", None, before, new)}
    assert facts_equal_those_of_an_extraction(project, result.document)


def test_the_statements_since_an_observation_are_those_that_an_earlier_document_lacks(project):
    first = project.update().document
    assert first.statements_since() == first
    project.repository.commit(a__py="1\n")
    second = project.update().document
    news = set(second.statements_since().statements())
    assert news == set(second.statements()) - set(first.statements())
    assert news
    project.update()
    assert list(load(project.state).statements_since().statements()) == []
    times = [each.finished_at for each in StateFile.open(project.state).observations]
    assert set(load(project.state).statements_since(times[0]).statements()) == news


def test_a_document_as_of_a_time_is_that_of_the_last_observation_until_then(project):
    documents = [project.update().document]
    for number in range(3):
        project.repository.commit(a__py=f"{number}\n")
        documents.append(project.update().document)
    state = load(project.state)
    for document, observation in zip(
        documents, StateFile.open(project.state).observations, strict=True
    ):
        assert state.as_of(observation.finished_at) == document
    assert state.as_of("now") == documents[-1]
    with pytest.raises(StateError, match="nothing was observed by 2020"):
        state.as_of("2020-05-01")


def test_a_changed_document_has_no_earlier_states(project):
    document = project.update().document
    changed = load(project.state)
    changed.extend([next(document.statements())])
    for call in (lambda: changed.as_of("now"), changed.statements_since):
        with pytest.raises(StateError, match="as loaded from a state file"):
            call()


def test_a_document_of_another_mapping_is_made_anew(project):
    import duckdb

    first = set(project.update().document.statements())
    with duckdb.connect(str(project.state)) as connection:
        connection.execute("DELETE FROM document.entity")
        connection.execute("UPDATE properties SET value = '\"other\"' WHERE name = 'mapping'")
    assert set(project.update().document.statements()) == first


def test_statements_are_in_canonical_order_after_an_update(project):
    project.update()
    project.repository.commit(a__py="1\n")
    project.update()
    document = load(project.state)
    assert document.tables.is_unified
    expected = extract(project.repository.path, project.database)
    assert list(document.statements()) == list(expected.statements())


def test_an_update_without_news_appends_its_observation_to_the_file(project):
    project.update()
    first = project.state.read_bytes()
    project.update()
    second = project.state.read_bytes()
    assert second.startswith(first)
    assert len(second) < len(first) + 2000
    reader = load(project.state)
    project.update()
    assert project.state.read_bytes().startswith(second)
    numbers = [each.number for each in StateFile.open(project.state).observations]
    assert numbers == [1, 2, 3]
    # A document that was loaded before has the observations of then, and all statements.
    assert reader == load(project.state)
    project.execute(
        "UPDATE registered_model_aliases SET version = 1 WHERE name = 'fraud' AND alias = 'production'"
    )
    project.update()
    state = StateFile.open(project.state)
    assert state.journal.entries == ()
    assert [each.number for each in state.observations] == [1, 2, 3, 4]
    ((not_before,),) = state.facts_at(state.observations[-1]).rows(
        "SELECT not_before FROM observed_changes"
    )
    assert not_before == state.observations[2].started_at


@pytest.mark.parametrize("missing", [1, 20, 60, 10_000])
def test_an_entry_of_the_journal_that_was_not_written_to_its_end_does_not_count(project, missing):
    project.update()
    size = project.state.stat().st_size
    project.update()
    project.update()
    content = project.state.read_bytes()
    # A kill in the second or the first entry.
    cut = max(len(content) - missing, size + 5)
    project.state.write_bytes(content[:cut])
    count = 2 if missing < 1000 else 1
    assert len(StateFile.open(project.state).observations) == count
    assert not project.update().is_changed
    assert len(StateFile.open(project.state).observations) == count + 1
    project.repository.commit(b="1\n")
    assert project.update().additions == {"commit": 1}
    assert len(StateFile.open(project.state).observations) == count + 2


def test_a_full_journal_is_put_into_the_tables(project, monkeypatch):
    project.update()
    monkeypatch.setattr(journal, "MAX_BYTES", 600)
    for _ in range(4):
        assert not project.update().is_changed
    state = StateFile.open(project.state)
    assert [each.number for each in state.observations] == [1, 2, 3, 4, 5]
    assert len(state.journal.entries) < 4


def test_branches_of_different_repositories_are_different_elements(project, tmp_path, sqlite_store):
    other = Project(tmp_path / "other", sqlite_store)
    other.repository.commit(other__py="1\n")
    names = []
    for each in (project, other):
        each.update()
        each.repository.git("commit", "--quiet", "--amend", "--message", "rewritten")
        each.update()
        each.repository.git("commit", "--quiet", "--amend", "--message", "again")
        document = each.update().document
        branches = {s.id for s in document.statements() if (s.id or "").startswith("Branch.")}
        # The first commit was rewritten, but the branch is the same.
        assert len(branches) == 1
        names += branches
    assert names[0] != names[1]


def test_all_statements_are_new_since_a_time_before_the_first_observation(project):
    document = project.update().document
    project.repository.commit(b="1\n")
    document = project.update().document
    assert document.statements_since("2020-05-01") == document
