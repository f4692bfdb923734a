"""A YAML file is a command line; an error in it names the line, the key and the expected value."""

import json
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlflow2prov.cli import cli
from mlflow2prov.cli.config_file import read_configuration
from mlflow2prov.errors import ConfigurationError

TOP = Path(__file__).parents[2]

DOCUMENTED = """
- extract:
    repository_path: "/home/user/dev/mlproject-foo"
    mlflow_url: "http://localhost-foo:5000"
- load:
    input: [example.rdf]
- transform:
    use_pseudonyms: true
    eliminate_duplicates: true
- merge:
- save:
    output: result
    format: [json, rdf, xml, provn, dot]
- statistics:
    fine: true
    format: table
"""


def read(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    return read_configuration(tmp_path / "c.yaml")


def test_the_documented_configuration_is_this_command_line(tmp_path):
    assert read(tmp_path, DOCUMENTED).command_line == [
        "extract",
        "--repository-path=/home/user/dev/mlproject-foo",
        "--mlflow-url=http://localhost-foo:5000",
        "load",
        "--input=example.rdf",
        "transform",
        "--use-pseudonyms",
        "--eliminate-duplicates",
        "merge",
        "save",
        "--output=result",
        *(f"--format={name}" for name in ("json", "rdf", "xml", "provn", "dot")),
        "statistics",
        "--fine",
        "--format=table",
    ]


def test_false_switches_an_option_off_and_commands_need_no_options(tmp_path):
    text = "- transform: {use_pseudonyms: false}\n- save:\n- transform:\n"
    assert read(tmp_path, text).command_line == ["transform", "save", "transform"]


def test_dashes_and_dates_are_read_as_on_the_command_line(tmp_path):
    text = (
        "- transform: {merge-aliased-agents: a.yaml}\n- extract: {since: 2024-01-31, workers: 2}\n"
    )
    assert read(tmp_path, text).command_line == [
        "transform",
        "--merge-aliased-agents=a.yaml",
        "extract",
        "--since=2024-01-31",
        "--workers=2",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- statistics: {fien: true}", 1,
         "unknown option of statistics 'fien'; choose from by, color, fine, format, resolution; did you mean fine?"),
        ("- merge:\n- save:\n    formatter: json", 3, "unknown option of save 'formatter'"),
        ("- save:\n    format: [json, jsno]", 2, "unknown format 'jsno'; choose from json, "),
        ("- save:\n    format: [json, jsno]", 2, "did you mean json?"),
        ("- transform:\n    merge_aliased_agents: true", 2, "true; expected text; put it in quotes"),
        ("- transform:\n    use_pseudonyms: 1", 2, "1; expected true or false"),
        ("- extract:\n    workers: 100", 2, "expected 1 to 64"),
        ("- load:", 1, "load"),
        ("- load: {format: json}", 1, "'input' is missing"),
        ("- lineage: {depth: 1}", 1, "'of' is missing"),
        ("- bogus:", 1, "unknown command 'bogus'"),
        ("- merge: {format: json}", 1, "merge has no options"),
        ("- merge:\n  save:", 1, "one command per entry"),
        ("merge:", 1, "expected a list of commands"),
        ("", 1, "expected a list"),
        ("[]", 1, "at least one command"),
        ("- save: {output: a, output: b}", 1, "'output' occurs twice"),
        ("- extract: {mlflow_url: a, mlflow-url: b}", 1, "'mlflow-url' occurs twice"),
        ("- merge: [\n- save:", 2, "not YAML"),
        ("- extract: !!python/object:os.system {}", 1, "the tag !!python/object:os.system is not supported"),
        ("- &a [merge]\n- *a", None, "aliases"),
        ("- load: {input: a.json}\n- extract: {calls: x, no-calls: true}", 2, "--calls and --no-calls exclude"),
        ("- load: {input: a.json}\n- check:\n    require: [commit, comit]", 3, "unknown question 'comit'"),
        ("- extract:\n    since: gibberish", 2, "'gibberish' is not a date"),
        ("- extract:\n    runs-since: 2024-13-01 12:00", 2, "'2024-13-01 12:00' is not a date"),
        ("- extract:\n    exclude: [data, ':!x']", 2, "':!x' is not a pattern"),
        ("- extract:\n    mlflow_url: sqlite://x.db", 2, "give sqlite:///x.db"),
        ("- load: {input: a}\n- lineage:\n    of: x\n    relations: [used, usd]", 4, "unknown relation 'usd'"),
        ("- load: {input: a}\n- export:\n    to: foo://x", 3, "unknown scheme of a store 'foo'"),
        ("- load: {input: a}\n- report:\n    repository-url: x", 3, "repository URL"),
        ("- merge:", 1, "merge has no documents"),
        ('- "mer\\nge"', 1, "expected a command"),
        ('- "mer\\nge":', 1, "unknown command"),
        ('- save: {"for\\nmat": x}', 1, "unknown option"),
        ("- " + "x" * 10_000, 1, "xxx..."),
    ],
)  # fmt: skip
def test_an_error_names_the_line_the_key_and_the_expected_value(tmp_path, text, line, message):
    (tmp_path / "c.yaml").write_text(text)
    result = CliRunner().invoke(cli, ["--validate", str(tmp_path / "c.yaml")])
    assert isinstance(result.exception, ConfigurationError)
    error = str(result.exception)
    assert message in error and "\n" not in error and len(error) < 3000
    if line is not None:
        assert f"c.yaml:{line}: " in error


