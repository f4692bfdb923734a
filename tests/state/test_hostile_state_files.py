"""State files in which anything may be: each is read, or refused with one line, and no text of theirs is run as SQL."""

import json
import os
import shutil
import struct
import zlib
from pathlib import Path

import duckdb
import pytest

from mlflow2prov import ConfigurationError, MLflow2ProvError, StateError, load, update
from mlflow2prov.errors import FormatError
from mlflow2prov.output import Output
from mlflow2prov.project import ProjectOptions
from mlflow2prov.state import project as project_module
from mlflow2prov.state.file import StateFile
from mlflow2prov.state.journal import MAGIC
from mlflow2prov.state.lock import update_lock
from mlflow2prov.state.update import stage_update
from tests.repositories import Repository
from tests.state.projects import Project

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

TIMES = {
    "started_at": "2999-01-01T00:00:00.000000Z",
    "finished_at": "2999-01-01T00:00:01.000000Z",
}


@pytest.fixture
def project(tmp_path, sqlite_store) -> Project:
    project = Project(tmp_path, sqlite_store)
    project.repository.commit(train__py="1\n")
    project.update()
    return project


@pytest.fixture(scope="module")
def state_of_repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    repository = Repository(folder / "repository")
    repository.commit(train__py="1\n")
    update(folder / "audit.state", repository.path)
    return folder / "audit.state"


@pytest.fixture
def state(state_of_repository, tmp_path):
    """A state file of a repository, which is observed in less time than a store."""
    return Path(shutil.copy(state_of_repository, tmp_path / "audit.state"))


def append_entry(state, content):
    """Append an entry to the journal of a state file, complete and with the right checksum."""
    start = StateFile.open(state).journal.end
    text = json.dumps(content).encode()
    head = struct.pack(f">{len(MAGIC)}sIII", MAGIC, 0, len(text), zlib.crc32(text))
    with state.open("r+b") as file:
        file.seek(start)
        file.write(head + text)


def entry(number=2, tables=None, **times):
    return {"observation": {"number": number, **TIMES, **times}, "tables": tables or {}}


USES = (
    load,
    lambda state: load(state).as_of("now"),
    lambda state: load(state).as_of("2020-01-01"),
    lambda state: StateFile.open(state).statements_since(None),
    update,
)
"""The ways to use a state file."""


@pytest.mark.parametrize("place", ["journal", "table"])
def test_the_number_of_an_observation_is_never_run_as_sql(state, tmp_path, place):
    written = tmp_path / "written.txt"
    number = f"1; COPY (SELECT 'x' AS x) TO '{written}'; --"
    if place == "journal":
        append_entry(state, entry(number))
    else:
        with duckdb.connect(str(state)) as connection:
            connection.execute(
                "CREATE OR REPLACE TABLE observations AS "
                "SELECT ?::VARCHAR AS observation, started_at, finished_at FROM observations",
                [number],
            )
    for use in USES:
        try:
            use(state)
        except MLflow2ProvError as error:
            assert "\n" not in str(error)
        assert not written.exists()


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        {"observation": {}, "tables": {}},
        {"observation": {"number": 2, **TIMES}},
        {**entry(), "tables": []},
        entry(True),
        entry(0),
        entry(7),
        entry(2.0),
        entry(started_at=5),
        entry(finished_at="yesterday"),
        entry(tables={"stores": {"deletions": 5, "additions": []}}),
        entry(tables={"stores": {"deletions": [], "additions": [5]}}),
        entry(tables={"stores": {"deletions": [], "additions": [[["x"]]]}}),
        entry(tables={"stores": {"deletions": [], "additions": [[{}]]}}),
        entry(tables={"stores": {"deletions": [], "additions": [["x"] * 40]}}),
        entry(tables={"stores": {"deletions": [], "additions": [[1, 2, 3]]}}),
        entry(tables={"stores": {"deletions": [], "additions": [["x", "http", "3", "t", "true"]]}}),
        entry(tables={"stores": {"additions": [["x", "http", "3", "t", True, 1 << 80]]}}),
        entry(tables={"histories": {"deletions": [["x"]], "additions": [["c", "d", 7]]}}),
    ],
    ids=str,
)
def test_an_odd_entry_of_the_journal_does_not_count_or_is_one_line(state, content):
    append_entry(state, content)
    for use in USES:
        try:
            use(state)
        except (StateError, ConfigurationError) as error:
            assert "\n" not in str(error)


def test_a_short_row_is_one_of_an_earlier_version(state):
    row = ["http://h", "http", "3.0.0", "2024-01-01T00:00:00+00:00"]
    append_entry(state, entry(tables={"stores": {"deletions": [], "additions": [row]}}))
    file = StateFile.open(state)
    rows = file.facts_at(file.observations[-1]).rows("SELECT * FROM stores WHERE url = 'http://h'")
    assert rows == [(*row, None, None)]


def test_an_observation_is_appended_only_to_the_file_that_was_read(project, monkeypatch):
    """A lock does not exclude a second update where the file system has none."""
    monkeypatch.setattr("mlflow2prov.state.lock._try_lock", lambda _: True)
    first = Output()
    stage_update(first, project.state, project.repository.path, project.database)
    project.repository.commit(b="1\n")
    project.update()
    expected = project.state.read_bytes()
    with pytest.raises(FormatError, match="another program has changed it; run the command again"):
        first.publish()
    first.discard()
    assert project.state.read_bytes() == expected
    assert len(StateFile.open(project.state).observations) == 2


