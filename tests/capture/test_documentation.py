"""The examples of the documentation of capture work, in their order, and print what the pages show."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mlflow2prov.capture as p
from mlflow2prov.capture.environment import set_run_info_fn

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"capture-tutorial": 70, "record-files": 15, "stages": 15}
"""The pages with examples, and the least number of these."""

TUTORIAL = DOCS / "capture-tutorial.md"
REFERENCE = DOCS / "capture.md"


def blocks(page, language):
    """Return the contents of the fenced blocks of a page in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)


@pytest.fixture(autouse=True)
def without_run_info_fn():
    yield
    set_run_info_fn(None)


@pytest.mark.parametrize("name", PAGES)
def test_the_examples_print_what_the_page_shows(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session = "".join(blocks(DOCS / f"{name}.md", "pycon"))
    test = doctest.DocTestParser().get_doctest(session, {"__name__": "__main__"}, name, name, 0)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append)
    assert not result.failed, "".join(report)
    assert result.attempted >= PAGES[name]


def test_the_tutorial_has_no_other_examples():
    languages = re.findall(r"^```(\w+)$", TUTORIAL.read_text("utf-8"), re.M)
    assert set(languages) == {"pycon", "console"}


def test_the_examples_of_the_reference_are_one_program(tmp_path):
    program = tmp_path / "program.py"
    program.write_text("\n".join(blocks(REFERENCE, "python")), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "expensive_mult" in done.stdout
    assert "4" in done.stdout and "argument b: " in done.stdout
    assert (tmp_path / "lineage.svg").exists()


@pytest.mark.parametrize("text", blocks(REFERENCE, "yaml"))
def test_the_configuration_of_the_reference_is_valid(text, tmp_path):
    file = tmp_path / "capture.yaml"
    file.write_text(text, encoding="utf-8")
    config = p.load_yaml_config(file)
    written = yaml.safe_load(text)
    assert set(config.blobstores) == set(written["blobstores"])
    assert set(config.repos) == set(written["artifact_repos"])
    assert config.default_repo is config.repos[written["default_repo"]]


def test_every_option_and_setting_is_in_the_reference():
    page = REFERENCE.read_text("utf-8")
    options = p.provenance.__code__.co_varnames[: p.provenance.__code__.co_argcount]
    settings = p.Config().settings
    missing = [name for name in (*options, *settings) if f"`{name}`" not in page]
    assert missing == []
