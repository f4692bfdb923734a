"""The commands of docs/lineage.md, on the example."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
COMMANDS = re.findall(r"^\$ mlflow2prov (.+)$", (TOP / "docs/lineage.md").read_text("utf-8"), re.M)


def run(folder, command):
    shutil.copy(TOP / "tests/golden/result.json", folder)
    words = [sys.executable, "-m", "mlflow2prov", *shlex.split(command)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_documented_commands_run(tmp_path, command):
    done = run(tmp_path, command)
    assert done.returncode == 0, done.stderr
    if "statistics" in command:
        assert not re.search(r"^(entity|relation) +0$", done.stdout, re.M)
    else:
        drawn = (tmp_path / "champion.dot").read_text("utf-8")
        for name in ("wine 2", "Train a logistic regression", "Ada Lovelace", "train.py"):
            assert name in drawn


@pytest.mark.parametrize(
    ("selector", "said"),
    [("wine@champiom", "champion"), ("Run:nobody", "there is no"), ("name=wine", "things")],
)
def test_what_cannot_be_meant_is_one_line(tmp_path, selector, said):
    done = run(tmp_path, f"load --input result.json lineage --of {selector} statistics")
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr and done.stderr.count("\n") == 1
