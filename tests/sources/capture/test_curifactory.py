"""Calls that curifactory recorded, in files and in the database of its pipelines. The programs wrote logs of them."""

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from mlflow2prov import CallRecordsError, extract, merge, run_extraction, save, validate
from mlflow2prov.secrets import MASK
from tests.repositories import Repository
from tests.sources.capture.graph import Graph

PEERS = Path(__file__).parent / "peers"


def log(folder):
    return json.loads((PEERS / folder / "log.json").read_text())


def replace_in_files(folder, old, new):
    for path in folder.rglob("*.json"):
        path.write_text(path.read_text().replace(old, new))


def is_stage(graph, call):
    """Return whether a call is not that of a whole run."""
    return any(
        activity == call for activity, _ in graph.pairs("wasStartedBy", "activity", "starter")
    )


class TestFiles:
    @pytest.fixture
    def files(self, tmp_path):
        """A copy of the files that curifactory wrote."""
        return shutil.copytree(PEERS / "curifactory" / "data", tmp_path / "data")

    @pytest.fixture
    def graph(self, files):
        return Graph(extract(calls=str(files)))

    def test_each_stage_is_a_call_with_the_parameters_of_its_record(self, graph):
        names = {
            call: graph.value(argument, "value")
            for call, argument in graph.pairs("used", "activity", "entity")
            if graph.name_of(argument) == "name"
        }
        calls = Counter(
            (graph.name_of(s.id), names.get(s.id))
            for s in graph.of_type("Call")
            if is_stage(graph, s.id)
        )
        assert calls == Counter((stage, params) for stage, params, _ in log("curifactory"))

    def test_the_notes_of_a_run_are_a_custom_field_without_secrets(self, files):
        replace_in_files(files, "first try", "first try with token=s3cr3t-5")
        notes = {
            graph.value(s.id, "custom_fields")
            for graph in [Graph(extract(calls=str(files)))]
            for s in graph.of_type("Call")
            if not is_stage(graph, s.id)
        }
        assert notes == {json.dumps({"notes": f"first try with token={MASK}"})}

    def test_each_artifact_is_a_result_of_its_stage_and_nothing_else_is(self, graph):
        results = {}
        for result, call in graph.pairs("wasGeneratedBy", "entity", "activity"):
            results.setdefault(call, set()).add(graph.value(result, "key"))
        found = Counter((graph.name_of(call), *sorted(keys)) for call, keys in results.items())
        assert found == Counter((stage, *sorted(keys)) for stage, _, keys in log("curifactory"))

    def test_derivations_are_unknown(self, graph):
        assert graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity") == []

    def test_the_run_started_its_stages_and_did_not_end(self, graph):
        starters = {starter for _, starter in graph.pairs("wasStartedBy", "activity", "starter")}
        (run,) = starters
        assert graph.name_of(run) == "wine"
        assert graph.value(run, "status") == "RUNNING"

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("complete", "FINISHED"), ("error", "FAILED"), ("LIVE", "RUNNING"), ("odd", "RUNNING")],
    )
    def test_the_status_of_a_run(self, files, status, expected):
        store = json.loads((files / "store.json").read_text())
        store[0] |= {"status": status, "error": "KeyError: 'url https://ada:s3cr3t@example.org/'"}
        (files / "store.json").write_text(json.dumps(store))
        graph = Graph(extract(calls=str(files / "store.json")))
        (run,) = graph.of_type("Call")
        assert graph.value(run.id, "status") == expected
        exception = graph.value(run.id, "exception")
        assert (exception == "KeyError: 'url https://example.org/'") is (status == "error")

    def test_times_are_those_of_the_time_zone(self, files, monkeypatch):
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        try:
            (run,) = Graph(extract(calls=str(files / "store.json"))).of_type("Call")
        finally:
            monkeypatch.undo()
            time.tzset()
        stamp = json.loads((files / "store.json").read_text())[0]["timestamp"]
        hour = int(stamp.rpartition("T")[2][:2])
        assert run.arguments[0].startswith("2026-11-29T")
        assert int(run.arguments[0][11:13]) == hour + 5

    def test_a_commit_of_39_digits_is_joined(self, files, tmp_path):
        repository = Repository(tmp_path / "repository")
        commit = repository.commit(program__py="1\n")
        old = json.loads((files / "store.json").read_text())[0]["commit"]
        assert len(old) == 39
        replace_in_files(files, old, commit[:39])
        graph = Graph(extract(repository.path, calls=str(files)))
        informed = {
            graph.name_of(call): informant
            for call, informant in graph.pairs("wasInformedBy", "informed", "informant")
        }
        stages = {stage for stage, _, _ in log("curifactory")}
        assert informed == dict.fromkeys({"wine", *stages}, f"Commit.{commit}")

    @pytest.mark.parametrize("commit", ["No git repository found", "main", "abc", None, 7])
    def test_what_is_no_commit_is_not_one(self, files, tmp_path, commit):
        repository = Repository(tmp_path / "repository")
        repository.commit(program__py="1\n")
        store = json.loads((files / "store.json").read_text())
        store[0] |= {"commit": commit, "workdir_dirty": True}
        (files / "store.json").write_text(json.dumps(store))
        graph = Graph(extract(repository.path, calls=str(files / "store.json")))
        (run,) = graph.of_type("Call")
        assert graph.value(run.id, "commit") is graph.value(run.id, "dirty") is None

    def test_secrets_are_masked(self, files, tmp_path):
        save(extract(calls=str(files)), str(tmp_path / "graph"), "json")
        assert "s3cr3t" not in (tmp_path / "graph.json").read_text()

    def test_the_graph_is_valid_and_the_same_twice(self, files):
        document = extract(calls=str(files))
        assert validate(document).is_valid
        again = extract(calls=[str(files / "cache"), str(files), str(files / "store.json")])
        assert again == document
        assert merge([document, again]) == document

    @pytest.mark.parametrize(
        "changes",
        [
            {"artifact_generated": "yesterday"},
            {"artifact_generated": None},
            {"stage": ["x"]},
            {"artifact_name": 7},
        ],
    )
    def test_damaged_metadata_is_named_and_the_rest_is_extracted(self, files, changes):
        path = next((files / "cache").glob("*_choose_best_metadata.json"))
        path.write_text(json.dumps(json.loads(path.read_text()) | changes))
        extraction = run_extraction(calls=str(files))
        (omission,) = extraction.omissions
        assert "_choose_best_metadata.json: not the metadata of an artifact" in omission
        assert len(Graph(extraction.document).of_type("Call")) == len(log("curifactory"))

    def test_a_damaged_run_is_named_and_the_rest_is_extracted(self, files):
        store = json.loads((files / "store.json").read_text())
        (files / "store.json").write_text(json.dumps([*store, store[0] | {"timestamp": "x"}]))
        extraction = run_extraction(calls=str(files))
        (omission,) = extraction.omissions
        assert "store.json: the run 'wine_1" in omission
        assert len(Graph(extraction.document).of_type("Call")) == 1 + len(log("curifactory"))


