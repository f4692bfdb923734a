"""The files for nightly updates: each is complete, and passes changes and errors on."""

import ast
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from mlflow2prov.cli.config_schema import commands

TOP = Path(__file__).parents[2]
NIGHTLY = TOP / "examples/nightly"

CHANGED = 4
"""The exit code of ``update --exit-code`` if something changed."""


def text(name):
    return (NIGHTLY / name).read_text("utf-8")


def github_steps():
    return yaml.safe_load(text("github.yml"))["jobs"]["update"]["steps"]


def github():
    (step,) = (step for step in github_steps() if step.get("name") == "update")
    return step["run"]


def gitlab():
    return yaml.safe_load(text("gitlab.yml"))["provenance-nightly"]


def unit(name):
    """Return the settings of a unit by their keys."""
    return dict(re.findall(r"^(\w+)=(.*)$", text(name), re.M))


def crontab():
    """Return the command of the crontab."""
    (line,) = (line for line in text("crontab").splitlines() if line.startswith("17 "))
    assert "%" not in line  # cron makes a line break of it
    return line.split(maxsplit=5)[5].replace("/opt/projects/wine", ".")


def airflow():
    """Return the commands of the DAG by the names of their constants."""
    tree = ast.parse(text("airflow_dag.py"))
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
    }


FILES = ["crontab", "mlflow2prov-update.service", "github.yml", "gitlab.yml", "airflow_dag.py"]


UPDATE = re.compile(
    r"mlflow2prov --quiet update --state audit\.mlflow2prov --repository-path \. --mlflow-url \S+\s+--exit-code"
)
HISTORY = re.compile(
    r"""mlflow2prov --quiet load audit\.mlflow2prov history (--since ['"]1 day ago['"](?: --\w+ [\w.]+)?)"""
)


@pytest.mark.parametrize("name", FILES)
def test_each_file_updates_the_state_and_lists_the_changes_of_the_day(name):
    assert len(UPDATE.findall(text(name))) == 1
    (options,) = HISTORY.findall(text(name))
    history = commands()["history"]
    context = history.make_context("history", shlex.split(options))
    assert context.params["since"] == "1 day ago"


@pytest.fixture
def run_with(tmp_path):
    """Run a shell command with a program that exits with a code for ``update``, and return its exit code and output."""

    def run_with(command, code, shell="sh"):
        program = tmp_path / "bin/mlflow2prov"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\ncase "$*" in *" update "*) exit {code};; esac\necho "$@"\n')
        program.chmod(0o755)
        summary = tmp_path / "summary"
        summary.write_text("")
        environment = os.environ | {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000",
            "GITHUB_STEP_SUMMARY": str(summary),
        }
        done = subprocess.run(
            [shell, "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.stderr == ""
        return done.returncode, done.stdout + summary.read_text()

    return run_with


@pytest.mark.parametrize(
    ("command", "shell", "unchanged", "changed"),
    [
        pytest.param(crontab(), "sh", 0, 0, id="crontab"),
        pytest.param(f"set -e\n{github()}", "bash", 0, 0, id="github"),
        pytest.param(f"set -e\n{gitlab()['script'][-1]}", "bash", 0, CHANGED, id="gitlab"),
        pytest.param(airflow()["UPDATE"], "bash", 99, 0, id="airflow"),
    ],
)
def test_changes_are_reported_and_errors_passed_on(run_with, command, shell, unchanged, changed):
    assert run_with(command, 0, shell) == (unchanged, "")
    code, output = run_with(command, CHANGED, shell)
    assert code == changed
    assert ("history --since 1 day ago" in output) == ("history" in command)
    code, output = run_with(command, 1, shell)
    assert "history" not in output
    assert code == (0 if command == crontab() else 1)  # cron mails the error


def test_a_night_with_changes_is_a_warning_on_gitlab():
    job = gitlab()
    assert job["allow_failure"] == {"exit_codes": CHANGED}
    assert job["cache"]["when"] == "always"
    assert job["rules"] == [{"if": '$CI_PIPELINE_SOURCE == "schedule"'}]


def test_the_state_survives_from_night_to_night():
    (cache,) = (step for step in github_steps() if "cache" in step.get("uses", ""))
    assert cache["with"]["path"] in gitlab()["cache"]["paths"] == ["audit.mlflow2prov"]
    assert cache["with"]["key"].startswith(cache["with"]["restore-keys"])
    assert "github.run_id" in cache["with"]["key"]


def test_a_change_is_no_failure_for_systemd():
    service = unit("mlflow2prov-update.service")
    assert service["SuccessExitStatus"] == str(CHANGED)
    assert service["ReadWritePaths"] == service["WorkingDirectory"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_the_units_are_valid(tmp_path):
    program = tmp_path / "mlflow2prov"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    units = [tmp_path / f"mlflow2prov-update.{kind}" for kind in ("service", "timer")]
    for path in units:
        path.write_text(text(path.name).replace("/usr/local/bin/mlflow2prov", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )
    messages = [line for line in done.stderr.splitlines() if "mlflow2prov-update" in line]
    assert messages == []
    calendar = ["systemd-analyze", "calendar", unit("mlflow2prov-update.timer")["OnCalendar"]]
    assert subprocess.run(calendar, capture_output=True).returncode == 0


def test_the_dag_skips_the_report_of_a_night_without_changes():
    assert "exit 99" in airflow()["UPDATE"]
    assert "skip_on_exit_code=99" in text("airflow_dag.py")
