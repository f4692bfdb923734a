"""The command line: input and output, exit codes, and the files that are left after an error."""

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
from tests.cli.conftest import is_one_line
from tests.repositories import Repository
from tests.sources.mlflow.fake_server import respond_like_mlflow, serve

ADA = {
    "prefix": {"default": "http://x/"},
    "entity": {"a": {"name": "1"}},
    "agent": {"g": {"name": "ann"}},
}
BOB = {"prefix": {"default": "http://x/"}, "entity": {"b": {}}, "agent": {"h": {"name": "bob"}}}
INPUTS = ("--input", "ada.json", "--input", "bob.json")


@pytest.fixture
def folder(tmp_path):
    """The current folder with the documents ``ada.json`` and ``bob.json``."""
    for name, content in (("ada", ADA), ("bob", BOB)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "repository")
    repository.commit("root", a="1\n")
    repository.commit("next", a="2\n")
    return repository.path


# Sources


def test_content_that_a_reader_leaves_out_is_a_note(run, tmp_path):
    (tmp_path / "other.xml").write_text(
        '<d:document xmlns:d="http://www.w3.org/ns/prov#"><d:other/></d:document>'
    )
    code, _, error = run("load", "--input", "other.xml", "statistics")
    assert code == 0
    assert error.endswith(" mlflow2prov: note: PROV-XML: the content of prov:other is left out\n")


def test_each_extract_asks_the_server_of_its_own_url(run):
    with (
        serve(respond_like_mlflow()) as (first_url, first_requests),
        serve(respond_like_mlflow()) as (second_url, second_requests),
    ):
        first, second = (["extract", "--mlflow-url", url] for url in (first_url, second_url))
        code, output, _ = run(*first, *second, "statistics")
    assert code == 0 and first_requests and second_requests
    assert output.count("entity") == 2


def test_the_variable_of_mlflow_names_the_server(run, monkeypatch):
    with serve(respond_like_mlflow()) as (url, requests):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        code, _, error = run("extract", "statistics")
    assert code == 0 and requests
    assert "MLFLOW_TRACKING_URI" in error


def test_nothing_of_one_extract_leaks_into_the_next(run, repository, tmp_path):
    other = Repository(tmp_path / "other")
    other.commit("only", b="1\n")
    alone = run("extract", "--repository-path", other.path, "save").output
    first, second = (["extract", "--repository-path", p] for p in (repository, other.path))
    run(*first, *second, "save", "--output", "both")
    assert Path("both-2.json").read_text() == alone


def test_an_incomplete_extraction_has_exit_code_3_unless_it_is_allowed(run):
    runs = {"runs": [{"info": {"run_id": "r", "experiment_id": "1"}}]}
    refusing = respond_like_mlflow(runs_search=runs, artifacts_list=(403, {}, b""))
    with serve(refusing) as (url, _):
        assert run("extract", "--mlflow-url", url, "statistics").code == 3
        result = run("extract", "--mlflow-url", url, "--allow-incomplete", "statistics")
    assert result.code == 0
    assert "entity" in result.output and "left out" in result.error


# Documents


def test_merge_makes_one_file_of_two_documents(run, folder):
    assert run("load", *INPUTS, "merge", "save", "--output", "m").code == 0
    assert len(load(folder / "m.json")) == 4


def test_save_writes_every_document_in_every_format(run, folder):
    formats = ["--format", "json", "--format", "xml"]
    loads = ["load", "--input", "ada.json", "load", "--input", "bob.json"]
    assert run(*loads, "save", "--output", "r", *formats).code == 0
    names = sorted(path.name for path in folder.glob("r-*"))
    assert names == ["r-1.json", "r-1.xml", "r-2.json", "r-2.xml"]
    assert load(folder / "r-1.json") == load(folder / "r-1.xml") == load(folder / "ada.json")
    assert load(folder / "r-2.xml") == load(folder / "bob.json")


def test_save_passes_its_documents_on_once(run, folder):
    formats = ["--format", "json", "--format", "provn", "--format", "xml"]
    arguments = ["load", "--input", "ada.json", "save", "--output", "x", *formats]
    assert run(*arguments, "statistics").output.count("entity") == 1


def test_two_steps_that_save_under_one_name_are_refused_before_anything_is_read(run, folder):
    code, output, error = run(
        "load", "--input", "ada.json", "save", "--output", "same",
        "load", "--input", "nothing.json", "save", "--output", "same",
    )  # fmt: skip
    assert (code, output) == (2, "") and "same (json) is written twice" in error


