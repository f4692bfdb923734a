"""The commands of docs/lineage.md, on the frozen example."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import is_one_line, run_program

TOP = Path(__file__).parents[2]
COMMANDS = re.findall(r"^\$ mlflow2prov (.+)$", (TOP / "docs/lineage.md").read_text("utf-8"), re.M)


def run(folder, command):
    shutil.copy(TOP / "tests/golden/result.json", folder)
    return run_program(folder, *shlex.split(command))


def test_the_page_has_commands():
    assert len(COMMANDS) >= 4


@pytest.mark.parametrize("command", COMMANDS)
def test_the_documented_commands_run(tmp_path, command):
    result = run(tmp_path, command)
    assert result.code == 0, result.error
    if "statistics" in command:
        assert not re.search(r"^(entity|relation) +0$", result.output, re.M)
    elif "--impact" in command:
        assert "models:/wine@champion" in result.output
        is_challenger_reached = "models:/wine-kernel@challenger" in result.output
        assert is_challenger_reached == ("File:" in command)
    elif " list" in command:
        assert "wine" in result.output or "runs" in result.output
    else:
        graph = (tmp_path / "champion.dot").read_text("utf-8")
        for name in ("wine 2", "Train a logistic regression", "Ada Lovelace", "train.py"):
            assert name in graph


@pytest.mark.parametrize(
    ("selector", "message"),
    [
        ("wine@champiom", "champion"),
        ("Run:nobody", "'Run:nobody'"),
        ("name=wine", "RegisteredModelVersion.28de175808f74c0d4a1608a2.1"),
    ],
)
def test_a_selector_without_one_match_is_an_error_of_one_line(tmp_path, selector, message):
    code, output, error = run(tmp_path, f"load --input result.json lineage {selector} statistics")
    assert (code, output) == (1, "")
    assert message in error and is_one_line(error)
