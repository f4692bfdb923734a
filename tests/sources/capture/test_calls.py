"""Captured calls in the graph: every call, argument, result and derivation that a program made, and nothing else.

The program writes a log of its own while it runs, which the tests compare with the graph.
"""

import json
import sqlite3
import subprocess
import sys
from collections import Counter

import pytest

from mlflow2prov import CallRecordsError, extract, merge, run_extraction, save, validate
from mlflow2prov.capture import write_record
from tests.capture.record_files.test_reading import PYCRUMBS
from tests.cli.conftest import run_program
from tests.repositories import Repository
from tests.sources.capture.graph import Graph, arguments

PROGRAM = """
import json
from pathlib import Path
import mlflow2prov.capture as p

LOG = []

def log(function, arguments, uses, outcome="FINISHED"):
    LOG.append([function, arguments, uses, outcome])

@p.provenance()
def load(path):
    log("load", ["path"], [])
    return [1, 2, 3]

@p.provenance(returns_composite=True)
def split(data):
    log("split", ["data"], ["load"])
    return {"train": list(data)[:2], "test": list(data)[2:]}

@p.provenance(ignore=["note"])
def fit(train, rate=0.1, note=None):
    log("fit", ["train", "rate", "note"], ["split"])
    return {"weight": rate * len(train)}

@p.provenance()
def same(x):
    log("same", ["x"], ["fit"])
    return x

@p.provenance()
def fail(x):
    log("fail", ["x"], [], "FAILED")
    raise ValueError("no https://ada:s3cr3t@example.org/")

@p.tracked(directory_parameter="folder", create_parents=True)
def export(folder, data):
    parts = split(load(data))
    model = same(fit(parts["train"]))
    fit(parts["train"], note=model)  # cached
    (Path(folder) / "model.txt").write_text("x")
    log("export", ["folder", "data"], [])

if __name__ == "__main__":
    export("out/first", "data.csv")
    try:
        fail(1)
    except ValueError:
        pass
    Path("out/log.json").write_text(json.dumps(LOG))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A repository in which a program has made captured calls."""
    repository = Repository(tmp_path_factory.mktemp("calls"))
    commit = repository.commit(program__py=PROGRAM, data__csv="1,2\n", _gitignore="out\n")
    repository.git("mv", "_gitignore", ".gitignore")
    commit = repository.commit()
    subprocess.run([sys.executable, "program.py"], cwd=repository.path, check=True)
    return repository.path, commit


@pytest.fixture(scope="module")
def log(project):
    """What the program wrote of its calls: function, arguments, the functions whose results it used, outcome."""
    return json.loads((project[0] / "out" / "log.json").read_text())


@pytest.fixture(scope="module")
def document(project):
    folder = project[0]
    return extract(folder, calls=[str(folder / ".mlflow2prov"), str(folder / "out")])


@pytest.fixture(scope="module")
def graph(document):
    """The statements as dictionaries of elements by type, and of relations by kind."""
    return Graph(document)


def name_of(graph, identifier):
    return graph.value(identifier, "name")


def test_each_call_is_an_activity_with_its_outcome(graph, log):
    calls = Counter(
        (name_of(graph, call.id), graph.value(call.id, "status"))
        for call in graph.of_type("Call")
        if graph.value(call.id, "cached") != "true"
    )
    assert calls == Counter((function, outcome) for function, _, _, outcome in log)


def test_each_argument_is_used_by_its_call(graph, log):
    arguments = {s.id for s in graph.of_type("Argument")}
    used = Counter(
        (name_of(graph, call), name_of(graph, entity))
        for call, entity in graph.pairs("used", "activity", "entity")
        if entity in arguments and graph.value(call, "cached") != "true"
    )
    assert used == Counter((function, name) for function, names, _, _ in log for name in names)


def test_results_derive_from_the_results_that_were_used(graph, log):
    maker = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    derivations = {
        (name_of(graph, maker[made]), name_of(graph, maker[used]))
        for made, used in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
        if made.startswith("Result.")
    }
    assert derivations == {(function, use) for function, _, uses, _ in log for use in uses}


def test_a_cached_call_uses_the_first_result_and_generates_none(graph):
    (cached,) = [s.id for s in graph.of_type("Call") if graph.value(s.id, "cached") == "true"]
    assert name_of(graph, cached) == "fit"
    assert cached not in {
        activity for _, activity in graph.pairs("wasGeneratedBy", "entity", "activity")
    }
    informants = dict(graph.pairs("wasInformedBy", "informed", "informant"))
    assert name_of(graph, informants[cached]) == "fit"