@pytest.mark.parametrize("moment", ["before the copy", "before the rename"])
def test_an_observation_with_changes_replaces_only_the_file_that_was_read(
    project, monkeypatch, moment
):
    """A lock does not exclude a second update where the file system has none."""
    monkeypatch.setattr("mlflow2prov.state.lock._try_lock", lambda _: True)
    project.repository.commit(b="1\n")
    other = project.state.with_name("other.state")
    shutil.copy(project.state, other)
    update(other)
    expected = other.read_bytes()
    build = Output.build

    def replace_and_build(*arguments):
        os.replace(other, project.state)
        return build(*arguments)

    output = Output()
    if moment == "before the copy":
        monkeypatch.setattr(Output, "build", replace_and_build)
    with pytest.raises(FormatError, match="another program has changed it; run the command again"):
        stage_update(output, project.state, project.repository.path, project.database)
        os.replace(other, project.state)
        output.publish()
    output.discard()
    assert project.state.read_bytes() == expected


@pytest.mark.parametrize("place", [0, 18, 26, 60], ids=["magic", "index", "checksum", "content"])
def test_a_damaged_entry_before_others_is_refused_and_nothing_is_lost(project, place):
    start = StateFile.open(project.state).journal.end
    for _ in range(3):
        project.update()
    content = bytearray(project.state.read_bytes())
    content[start + place] ^= 1
    project.state.write_bytes(content)
    for use in (load, update):
        with pytest.raises(StateError, match=r"damaged \(its journal\); restore it from a backup"):
            use(project.state)
    assert project.state.read_bytes() == content


def test_an_entry_of_a_newer_version_is_refused(state):
    append_entry(state, entry(place="moon"))
    with pytest.raises(StateError, match="its journal"):
        update(state)


def test_an_unknown_table_in_the_document_is_refused_by_an_update(project):
    with duckdb.connect(str(project.state)) as connection:
        connection.execute("CREATE TABLE document.other (value INTEGER)")
    project.repository.commit(b="1\n")
    with pytest.raises(StateError, match=r"damaged \(its table 'other'"):
        project.update()


def test_two_names_of_one_state_file_have_one_lock(project):
    link = project.state.with_name("link.state")
    link.symlink_to(project.state)
    with update_lock(project.state), pytest.raises(StateError, match="another update"):
        update(link)


def test_a_relative_path_means_the_same_repository_in_every_folder(project, tmp_path, monkeypatch):
    state = tmp_path / "relative.state"
    monkeypatch.chdir(project.repository.path)
    os.symlink(project.database, "mlflow.db")
    update(state, ".", "sqlite:///mlflow.db", artifacts_destination=tmp_path)
    other = Project(tmp_path / "other", f"sqlite:///{project.database}")
    other.repository.commit(other="1\n")
    monkeypatch.chdir(other.repository.path)
    result = update(state)
    assert (result.changes, result.additions) == (0, {})
    with pytest.raises(StateError, match="another project"):
        update(state, ".")


def test_a_repository_whose_path_is_not_utf8_is_updated(tmp_path):
    repository = Repository(tmp_path / os.fsdecode(b"caf\xe9"))
    repository.commit(a="1\n")
    state = tmp_path / "audit.state"
    update(state, repository.path)
    assert not update(state).is_changed


def test_an_unknown_option_is_refused_at_every_update(project, tmp_path):
    for state in (project.state, tmp_path / "new.state"):
        with pytest.raises(ConfigurationError, match="unknown option 'bogus'"):
            update(state, project.repository.path, bogus=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("options", '{"x": 1}'),
        ("options", "[1]"),
        ("options", '{"mailmap": "no"}'),
        ("repository_path", "5"),
        ("mlflow_url", "{}"),
        ("namespace", "[]"),
        ("unordered_kinds", '"entity"'),
        ("unordered_kinds", "[[]]"),
    ],
)
def test_damaged_properties_are_one_line(state, name, value):
    with duckdb.connect(str(state)) as connection:
        connection.execute("DELETE FROM properties WHERE name = ?", [name])
        connection.execute("INSERT INTO properties VALUES (?, ?)", [name, value])
    with pytest.raises(StateError, match=rf"damaged \(its {name}\)"):
        update(state)


def test_a_new_commit_in_a_shallow_clone_is_no_rewritten_branch(project, tmp_path):
    clone = tmp_path / "clone"
    origin = project.repository
    origin.git("clone", "--quiet", "--depth", "1", origin.path.as_uri(), str(clone))
    state = tmp_path / "shallow.state"
    update(state, clone)
    origin.commit(b="1\n")
    for command in (
        ("fetch", "--quiet", "--depth", "1"),
        ("reset", "--quiet", "--hard", "origin/main"),
    ):
        origin.git("-C", str(clone), *command)
    result = update(state)
    assert (result.changes, result.additions) == (0, {"commit": 1})
    origin.git("-C", str(clone), "update-ref", "-d", "refs/remotes/origin/main")
    # The default branch of the remote goes with the deleted one.
    assert update(state).changes == 2


@pytest.mark.parametrize("time", ["0999-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_nothing_was_observed_a_thousand_years_ago(state, time):
    with pytest.raises(StateError, match="nothing was observed by 0"):
        load(state).as_of(time)


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"])
def test_a_time_outside_the_calendar_is_refused(state, time):
    with pytest.raises(ConfigurationError, match="not a time of the years 1 to 9999"):
        load(state).as_of(time)


def test_the_credentials_of_databases_of_calls_are_not_kept():
    options = ProjectOptions(calls=("postgresql://ada:secret-1@host/calls",))
    assert "secret-1" not in str(project_module.Project(".", None, options).properties)
