"""The lines on standard error: details, notices, or only errors; and the completion scripts of shells."""

import json
import re
import shutil
import subprocess
import sys
from itertools import count

import pytest

from mlflow2prov import save
from mlflow2prov.cli import terminal
from mlflow2prov.cli.chain import Chain
from tests.analysis.graphs import STATEMENTS, document
from tests.cli.conftest import TIME


def test_details_have_the_time_off_a_terminal(run, project_folder):
    chain = ("load", project_folder / "fraud.json", "save", "-o", "x.json")
    lines = run("--verbose", *chain).error.splitlines()
    assert len(lines) > 2
    assert all(re.fullmatch(rf"{TIME} mlflow2prov: (\w+: .*|wrote .*)", line) for line in lines)


def test_messages_have_the_time_off_a_terminal_and_errors_are_one_clear_line(run, project_folder):
    error = run("load", project_folder / "fraud.json").error
    assert re.fullmatch(rf"{TIME} mlflow2prov: note: .*\n", error)
    error = run("load", project_folder / "fraud.json", "explain", "nothing").error
    assert re.fullmatch(r"mlflow2prov: error: .*\n", error)


def test_a_terminal_shows_no_times(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    terminal.log_line("done")
    terminal.log_line("left out: runs", "warning")
    assert capsys.readouterr().err == "mlflow2prov: done\nmlflow2prov: warning: left out: runs\n"


def test_messages_are_json_on_request(run, project_folder):
    chain = ("load", project_folder / "fraud.json", "merge", "load", "--input", "nothing.json")
    code, output, error = run("--log-format", "json", "--verbose", *chain)
    records = [json.loads(line) for line in error.splitlines()]
    assert (code, output) == (1, "")
    assert all(list(record) == ["time", "level", "message"] for record in records)
    assert all(re.fullmatch(TIME, record["time"]) for record in records)
    assert records[-1]["level"] == "error"
    assert records[-1]["message"] == "nothing.json: there is no such file"
    assert {record["level"] for record in records[:-1]} == {"debug"}
    (notice,) = run("--log_format=json", "load", project_folder / "fraud.json").error.splitlines()
    assert json.loads(notice)["level"] == "notice"
    # The next program in this process prints text again.
    assert run("load", "--input", "x.json").error.startswith("mlflow2prov: error: ")


def test_an_unknown_format_of_messages_is_refused(run):
    code, _, error = run("--log-format", "xml", "merge")
    assert code == 2 and "'xml' is not one of 'text', 'json'" in error


def test_json_lines_have_no_bars_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert Chain(verbosity="normal").progress is True
    terminal.use_log_format("json")
    assert Chain(verbosity="normal").progress is False
    terminal.use_log_format("text")


HOSTILE = [
    "::error::x",
    "  ::add-mask::x",
    "a ##[group]x",
    "a ##vso[task.complete]x",
    "a\r::debug::x",
]


@pytest.mark.parametrize("variable", terminal.RUNNER_VARIABLES)
@pytest.mark.parametrize("text", HOSTILE)
def test_messages_are_no_commands_to_a_ci_system(text, variable, monkeypatch, capsys):
    monkeypatch.setenv(variable, "true")
    terminal.log_line(text)
    assert not is_command(capsys.readouterr().err)


def is_command(output):
    """Return whether a runner of GitHub, Azure or TeamCity would execute a line."""
    lines = re.split(r"[\r\n]", output)
    return any(line.lstrip().startswith("::") or re.search(r"##\w*\[", line) for line in lines)


@pytest.fixture(scope="module", params=HOSTILE)
def hostile(request, tmp_path_factory):
    """Return a file whose model, runs, scripts and people have a hostile name."""

    def changed(statement):
        attributes = tuple(
            a._replace(value=request.param) if a.key in HOSTILE_KEYS else a
            for a in statement.attributes
        )
        return statement._replace(attributes=attributes)

    path = tmp_path_factory.mktemp("hostile") / "hostile.json"
    save(document(*map(changed, STATEMENTS)), str(path))
    return path


HOSTILE_KEYS = ("name", "username", "path", "uri", "prov:label", "description")

COMMANDS = [
    ["check"],
    ["explain", "Version.2"],
    ["explain", "User.ada", "--impact", "--format", "markdown"],
    ["list", "models"],
    ["statistics", "--by", "model"],
    ["diff", "Version.1", "Version.2"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_results_are_no_commands_to_a_ci_system(command, hostile, run, monkeypatch):
    code, _, error = run("load", hostile, *command)
    assert code in (0, 1) and "error:" not in error, error
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = run("load", hostile, *command)
    assert not is_command(result.output) and not is_command(result.error)
    assert result.code == code


def test_formats_for_programs_and_files_stay_as_they_are(hostile, run, tmp_path, monkeypatch):
    chain = ("load", hostile, "check")
    plain = [run(*chain), run(*chain, "--format", "json")]
    # A carriage return in a name is a space in all results.
    assert is_command(plain[0].output) == ("a ::debug::x" not in plain[0].output)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(*chain, "--format", "json") == plain[1]
    run(*chain, "--output", tmp_path / "check.txt")
    assert (tmp_path / "check.txt").read_text("utf-8") == plain[0].output


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