def test_a_function_that_returns_its_argument_shares_its_content(graph):
    contents = dict(graph.pairs("specializationOf", "specificEntity", "generalEntity"))
    maker = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    of = {
        name_of(graph, maker[result]): content
        for result, content in contents.items()
        if result.startswith("Result.")
    }
    assert of["same"] == of["fit"]
    assert of["load"] != of["fit"]


def test_a_composite_result_has_its_parts_as_members(graph):
    members = [
        (graph.value(whole, "prov:label"), graph.value(part, "key"))
        for whole, part in graph.pairs("hadMember", "collection", "entity")
        if whole.startswith("Result.")
    ]
    assert sorted(members) == [("split", "test"), ("split", "train")]


def test_calls_are_linked_to_their_commit_and_the_revision_of_their_file(graph, project):
    commits = {
        name_of(graph, call): commit
        for call, commit in graph.pairs("wasInformedBy", "informed", "informant")
        if commit.startswith("Commit.") and call.startswith("Call.")
    }
    assert set(commits) == {"load", "split", "fit", "same", "fail", "export"}
    assert set(commits.values()) == {f"Commit.{project[1]}"}
    sources = {
        (name_of(graph, call), graph.value(entity, "path"))
        for call, entity in graph.pairs("used", "activity", "entity")
        if entity.startswith("FileRevision.") and call.startswith("Call.")
    }
    assert sources == {(name, "program.py") for name in commits}


def test_a_call_within_a_call_was_started_by_it(graph):
    starts = {
        (name_of(graph, call), name_of(graph, starter))
        for call, starter in graph.pairs("wasStartedBy", "activity", "starter")
    }
    assert starts == {(name, "export") for name in ("load", "split", "fit", "same")}


def test_files_are_results_and_inputs_by_their_contents(graph, project):
    results = [graph.value(s.id, "path") for s in graph.of_type("Result")]
    assert [path for path in results if path] == ["model.txt"]
    inputs = {
        (name_of(graph, arguments(s)["activity"]), arguments(s)["entity"])
        for s in graph.relations
        if s.kind == "used" and "InputFile" in graph.values(s, "prov:role")
    }
    assert [name for name, _ in inputs] == ["export"]


def test_credentials_are_masked(document, tmp_path):
    save(document, str(tmp_path / "graph"), "json")
    assert "s3cr3t" not in (tmp_path / "graph.json").read_text()


def test_the_graph_is_valid(document):
    assert validate(document).is_valid


def test_calls_of_a_repository_are_found_without_being_named(project, document):
    found = extract(project[0])
    assert {s.id for s in found.statements() if str(s.id).startswith("Call.")} < {
        s.id for s in document.statements()
    }
    assert not any(
        str(s.id).startswith("Call.") for s in extract(project[0], calls=()).statements()
    )


def test_the_same_calls_twice_are_no_further_calls(project, document):
    folder = project[0]
    locations = [folder / ".mlflow2prov", folder / ".mlflow2prov" / "calls.db", folder / "out"]
    again = extract(
        folder, calls=list(map(str, [*locations, folder / "out" / "first" / "export_record.json"]))
    )
    assert again == document
    assert merge([document, again]) == document


def test_files_of_pycrumbs_are_calls(tmp_path):
    write_record(tmp_path / "record.json", PYCRUMBS)
    (tmp_path / "package.json").write_text('{"name": "no record"}')
    graph = Graph(extract(calls=str(tmp_path)))
    (call,) = graph.of_type("Call")
    assert graph.value(call.id, "commit") == PYCRUMBS["tracked_module"]["git_commit_hash"]
    assert graph.value(call.id, "repository_url") == "https://example.org/wine.git"
    (package,) = graph.of_type("Package")
    assert graph.value(package.id, "version") == "1.24.1"


def test_a_record_that_is_damaged_is_named_and_the_rest_is_extracted(tmp_path):
    write_record(tmp_path / "a.json", PYCRUMBS | {"timing": {"start_time": "yesterday"}})
    write_record(tmp_path / "b.json", PYCRUMBS)
    extraction = run_extraction(calls=str(tmp_path))
    assert len(Graph(extraction.document).of_type("Call")) == 1
    (omission,) = extraction.omissions
    assert "a.json: not the record of a call" in omission


