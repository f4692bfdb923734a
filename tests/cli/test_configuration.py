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
         "unknown option of statistics 'fien'; choose from by, fine, format, resolution; did you mean fine?"),
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
        ("- load: {input: a.json}\n- extract:", 2, "extract needs --repository-path"),
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
