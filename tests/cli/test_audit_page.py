"""docs/audit.md: its examples come out as they stand there, on the frozen example."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```console\n\$ mlflow2prov ([^\n]+)\n(.*?)^```$",
    (TOP / "docs/audit.md").read_text("utf-8"),
    re.M | re.S,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("audit")
    golden = (TOP / "tests/golden/result.json").read_text("utf-8")
    for name in ("result", "old"):
        (made / f"{name}.json").write_text(golden, "utf-8")
    (made / "examples/config").mkdir(parents=True)
    shutil.copy(TOP / "examples/config/allowed.yaml", made / "examples/config")
    (made / "new.json").write_text(golden.replace('"value": "yes"', '"value": "no"'), "utf-8")
    return made


def test_there_are_examples():
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_what_the_page_shows_is_what_comes_out(folder, command, output):
    words = [sys.executable, "-m", "mlflow2prov", *command.split()]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)
    is_refuted = " diff " in f" {command}" or "\nfailed: " in output
    assert done.returncode == int(is_refuted), done.stderr
    assert done.stdout == output