def test_commands_may_come_in_any_order_after_a_source(run, folder):
    loads = [["load", "--input", name] for name in ("ada.json", "bob.json")]
    code, output, _ = run(*loads[0], "statistics", *loads[1], "merge", "statistics")
    assert code == 0 and output.count("kind") == 2


def test_options_are_spelled_with_dashes_or_underscores(run, repository):
    with_dash = run("extract", "--repository-path", repository, "save").output
    with_underscore = run("extract", "--repository_path", repository, "save").output
    assert with_dash == with_underscore != ""


# Standard streams


def test_a_dash_is_standard_input_and_standard_output(run, folder):
    content = json.dumps(ADA).encode()
    code, output, error = run("load", "--input", "-", "save", "--output", "-", stdin=content)
    assert (code, error) == (0, "")
    assert json.loads(output)["entity"] == {"a": {"name": "1"}}
    assert not list(folder.glob("-*"))


def test_standard_output_takes_one_document(run, folder):
    code, output, error = run("load", *INPUTS, "save")
    assert (code, output) == (1, "") and is_one_line(error) and "merge" in error


def test_a_reader_that_goes_away_is_no_error(run, folder):
    command = f"{sys.executable} -m mlflow2prov load --input ada.json save | head -c 1"
    process = subprocess.run(command, shell=True, capture_output=True, timeout=60)
    assert process.stderr == b""


def test_a_closed_standard_output_is_an_error(folder):
    command = f"{shlex.quote(sys.executable)} -m mlflow2prov load --input ada.json save >&-"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, text=True, env=environment
    )
    assert process.returncode == 1
    assert "standard output: cannot be written to" in process.stderr


# Statistics


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
def test_statistics_have_every_resolution_in_every_format(run, folder, resolution, form):
    options = ["--resolution", resolution, "--format", form]
    code, output, _ = run("load", "--input", "ada.json", "statistics", *options)
    assert code == 0
    if form == "csv":
        columns = ["kind", "count"] if resolution == "coarse" else ["kind", "type", "count"]
        assert next(csv.reader(io.StringIO(output))) == columns
    elif form == "json":
        assert {"kind": "entity", "count": 1}.items() <= json.loads(output)[0].items()
    else:
        assert ("relation" in output) is (resolution == "coarse")


def test_statistics_as_csv_load_into_pandas(run, folder):
    import pandas

    output = run("load", "--input", "ada.json", "statistics", "--fine", "--format", "csv").output
    frame = pandas.read_csv(io.StringIO(output))
    assert list(frame.columns) == ["kind", "type", "count"] and frame["count"].sum() == 2


def test_cells_cannot_become_formulas(run, folder):
    name = {"$": "=cmd()", "type": "xsd:string"}
    document = {"prefix": {"default": "http://x/"}, "entity": {"a": {"prov:type": name}}}
    (folder / "f.json").write_text(json.dumps(document))
    output = run("load", "--input", "f.json", "statistics", "--fine", "--format", "csv").output
    assert "entity,'=cmd(),1" in output


# People


def test_aliases_merge_the_agents_that_they_name_and_no_others(run, folder):
    (folder / "aliases.yaml").write_text("- name: Ann\n  aliases: [ann]\n")
    aliases = ["--merge-aliased-agents", "aliases.yaml"]
    code, output, _ = run("load", *INPUTS, "merge", "transform", *aliases, "save")
    names = sorted(str(agent["name"]) for agent in json.loads(output)["agent"].values())
    assert code == 0 and names == ["['Ann', 'ann']", "bob"]


def test_suggested_aliases_are_written_and_merge_nobody(run, folder):
    options = ["--suggest-aliases", "people.yaml"]
    code, output, _ = run("load", *INPUTS, "merge", "transform", *options, "save")
    plain = run("load", *INPUTS, "merge", "transform", "save").output
    assert code == 0 and json.loads(output)["agent"] == json.loads(plain)["agent"]
    assert (folder / "people.yaml").read_text().startswith("# Agents that are probably one person")


def test_pseudonyms_replace_all_names_and_distinguish_people(run, folder):
    output = run("load", *INPUTS, "merge", "transform", "--use-pseudonyms", "save").output
    assert "ann" not in output and "bob" not in output
    assert len({agent["name"] for agent in json.loads(output)["agent"].values()}) == 2