def test_links_that_lead_out_of_the_folder_are_not_followed(tmp_path):
    write_record(tmp_path / "secret.json", PYCRUMBS)
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "link.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "records" / "loop").symlink_to(tmp_path / "records")
    assert Graph(extract(calls=str(tmp_path / "records"))).of_type("Call") == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing", None, "no such file or folder"),
        ("notes.json", b"{}", "not a file of calls"),
        ("notes.txt", b"hello", "not a file of calls"),
    ],
)
def test_a_location_without_calls_is_an_error(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CallRecordsError, match=message):
        extract(calls=str(tmp_path / name))


def test_a_database_of_something_else_is_an_error(tmp_path):
    connection = sqlite3.connect(tmp_path / "other.db")
    connection.execute("CREATE TABLE calls (id)")
    connection.commit()
    connection.close()
    with pytest.raises(CallRecordsError, match="not a repository of captured calls"):
        extract(calls=str(tmp_path / "other.db"))


def test_odd_values_in_a_database_are_texts_or_omissions(project, tmp_path):
    copy = tmp_path / "calls.db"
    with (
        sqlite3.connect(project[0] / ".mlflow2prov" / "calls.db") as source,
        sqlite3.connect(copy) as target,
    ):
        source.backup(target)
        target.execute("UPDATE calls SET git_branch = x'ff00', seed = 'many', source_line = 1.5")
        target.execute("UPDATE calls SET arguments = '[{\"odd\": 1}]' WHERE fn_name = 'same'")
        target.execute("UPDATE runs SET info = '[1]', hostname = 7")
    extraction = run_extraction(calls=str(copy))
    names = {
        name_of(Graph(extraction.document), s.id)
        for s in Graph(extraction.document).of_type("Call")
    }
    assert names == {"load", "split", "fit", "fail"}
    (omission,) = extraction.omissions
    assert "the call " in omission and "odd" in omission


@pytest.fixture
def calls(tmp_path):
    """The path of a database with two calls, one of which uses the result of the other."""
    program = """
import mlflow2prov.capture as p

@p.provenance()
def load(x):
    return [x]

@p.provenance()
def fit(data):
    return len(data)

fit(load(1))
"""
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)
    connection = sqlite3.connect(tmp_path / ".mlflow2prov" / "calls.db")
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    return tmp_path / ".mlflow2prov" / "calls.db"


@pytest.mark.parametrize(
    "info",
    [
        "[",
        "[" * 100_000,
        '{"process": 5, "python": 3, "host": [1], "user": {"a": 1}}',
        '{"process": {"cmdline": [1, null]}}',
    ],
)
def test_an_odd_process_in_a_database_is_one_without_facts(calls, info):
    with sqlite3.connect(calls) as connection:
        connection.execute("UPDATE runs SET info = ?", [info])
    assert len(Graph(extract(calls=str(calls))).of_type("Call")) == 2


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("arguments", "[" * 100_000),
        ("arguments", '[{"name": "a", "artifacts": 5}]'),
        ("started_at", "0001-01-01T00:00:00+23:59"),
        ("started_at", "yesterday"),
    ],
)
def test_an_odd_call_in_a_database_is_an_omission(calls, column, value):
    with sqlite3.connect(calls) as connection:
        connection.execute(f"UPDATE calls SET {column} = ? WHERE fn_name = 'fit'", [value])
    extraction = run_extraction(calls=str(calls))
    assert len(Graph(extraction.document).of_type("Call")) == 1
    assert len(extraction.omissions) == 1


def test_the_name_of_a_database_may_contain_what_urls_reserve(calls, tmp_path):
    copy = tmp_path / "odd?a#b%41"
    calls.parent.rename(copy)
    assert len(Graph(extract(calls=str(copy))).of_type("Call")) == 2


@pytest.fixture
def mutual_calls(calls):
    """Two calls that seem to have used results of each other, as when an earlier call was not recorded."""
    with sqlite3.connect(calls) as connection:
        (made,) = connection.execute(
            "SELECT artifact_id FROM calls WHERE fn_name = 'fit'"
        ).fetchone()
        argument = json.dumps([{"name": "x", "artifacts": [made]}])
        connection.execute("UPDATE calls SET arguments = ? WHERE fn_name = 'load'", [argument])
    return calls


