"""A YAML file is the command line, and what is wrong in it is named by line and key."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlflow2prov.cli import cli
from mlflow2prov.cli.config_file import read_configuration
from mlflow2prov.cli.config_schema import schema
from mlflow2prov.errors import ConfigurationError

TOP = Path(__file__).parents[2]

SEED = """
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


def test_A10_the_yaml_of_the_documentation_is_this_command_line(tmp_path):
    assert read(tmp_path, SEED).command_line == [
        "extract",
        "--repository_path=/home/user/dev/mlproject-foo",
        "--mlflow_url=http://localhost-foo:5000",
        "load",
        "--input=example.rdf",
        "transform",
        "--use_pseudonyms",
        "--eliminate_duplicates",
        "merge",
        "save",
        "--output=result",
        *(f"--format={name}" for name in ("json", "rdf", "xml", "provn", "dot")),
        "statistics",
        "--fine",
        "--format=table",
    ]


def test_A10_false_is_off_and_bare_commands_are_taken(tmp_path):
    text = "- transform: {use_pseudonyms: false}\n- save:\n- transform:\n"
    assert read(tmp_path, text).command_line == ["transform", "save", "transform"]


def test_A10_dashes_and_dates_are_as_on_the_command_line(tmp_path):
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
    ("text", "line", "words"),
    [
        ("- statistics: {fien: true}", 1, "'fien' is no option of statistics; did you mean 'fine'"),
        ("- merge:\n- save:\n    formatter: json", 3, "'formatter' is no option"),
        (
            "- save:\n    format: [json, jsno]",
            2,
            "'jsno'; did you mean 'json'? expected one of json",
        ),
        (
            "- transform:\n    merge_aliased_agents: true",
            2,
            "true; expected a text; put it in quotes",
        ),
        ("- transform:\n    use_pseudonyms: 1", 2, "1; expected true or false"),
        ("- extract:\n    workers: 100", 2, "expected 1 to 64"),
        ("- load:", 1, "load"),
        ("- load: {format: json}", 1, "'input' is missing"),
        ("- bogus:", 1, "'bogus' is no command"),
        ("- merge:\n  save:", 1, "one command an entry"),
        ("merge:", 1, "expected a list of commands"),
        ("", 1, "expected a list"),
        ("[]", 1, "at least one command"),
        ("- save: {output: a, output: b}", 1, "given twice"),
        ("- merge: [\n- save:", 2, "not YAML"),
        (
            "- extract: !!python/object:os.system {}",
            1,
            "the tag !!python/object:os.system is not taken",
        ),
        ("- &a [merge]\n- *a", None, "aliases"),
    ],
)
def test_A10_an_error_names_the_line_the_key_and_what_was_expected(tmp_path, text, line, words):
    with pytest.raises(ConfigurationError) as error:
        read(tmp_path, text)
    message = str(error.value)
    assert words in message and "\n" not in message
    if line is not None:
        assert f"c.yaml:{line}: " in message


@pytest.mark.parametrize("name", ["example.yaml", "audit.yaml"])
def test_A10_the_examples_are_valid(name):
    found = CliRunner().invoke(cli, ["--validate", str(TOP / "examples" / "config" / name)])
    assert found.exit_code == 0 and "valid" in found.output


def test_a_configuration_runs_as_the_command_line_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = {"prefix": {"default": "http://x/"}, "entity": {"a": {}}}
    Path("a.json").write_text(json.dumps(document))
    Path("c.yaml").write_text(
        "- load: {input: a.json}\n- save: {output: r, format: [json, provn]}\n- statistics:\n"
    )
    ran = CliRunner().invoke(cli, ["--config", "c.yaml"])
    assert ran.exit_code == 0 and "entity" in ran.output
    assert Path("r.json").exists() and Path("r.provn").exists()


def test_the_schema_for_editors_is_that_of_the_commands():
    kept = json.loads((TOP / "config" / "mlflow2prov.schema.json").read_text())
    assert kept == schema(), "run `make docs`"
