"""The lines on standard error: details, notices, or only errors; and the completion scripts of shells."""

import re
import shutil
import subprocess
import sys
from itertools import count

import pytest

from mlflow2prov.cli import terminal

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def test_details_have_the_time_off_a_terminal(run, project_folder):
    chain = ("load", project_folder / "fraud.json", "save", "-o", "x.json")
    lines = run("--verbose", *chain).error.splitlines()
    assert len(lines) > 2
    assert all(
        re.fullmatch(rf"mlflow2prov: {TIME} \w+: .*|mlflow2prov: {TIME} wrote .*", line)
        for line in lines
    )


def test_progress_is_at_most_one_line_in_some_seconds(monkeypatch):
    lines = []
    monkeypatch.setattr(terminal, "log_detail", lines.append)
    monkeypatch.setattr(terminal, "monotonic", count(0, 4).__next__)
    report_progress = terminal.log_progress()
    for done in range(1, 7):
        report_progress("commits", done, 6)
    report_progress("runs", 1, None)
    assert lines == ["commits: 1 of 6", "commits: 4 of 6", "commits: 6 of 6", "runs: 1"]


def test_quiet_prints_no_notice_and_every_error(run, project_folder):
    assert "nothing was saved" in run("load", project_folder / "fraud.json").error
    assert run("-q", "load", project_folder / "fraud.json") == (0, "", "")
    code, _, error = run("--quiet", "load", "--input", "nothing.json")
    assert (code, error) == (1, "mlflow2prov: error: nothing.json: there is no such file\n")


def test_quiet_prints_results(run, project_folder):
    chain = ("load", project_folder / "fraud.json", "statistics")
    assert "entity" in run("--quiet", *chain).output


def test_verbose_and_quiet_exclude_each_other(run):
    code, _, error = run("-v", "-q", "load", "x")
    assert code == 2
    assert "--verbose and --quiet exclude each other; choose one" in error


def test_short_options_are_the_long_ones(run, run_on, tmp_path):
    assert run_on("statistics", "save", "-o", tmp_path / "x.ttl").code == 0
    assert (tmp_path / "x.ttl").exists()
    assert "Traceback" in run("-v", "load", "--input", "nothing.json").error


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_accepts_its_completion_script(shell, run, tmp_path):
    code, script, error = run("completion", shell)
    assert (code, error) == (0, "")
    assert "_MLFLOW2PROV_COMPLETE" in script
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(script)
    subprocess.run([shell, "-n", tmp_path / "script"], check=True, timeout=60)


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("mlflow2prov sta", ["statistics"]),
        ("mlflow2prov load x.json che", ["check"]),
        ("mlflow2prov load x.json check --fail-on war", ["warning"]),
        ("mlflow2prov extract --ren", ["--renames"]),
    ],
)
def test_words_are_completed_along_the_chain(words, completions, monkeypatch):
    environment = {"_MLFLOW2PROV_COMPLETE": "bash_complete", "COMP_WORDS": words}
    environment["COMP_CWORD"] = str(len(words.split()) - 1)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    program = "import sys; sys.argv = ['mlflow2prov']; from mlflow2prov.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert [line.partition(",")[2] for line in done.stdout.splitlines()] == completions