def derivations(graph):
    """Return the functions that made the results of each derivation."""
    makers = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    return {
        (name_of(graph, makers[made]), name_of(graph, makers[used]))
        for made, used in graph.pairs("wasDerivedFrom", "generatedEntity", "usedEntity")
    }


def uses(graph):
    makers = dict(graph.pairs("wasGeneratedBy", "entity", "activity"))
    return {
        (name_of(graph, call), name_of(graph, makers[used]))
        for call, used in graph.pairs("used", "activity", "entity")
        if used in makers
    }


def test_a_call_uses_no_result_of_a_call_that_started_later(mutual_calls):
    document = extract(calls=str(mutual_calls))
    assert validate(document).is_valid
    assert uses(Graph(document)) == derivations(Graph(document)) == {("fit", "load")}


def test_a_look_up_finds_no_result_of_a_call_that_started_later(calls):
    with sqlite3.connect(calls) as connection:
        connection.execute("UPDATE calls SET cached = true WHERE fn_name = 'load'")
        connection.execute(
            "UPDATE calls SET artifact_id = "
            "(SELECT artifact_id FROM calls WHERE fn_name = 'load') WHERE fn_name = 'fit'"
        )
        connection.execute(
            "UPDATE calls SET outputs = json_array(json_object('artifact_id', artifact_id)) WHERE fn_name = 'fit'"
        )
    graph = Graph(extract(calls=str(calls)))
    assert uses(graph) == set()
    assert graph.pairs("wasInformedBy", "informed", "informant") == []


def test_results_of_one_time_that_derive_from_each_other_are_not_claimed_to(mutual_calls):
    time = "2026-01-01 00:00:00.000000"
    with sqlite3.connect(mutual_calls) as connection:
        connection.execute("UPDATE calls SET started_at = ?, ended_at = ?", [time, time])
    document = extract(calls=str(mutual_calls))
    assert validate(document).is_valid
    assert derivations(Graph(document)) == set()


def test_results_of_one_time_derive_from_each_other_in_one_direction(calls):
    time = "2026-01-01 00:00:00.000000"
    with sqlite3.connect(calls) as connection:
        connection.execute("UPDATE calls SET started_at = ?, ended_at = ?", [time, time])
    assert derivations(Graph(extract(calls=str(calls)))) == {("fit", "load")}


INVERSE = """
import mlflow2prov.capture as p

p.set_use_cache(False)

@p.provenance()
def encode(text):
    return text[::-1]

@p.provenance()
def decode(code):
    return code[::-1]

encode(decode(encode("abc")))
"""


def test_a_function_and_its_inverse_under_a_coarse_clock_are_a_valid_graph(tmp_path):
    subprocess.run([sys.executable, "-c", INVERSE], cwd=tmp_path, check=True)
    database = tmp_path / ".mlflow2prov" / "calls.db"
    with sqlite3.connect(database) as connection:
        (first,) = connection.execute("SELECT id FROM calls ORDER BY started_at").fetchone()
        connection.execute("UPDATE calls SET started_at = '2026-01-01', ended_at = '2026-01-01'")
    assert validate(extract(calls=str(database))).is_valid
    with sqlite3.connect(database) as connection:
        # The first call was not recorded, as if the disk had been full.
        connection.execute("DELETE FROM calls WHERE id = ?", [first])
    document = extract(calls=str(database))
    assert derivations(Graph(document)) == set()
    assert validate(document).is_valid


def test_secrets_in_files_of_pycrumbs_are_masked(tmp_path):
    function = PYCRUMBS["called_function"] | {
        "altered_parameters": {"password": "s3cr3t-1", "options": {"api_key": "s3cr3t-2"}}
    }
    environment = {"argv": ["train.py", "--token", "s3cr3t-3", "--api-key=s3cr3t-4"]}
    record = PYCRUMBS | {"called_function": function, "environment": environment}
    write_record(tmp_path / "record.json", record)
    save(extract(calls=str(tmp_path)), str(tmp_path / "graph"), "json")
    assert "s3cr3t" not in (tmp_path / "graph.json").read_text()


def test_the_command_line_reads_calls(project):
    result = run_program(project[0], "extract", "--calls", "out", "statistics", "--fine")
    assert result.code == 0
    assert "Call" in result.output
    none = run_program(
        project[0], "extract", "--repository-path", ".", "--no-calls", "statistics", "--fine"
    )
    assert "Call" not in none.output
    both = run_program(project[0], "extract", "--calls", "out", "--no-calls")
    assert both.code == 2 and "exclude each other" in both.error
