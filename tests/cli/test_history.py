"""``history`` on a document with observed changes: selectors, formats, files."""

import json
import re
from pathlib import Path

import pytest

from mlflow2prov import save
from tests.cli.conftest import is_one_line, run_program
from tests.observations import HISTORY, REGISTRY, document_of

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    save(document_of(HISTORY, **REGISTRY), folder / "audit", "json")
    save(document_of([], **REGISTRY), folder / "first", "json")
    return folder


@pytest.fixture
def run_on(folder):
    return lambda *arguments, file="audit.json": run_program(folder, "load", file, *arguments)


def test_the_changes_of_a_model_are_a_table(run_on):
    code, output, error = run_on("history", "models:/wine")
    assert (code, error) == (0, "")
    assert output.startswith("when ") and len(output.splitlines()) == 2 + len(HISTORY) - 1
    assert "between 2026-01-01T02:00:00+00:00 and 2026-01-11T02:00:00+00:00" in output


@pytest.mark.parametrize("arguments", [["wine@old"], ["--of", "wine@old"], ["models:/wine@old"]])
def test_an_alias_that_was_removed_is_found(run_on, arguments):
    code, output, _ = run_on("history", *arguments, "--format", "json")
    assert code == 0
    assert [change["new_value"] for change in json.loads(output)["changes"]] == ["1", None]


def test_without_a_selector_all_changes_are_listed(run_on):
    code, output, _ = run_on("history", "--format", "csv")
    assert code == 0 and len(output.splitlines()) == 1 + len(HISTORY)


def test_changes_since_a_date_are_listed(run_on):
    code, output, _ = run_on("history", "--since", "2026-01-12", "--format", "csv")
    assert code == 0 and len(output.splitlines()) == 1 + 3
    code, _, error = run_on("history", "--since", "someday")
    assert code != 0 and "'someday' is not a date" in error


def test_a_file_has_the_format_of_its_extension(run_on, folder):
    code, output, _ = run_on("history", "models:/wine/2", "--output", "wine.md")
    assert (code, output) == (0, "")
    assert (folder / "wine.md").read_text().startswith("| when | subject |")


def test_the_documents_are_passed_on(run_on):
    code, output, _ = run_on("history", "wine", "statistics", "--format", "csv")
    assert code == 0 and output.startswith("when ") and "entity," in output


def test_a_document_without_changes_names_the_command_that_records_them(run_on):
    code, output, _ = run_on("history", "models:/wine", file="first.json")
    assert code == 0
    assert (
        output
        == "no observed changes; mlflow2prov update --state FILE records them, from its second run on\n"
    )


def test_an_unknown_subject_is_an_error_of_one_line(run_on):
    code, output, error = run_on("history", "models:/beer")
    assert (code, output) == (1, "")
    assert "'models:/beer'" in error and is_one_line(error)


EXAMPLES = re.findall(
    r"^```text\n\$ mlflow2prov (load [^\n]+)\n\n(.*?)^```$",
    (TOP / "docs/history.md").read_text("utf-8"),
    re.M | re.S,
)


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_program_prints_the_documented_output(folder, command, output):
    rows = [row for row in HISTORY if row["uri"] != "models:/wine@old"]
    save(document_of(rows, **REGISTRY), folder / "documented", "json")
    (folder / "documented.json").rename(folder / "audit.mlflow2prov")
    result = run_program(folder, *command.split())
    assert result.code == 0, result.error
    assert result.output == output


def test_the_page_has_examples():
    assert len(EXAMPLES) == 2
