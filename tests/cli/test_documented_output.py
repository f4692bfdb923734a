"""The outputs in docs/audit.md are those of the program on the frozen example."""

import re
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import run_program

TOP = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```console\n\$ mlflow2prov ([^\n]+)\n(.*?)^```$",
    (TOP / "docs/audit.md").read_text("utf-8"),
    re.M | re.S,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    golden = (TOP / "tests/golden/result.json").read_text("utf-8")
    for name in ("result", "old"):
        (folder / f"{name}.json").write_text(golden, "utf-8")
    (folder / "examples/config").mkdir(parents=True)
    shutil.copy(TOP / "examples/config/allowed.yaml", folder / "examples/config")
    (folder / "new.json").write_text(golden.replace('"value": "yes"', '"value": "no"'), "utf-8")
    return folder


def test_the_page_has_examples():
    assert len(EXAMPLES) >= 7


@pytest.mark.parametrize(("command", "output"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_the_program_prints_the_documented_output(folder, command, output):
    result = run_program(folder, *command.split())
    is_negative = " diff " in f" {command}" or "\nfailed: " in output
    assert result.code == int(is_negative), result.error
    assert result.output == output
