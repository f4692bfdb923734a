"""The command line as a user has it: what goes in, what comes out, and what is left after an error."""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mlflow2prov import __version__, load
from mlflow2prov.cli import COMMANDS
from tests.repositories import Repository
from tests.sources.mlflow.test_servers import mlflow as answering
from tests.sources.mlflow.test_servers import server

ADA = {
    "prefix": {"default": "http://x/"},
    "entity": {"a": {"name": "1"}},
    "agent": {"g": {"name": "ann"}},
}
BOB = {"prefix": {"default": "http://x/"}, "entity": {"b": {}}, "agent": {"h": {"name": "bob"}}}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the program in an empty folder; returns exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)

    def run(*arguments, stdin=b""):
        command = [sys.executable, "-m", "mlflow2prov", *map(str, arguments)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=120)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return run


@pytest.fixture
def files(tmp_path):
    for name, content in (("ada", ADA), ("bob", BOB)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path / "repository")
    made.commit("root", a="1\n")
    made.commit("next", a="2\n")
    return made.path


def one_line(error: str) -> bool:
    return error.count("\n") == 1 and error.startswith("mlflow2prov: ") and "Traceback" not in error


def test_A1_the_mlflow_url_that_is_named_is_the_one_that_is_asked(run):
    with server(answering()) as (one, asked_one), server(answering()) as (two, asked_two):
        code, out, _ = run(
            "extract", "--mlflow_url", one, "extract", "--mlflow-url", two, "statistics"
        )
    assert code == 0 and asked_one and asked_two
    assert out.count("entity") == 2


def test_A1_mlflows_own_variable_holds(run, monkeypatch):
    with server(answering()) as (url, asked):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        assert run("extract", "statistics")[0] == 0
        assert asked


def test_A2_merge_makes_one_file_of_two_documents(run, files):
    code, _, _ = run(
        "load", "--input", "ada.json", "--input", "bob.json", "merge", "save", "--output", "m"
    )
    assert code == 0
    assert len(load(files / "m.json")) == 4


def test_A3_every_document_is_saved_in_every_format(run, files):
    arguments = ["load", "--input", "ada.json", "load", "--input", "bob.json"]
    code, _, _ = run(*arguments, "save", "--output", "r", "--format", "json", "--format", "xml")
    assert code == 0
    assert sorted(p.name for p in files.glob("r-*")) == [
        "r-1.json",
        "r-1.xml",
        "r-2.json",
        "r-2.xml",
    ]
    assert load(files / "r-1.json") == load(files / "r-1.xml") == load(files / "ada.json")
    assert load(files / "r-2.xml") == load(files / "bob.json")


def test_A4_a_dash_is_standard_output_and_input(run, files):
    code, out, error = run(
        "load", "--input", "-", "save", "--output", "-", stdin=json.dumps(ADA).encode()
    )
    assert (code, error) == (0, "")
    assert json.loads(out)["entity"] == {"a": {"name": "1"}}
    assert not list(files.glob("-*"))


def test_A4_standard_output_takes_one_document(run, files):
    code, out, error = run("load", "--input", "ada.json", "--input", "bob.json", "save")
    assert (code, out) == (1, "") and one_line(error) and "merge" in error


def test_A5_save_passes_documents_on_once(run, files):
    arguments = ["load", "--input", "ada.json", "save", "--output", "x", "--format", "json"]
    _, out, _ = run(*arguments, "--format", "provn", "--format", "xml", "statistics")
    assert out.count("entity") == 1


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_A6_statistics_in_every_resolution_and_format(run, files, resolution, form):
    code, out, _ = run(
        "load", "--input", "ada.json", "statistics", "--resolution", resolution, "--format", form
    )
    assert code == 0
    if form == "csv":
        rows = list(csv.reader(io.StringIO(out)))
        assert rows[0] == (
            ["kind", "count"] if resolution == "coarse" else ["kind", "type", "count"]
        )
    elif form == "json":
        assert {"kind": "entity", "count": 1}.items() <= json.loads(out)[0].items()
    else:
        assert ("relation" in out) is (resolution == "coarse")


def test_A6_the_csv_loads_into_pandas_as_it_is(run, files):
    import pandas

    _, out, _ = run("load", "--input", "ada.json", "statistics", "--fine", "--format", "csv")
    frame = pandas.read_csv(io.StringIO(out))
    assert list(frame.columns) == ["kind", "type", "count"] and frame["count"].sum() == 2


def test_cells_cannot_become_formulas(run, files):
    name = {"$": "=cmd()", "type": "xsd:string"}
    document = {"prefix": {"default": "http://x/"}, "entity": {"a": {"prov:type": name}}}
    (files / "f.json").write_text(json.dumps(document))
    _, out, _ = run("load", "--input", "f.json", "statistics", "--fine", "--format", "csv")
    assert "entity,'=cmd(),1" in out


def test_A7_nothing_of_one_extract_leaks_into_the_next(run, repository, tmp_path):
    other = Repository(tmp_path / "other")
    other.commit("only", b="1\n")
    alone = run("extract", "--repository_path", other.path, "save")[1]
    arguments = [
        "extract",
        "--repository_path",
        repository,
        "extract",
        "--repository_path",
        other.path,
    ]
    run(*arguments, "save", "--output", "both")
    assert Path("both-2.json").read_text() == alone