OWN_STAGES = """
import dataclasses
from mlflow2prov.capture.stages import *
from mlflow2prov.capture.stages.cachers import JsonCacher

@dataclasses.dataclass
class Params(ExperimentParameters):
    rate: float = 0.1

@stage(None, ["data"], [JsonCacher])
def load(record):
    return [record.params.rate]

load(Record(ArtifactManager("wine"), Params(name="small")))
"""


def test_files_of_own_stages_add_nothing_to_the_repository_of_their_calls(tmp_path):
    subprocess.run([sys.executable, "-c", OWN_STAGES], cwd=tmp_path, check=True)
    assert any(tmp_path.rglob("*_metadata.json")) and any(tmp_path.rglob("store.json"))
    extraction = run_extraction(calls=str(tmp_path))
    assert extraction.omissions == ()
    assert extraction.document == extract(calls=str(tmp_path / ".mlflow2prov"))
    assert len(Graph(extraction.document).of_type("Call")) == 1


class TestPipelines:
    @pytest.fixture
    def database(self, tmp_path):
        """A database file with the tables that curifactory wrote."""
        path = tmp_path / "data" / "store.db"
        path.parent.mkdir()
        with duckdb.connect(str(path)) as connection:
            connection.execute((PEERS / "pipelines" / "tables.sql").read_text())
        return path

    @pytest.fixture
    def graph(self, database):
        return Graph(extract(calls=str(database)))

    def test_each_run_and_stage_is_a_call_with_its_outcome(self, graph):
        calls = Counter(
            (graph.name_of(s.id), graph.value(s.id, "status")) for s in graph.of_type("Call")
        )
        assert calls == Counter((entry[0], entry[4]) for entry in log("pipelines"))

    def test_each_argument_is_used_by_its_call(self, graph):
        found = Counter(
            (graph.name_of(call), graph.name_of(entity))
            for call, entity in graph.pairs("used", "activity", "entity")
            if entity.startswith("Argument.")
        )
        assert found == Counter((entry[0], name) for entry in log("pipelines") for name in entry[1])

    def test_each_artifact_is_a_result(self, graph):
        found = Counter(
            (graph.name_of(call), graph.value(result, "key"))
            for result, call in graph.pairs("wasGeneratedBy", "entity", "activity")
        )
        assert found == Counter((entry[0], key) for entry in log("pipelines") for key in entry[3])

    def test_each_used_artifact_is_used_for_its_parameter(self, graph):
        makers = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
        found = Counter(
            (
                graph.name_of(s.arguments[0]),
                *graph.values(s, "name"),
                graph.name_of(makers[s.arguments[1]]),
                graph.value(s.arguments[1], "key"),
            )
            for s in graph.relations
            if s.kind == "used" and s.arguments[1] in makers
        )
        assert found == Counter((entry[0], *use) for entry in log("pipelines") for use in entry[2])

    def test_artifacts_derive_from_those_that_were_used(self, graph):
        makers = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
        found = Counter(
            (
                graph.name_of(makers[made]),
                graph.value(made, "key"),
                graph.name_of(makers[used]),
                graph.value(used, "key"),
            )
            for made, used in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
        )
        assert found == Counter(
            (entry[0], key, *use[1:])
            for entry in log("pipelines")
            for key in entry[3]
            for use in entry[2]
        )

    def test_stages_are_started_by_their_run(self, graph):
        found = Counter(
            (graph.name_of(call), graph.name_of(run))
            for call, run in graph.pairs("wasStartedBy", "activity", "starter")
        )
        runs, expected = {"wine", "broken"}, Counter()
        for name, *_ in log("pipelines"):
            if name in runs:
                run = name
            else:
                expected[name, run] += 1
        assert found == expected

    def test_the_exception_is_that_of_the_stage_that_failed(self, graph):
        exceptions = {
            graph.name_of(s.id): graph.value(s.id, "exception")
            for s in graph.of_type("Call")
            if graph.value(s.id, "exception")
        }
        message = "ValueError: no https://example.org/"
        assert exceptions == {"broken": message, "fail": message}

    def test_the_version_of_the_last_package_is_cut_off_and_left_out(self, graph):
        versions = {s.id: graph.value(s.id, "version") for s in graph.of_type("Package")}
        assert sorted(versions.values(), key=str) == ["2.4.6", "3.1.1", "6.0.3", None]

    def test_secrets_are_masked(self, database, tmp_path):
        save(extract(calls=str(database)), str(tmp_path / "graph"), "json")
        assert "s3cr3t" not in (tmp_path / "graph.json").read_text()

    def test_the_graph_is_valid_and_the_same_from_the_folder(self, database):
        document = extract(calls=str(database))
        assert validate(document).is_valid
        assert extract(calls=[str(database.parent), str(database)]) == document
        assert merge([document, document]) == document

    def test_another_database_is_an_error_and_in_a_folder_an_omission(self, tmp_path):
        path = tmp_path / "other.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE TABLE cf_run (id VARCHAR)")
        with pytest.raises(CallRecordsError, match="not of curifactory; it has no tables"):
            extract(calls=str(path))
        assert len(run_extraction(calls=str(tmp_path)).omissions) == 1

    def test_a_log_that_a_killed_process_left_is_read_and_stays(self, tmp_path):
        program = (
            "import duckdb, os, sys\n"
            "connection = duckdb.connect(sys.argv[1])\n"
            "connection.execute(\"SET checkpoint_threshold = '1GB'\")\n"
            "connection.execute(open(sys.argv[2]).read())\n"
            "os._exit(1)"
        )
        path, tables = tmp_path / "store.db", PEERS / "pipelines" / "tables.sql"
        subprocess.run([sys.executable, "-c", program, path, tables], check=False)
        before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
        assert set(before) == {"store.db", "store.db.wal"}
        assert len(Graph(extract(calls=str(path))).of_type("Call")) == len(log("pipelines"))
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before

    def test_a_damaged_database_is_an_error_in_one_line(self, database):
        content = bytearray(database.read_bytes())
        content[100:8000] = bytes(7900)
        database.write_bytes(content)
        with pytest.raises(CallRecordsError, match=r"cannot be read") as error:
            extract(calls=str(database))
        assert str(error.value).isprintable()

    def test_views_are_not_read_and_nothing_outside_is(self, database, tmp_path):
        (tmp_path / "secret.csv").write_text("a\nprivate\n")
        with duckdb.connect(str(database)) as connection:
            connection.execute("DROP TABLE cf_stage_input")
            connection.execute(
                "CREATE VIEW cf_stage_input AS SELECT a AS stage_id, a AS artifact_id, 0 AS arg_index, "
                f"a AS arg_name FROM read_csv('{tmp_path}/secret.csv')"
            )
        document = extract(calls=str(database))
        assert Graph(document).pairs("wasDerivedFrom", "generatedEntity", "usedEntity") == []
        save(document, str(tmp_path / "graph"), "json")
        assert "private" not in (tmp_path / "graph.json").read_text()

    def test_tables_of_other_versions_lack_columns(self, database):
        with duckdb.connect(str(database)) as connection:
            for column in ("host_env", "pip_env", "cli", "dirty"):
                connection.execute(f"ALTER TABLE cf_run DROP COLUMN {column}")
        assert len(Graph(extract(calls=str(database))).of_type("Call")) == len(log("pipelines"))