# Errors


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["merge"], 2, "merge has no documents to work on"),
        (["save"], 2, "save has no documents to work on"),
        (["bogus"], 2, "unknown command 'bogus'; choose from init, extract, update, load"),
        (["extarct"], 2, "did you mean extract?"),
        (["load", "--input", "ada.json", "check", "wine", "statistcs"], 2, "unknown command 'statistcs'"),
        (["extract"], 2, "--repository-path"),
        (["load"], 2, "load needs a file"),
        (["extract", "--mlflow-url", "x", "--environments", "--artifacts", "none"], 2,
         "--environments has no effect"),
        (["extract", "--mlflow-url", "x", "--since", "2024"], 2,
         "--since has no effect without --repository-path"),
        (["load", "--input", "ada.json", "--graph", "http://x/"], 2, "--graph requires the URL of a store"),
        (["load", "--inptu", "x"], 2, "--input"),
        (["load", "--input", ""], 2, "the value is empty"),
        (["load", "--input", "nothing.json"], 1, "no such file"),
        (["load", "--input", "."], 1, "cannot be read"),
        (["load", "--input", "ada.json", "save", "--format", "bogus"], 2, "bogus"),
        (["load", "--input", "ada.json", "save", "--output", "no/such/folder"], 1, "no/such"),
        (["load", "--input", "ada.json", "save", "--output", "sub/"], 2, "sub/ is a folder"),
        (["extract", "--repository-path", "."], 1, "not a Git repository"),
        (["extract", "--mlflow-url", "http://127.0.0.1:9"], 1, "cannot be reached"),
        (["--config", "nothing.yaml"], 1, "cannot be read"),
        (["--config", "x", "merge"], 2, "--config and --validate take no commands"),
        (["--config", "x", "--validate", "y"], 2, "--config and --validate exclude each other"),
        (["--memory-limit", "much", "merge"], 2, "not a size"),
    ],
)  # fmt: skip
def test_bad_input_is_an_error_of_one_line_with_an_exit_code(run, folder, arguments, code, message):
    result = run(*arguments)
    assert (result.code, result.output) == (code, "")
    assert is_one_line(result.error) and message in result.error


def test_verbose_prints_tracebacks(run):
    code, _, error = run("--verbose", "load", "--input", "nothing.json")
    assert code == 1 and "Traceback" in error


def test_verbose_prints_the_steps(run, folder):
    code, _, error = run("--verbose", "load", "--input", "ada.json", "merge", "statistics")
    assert code == 0
    assert "load: 1 document of 2 statements, " in error and "merge: 1 document" in error


def test_a_chain_that_fails_leaves_files_as_they_were(run, folder):
    (folder / "r.json").write_text("the previous content")
    arguments = ["load", "--input", "ada.json", "save", "--output", "r", "statistics"]
    code, output, _ = run(*arguments, "load", "--input", "nothing.json")
    assert (code, output) == (1, "")
    assert (folder / "r.json").read_text() == "the previous content"
    assert sorted(path.name for path in folder.iterdir()) == ["ada.json", "bob.json", "r.json"]


def test_control_characters_do_not_reach_the_terminal(run):
    error = run("load", "--input", "\x1b[31mred\x07.json").error
    assert "\x1b" not in error and "\x07" not in error


def test_credentials_do_not_reach_the_terminal(run):
    url = "http://ada:hunter2@127.0.0.1:9/?token=s3cret"
    error = run("--verbose", "extract", "--mlflow-url", url).error
    assert "127.0.0.1" in error
    assert "hunter2" not in error and "s3cret" not in error


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_and_a_row_in_the_readme(run, command):
    code, output, _ = run(command, "--help")
    assert code == 0 and output.startswith("Usage: mlflow2prov")
    assert f"| `{command}` |" in (Path(__file__).parents[2] / "README.md").read_text()


def test_the_summaries_of_commands_fit_on_a_line(run):
    code, output, _ = run("--help")
    assert code == 0
    summaries = output.partition("Commands:\n")[2].splitlines()
    assert len(summaries) == len(COMMANDS) and all(line.endswith(".") for line in summaries)
    assert not any(line.endswith("...") for line in summaries)


def test_help_and_version_import_nothing_heavy(run):
    assert run("--version").output == f"mlflow2prov {__version__}\n"
    script = (
        "import sys; sys.argv = ['mlflow2prov', *{arguments}]\n"
        "from mlflow2prov.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {{'duckdb', 'pyarrow', 'pandas', 'prov', 'rdflib', 'sqlalchemy', 'httpx', 'rich', 'git'}}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    for arguments in (["--help"], *([command, "--help"] for command in COMMANDS)):
        process = subprocess.run(
            [sys.executable, "-c", script.format(arguments=arguments)],
            capture_output=True,
            text=True,
        )
        assert process.stderr == "[]\n", arguments