def test_A8_aliases_merge_those_they_name_and_no_others(run, files):
    (files / "aliases.yaml").write_text("- name: Ann\n  aliases: [ann]\n")
    arguments = ["load", "--input", "ada.json", "--input", "bob.json", "merge"]
    code, out, _ = run(*arguments, "transform", "--merge-aliased-agents", "aliases.yaml", "save")
    names = sorted(str(agent["name"]) for agent in json.loads(out)["agent"].values())
    assert code == 0 and names == ["['Ann', 'ann']", "bob"]


def test_A9_pseudonyms_reach_every_place_and_tell_people_apart(run, files):
    _, out, _ = run(
        "load",
        "--input",
        "ada.json",
        "--input",
        "bob.json",
        "merge",
        "transform",
        "--use_pseudonyms",
        "save",
    )
    assert "ann" not in out and "bob" not in out
    assert len({agent["name"] for agent in json.loads(out)["agent"].values()}) == 2


def test_options_may_be_spelled_with_either_dash(run, repository):
    one = run("extract", "--repository-path", repository, "save")[1]
    two = run("extract", "--repository_path", repository, "save")[1]
    assert one == two != ""


def test_commands_may_stand_anywhere(run, files):
    code, out, _ = run(
        "load",
        "--input",
        "ada.json",
        "statistics",
        "load",
        "--input",
        "bob.json",
        "merge",
        "statistics",
    )
    assert code == 0 and out.count("kind") == 2


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["merge"], 2, "merge has no documents to work on"),
        (["save"], 2, "save has no documents to work on"),
        (["bogus"], 2, "there is no command"),
        (["extarct"], 2, "did you mean extract"),
        (["extract"], 2, "--repository_path"),
        (["load"], 2, "--input"),
        (
            ["extract", "--mlflow_url", "x", "--environments", "--artifacts", "none"],
            2,
            "--environments is of no use",
        ),
        (["load", "--inptu", "x"], 2, "--input"),
        (["load", "--input", "nothing.json"], 1, "no such file"),
        (["load", "--input", "."], 1, "cannot be read"),
        (["load", "--input", "ada.json", "save", "--format", "bogus"], 2, "bogus"),
        (["load", "--input", "ada.json", "save", "--output", "no/such/folder"], 1, "no/such"),
        (["extract", "--repository_path", "."], 1, "not a Git repository"),
        (["extract", "--mlflow_url", "http://127.0.0.1:9"], 1, "cannot be reached"),
        (["--config", "nothing.yaml"], 1, "cannot be read"),
        (["--config", "x", "merge"], 2, "stand alone"),
        (["--memory_limit", "much", "merge"], 2, "no size"),
    ],
)
def test_bad_input_is_one_line_and_a_code(run, files, arguments, code, word):
    found, out, error = run(*arguments)
    assert (found, out) == (code, "") and one_line(error) and word in error


def test_verbose_says_all(run):
    code, _, error = run("--verbose", "load", "--input", "nothing.json")
    assert code == 1 and "Traceback" in error


def test_a_chain_that_fails_leaves_nothing_and_takes_nothing(run, files):
    (files / "r.json").write_text("what stood there")
    arguments = ["load", "--input", "ada.json", "save", "--output", "r", "statistics"]
    code, out, _ = run(*arguments, "load", "--input", "nothing.json")
    assert (code, out) == (1, "")
    assert (files / "r.json").read_text() == "what stood there"
    assert sorted(p.name for p in files.iterdir()) == ["ada.json", "bob.json", "r.json"]


def test_what_a_source_refuses_is_code_3_unless_allowed(run):
    runs = {"runs": [{"info": {"run_id": "r", "experiment_id": "1"}}]}
    refusing = answering(runs_search=runs, artifacts_list=(403, {}, b""))
    with server(refusing) as (url, _):
        assert run("extract", "--mlflow_url", url, "statistics")[0] == 3
        code, out, error = run("extract", "--mlflow_url", url, "--allow_incomplete", "statistics")
    assert code == 0 and "entity" in out and "left out" in error


def test_a_reader_that_goes_away_is_no_error(run, files):
    command = f"{sys.executable} -m mlflow2prov load --input ada.json save | head -c 1"
    done = subprocess.run(command, shell=True, capture_output=True, timeout=60)
    assert done.stderr == b""


def test_hostile_text_reaches_no_terminal(run, tmp_path):
    _, _, error = run("load", "--input", "\x1b[31mred\x07.json")
    assert "\x1b" not in error and "\x07" not in error


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_is_in_the_readme(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0 and out.startswith("Usage: mlflow2prov")
    assert f"| `{command}` |" in (Path(__file__).parents[2] / "README.md").read_text()


def test_help_and_version_import_nothing_heavy(run):
    assert run("--version")[1] == f"mlflow2prov {__version__}\n"
    script = (
        "import sys; sys.argv = ['mlflow2prov', '--help']\n"
        "from mlflow2prov.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'duckdb', 'pyarrow', 'pandas', 'prov', 'rdflib', 'sqlalchemy', 'httpx', 'rich', 'git'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stderr == "[]\n"


def test_A3_two_steps_that_save_to_one_name_are_refused_before_anything_is_read(run, files):
    code, out, error = run(
        "load", "--input", "ada.json", "save", "--output", "same",
        "load", "--input", "nothing.json", "save", "--output", "same",
    )  # fmt: skip
    assert (code, out) == (2, "") and "same (json) is written twice" in error


def test_a_standard_output_that_is_closed_is_an_error(files):
    command = f"{shlex.quote(sys.executable)} -m mlflow2prov load --input ada.json save >&-"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        ["bash", "-c", command], cwd=files, capture_output=True, text=True, env=environment
    )
    assert done.returncode == 1 and "standard output: cannot be written to" in done.stderr