@pytest.mark.parametrize("name", ["example.yaml", "audit.yaml"])
def test_the_examples_are_valid(name):
    result = CliRunner().invoke(cli, ["--validate", str(TOP / "examples" / "config" / name)])
    assert result.exit_code == 0 and "valid" in result.output


def test_a_configuration_runs_like_its_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = {"prefix": {"default": "http://x/"}, "entity": {"a": {}}}
    Path("a.json").write_text(json.dumps(document))
    Path("c.yaml").write_text(
        "- load: {input: a.json}\n- save: {output: r, format: [json, provn]}\n- statistics:\n"
    )
    result = CliRunner().invoke(cli, ["--config", "c.yaml"])
    assert result.exit_code == 0 and "entity" in result.output
    assert Path("r.json").exists() and Path("r.provn").exists()


def test_generated_files_are_up_to_date():
    generate = runpy.run_path(str(TOP / "scripts" / "docs.py"))["generate"]
    for name, content in generate().items():
        assert (TOP / name).read_text("utf-8") == content, f"{name}: run `make docs`"


# All mistakes


def test_all_mistakes_of_a_file_are_reported_in_order(run, tmp_path):
    (tmp_path / "c.yaml").write_text(
        "- extract:\n"
        "    sinc: 2024\n"
        "    since: gibberish\n"
        "    workers: 100\n"
        "- check:\n"
        "    require: [commit, comit]\n"
        "    fail-on: warnings\n"
        "- lineage: {of: x, relations: usd}\n"
        "- bogus:\n"
        "- extract:\n"
        "    exclude: ':!x'\n"
        "    until: nonsense\n"
    )
    result = run("--validate", "c.yaml")
    assert (result.code, result.output) == (1, "")
    lines = [line.removeprefix("mlflow2prov: error: ") for line in result.error.splitlines()]
    for line, (number, message) in zip(
        lines,
        [
            (2, "unknown option of extract 'sinc'"),
            (4, "workers: 100; expected 1 to 64"),
            (7, "unknown fail-on 'warnings'"),
            (8, "unknown relation 'usd'"),
            (9, "unknown command 'bogus'"),
            (11, "':!x' is not a pattern"),
            (12, "'nonsense' is not a date"),
        ],
        strict=True,
    ):
        assert line.startswith(f"c.yaml:{number}: ") and message in line
    assert run("--config", "c.yaml") == result


def test_a_single_mistake_is_one_line(run, tmp_path):
    (tmp_path / "c.yaml").write_text("- merge:\n")
    for option in ("--validate", "--config"):
        result = run(option, "c.yaml")
        assert result.code == 1 and result.error.count("\n") == 1


# Variables


def test_values_have_variables_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPH", "wine")
    monkeypatch.setenv("EMPTY", "")
    monkeypatch.setenv("WORKERS", "4")
    monkeypatch.setenv("DEEP", "true")
    monkeypatch.setenv("HOSTILE", "x, y]\n- merge:")
    monkeypatch.delenv("UNSET", raising=False)
    text = """
- extract:
    repository-path: "${UNSET:-../project}"
    mlflow-url: ${EMPTY:-http://localhost:5000}
    workers: ${WORKERS}
    traces: ${DEEP}
    branch: ["${HOSTILE}", "${GRAPH}-$${GRAPH}"]
- save: {output: "out/${GRAPH}", format: ["${UNSET:-json}"]}
"""
    assert read(tmp_path, text).command_line == [
        "extract",
        "--repository-path=../project",
        "--mlflow-url=http://localhost:5000",
        "--branch=x, y]\n- merge:",
        "--branch=wine-${GRAPH}",
        "--traces",
        "--workers=4",
        "save",
        "--output=out/wine",
        "--format=json",
    ]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- save:\n    output: ${UNSET}", 2, "the environment variable UNSET is not set; set it, or "),
        ("- save:\n    output: a\n    format: ${", 3, "write $${ for these characters"),
        ("- save:\n    output: ${1}", 2, "a variable is ${NAME}"),
        ("- save:\n    output: ${EMPTY}", 2, "expected some text"),
        ("- save:\n    output: ${EMPTY:-}", 2, "expected some text"),
        ("- extract:\n    workers: ${GRAPH}", 2, "expected a whole number"),
        ("- extract:\n    workers: '${WORKERS}'", 2, "expected a whole number"),
        ("- save:\n    format: ${GRAPH}", 2, "unknown format"),
        ("- ${GRAPH}:", 1, "unknown command '${GRAPH}'"),
    ],
)  # fmt: skip
def test_a_mistake_with_a_variable_names_the_line(tmp_path, monkeypatch, text, line, message):
    for name, value in (("GRAPH", "wine"), ("EMPTY", ""), ("WORKERS", "4")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("UNSET", raising=False)
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, text)
    assert f"c.yaml:{line}: " in str(error.value) and message in str(error.value)


def test_a_message_does_not_repeat_the_value_of_a_variable(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TOKEN", "hunter2")
    (tmp_path / "c.yaml").write_text("- save:\n    format: ${TOKEN}\n")
    error = run("--validate", "c.yaml").error
    assert "${TOKEN}" in error and "hunter2" not in error


def test_other_files_have_no_variables(run, tmp_path, monkeypatch):
    monkeypatch.setenv("GRAPH", "wine")
    (tmp_path / "aliases.yaml").write_text("- name: ${GRAPH}\n  aliases: [ada]\n")
    document = {"prefix": {"default": "http://x/"}, "agent": {"a": {"name": "ada"}}}
    Path("a.json").write_text(json.dumps(document))
    output = run(
        "load", "a.json", "transform", "--merge-aliased-agents", "aliases.yaml", "save"
    ).output
    assert "${GRAPH}" in output
