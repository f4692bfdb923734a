"""Tables on a terminal, and colour: ``--color`` and ``NO_COLOR``."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


def on_terminal(folder, *arguments, columns=60, **environment):
    """Run the program on a pseudo-terminal, and return what it prints there."""
    controller, terminal = pty.openpty()
    variables = {**os.environ, "COLUMNS": str(columns), "PYTHONPATH": str(TOP), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow2prov", *map(str, arguments)],
        cwd=folder,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=variables,
    )
    os.close(terminal)
    output = b""
    try:
        while chunk := os.read(controller, 65536):
            output += chunk
    except OSError:  # Linux reports the end of a terminal as an error
        pass
    os.close(controller)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    return output.decode().replace("\r\n", "\n")


EXPLAIN = ("load", "fraud.json", "explain", "models:/fraud/1")


def test_a_table_fits_the_terminal(project_folder):
    lines = on_terminal(project_folder, *EXPLAIN, NO_COLOR="1").splitlines()
    assert max(map(len, lines)) <= 60
    assert any("…" in line for line in lines)
    assert "\033" not in "".join(lines)


def test_a_table_has_colour_on_a_terminal(project_folder):
    text = on_terminal(project_folder, *EXPLAIN, NO_COLOR="")
    assert text.startswith("\033[1mquestion")
    assert "\033" not in on_terminal(project_folder, *EXPLAIN, "--color", "never", NO_COLOR="")


def test_other_formats_have_the_full_values(project_folder):
    text = on_terminal(project_folder, *EXPLAIN, "--format", "csv")
    assert "c1" * 20 in text
    assert "\033" not in text


@pytest.mark.parametrize("command", [["explain", "models:/fraud/1"], ["statistics"]])
def test_a_pipe_gets_the_full_table(command, run_on):
    plain = run_on(*command).output
    assert "\033" not in plain
    assert "…" not in plain
    colored = run_on(*command, "--color", "always").output
    assert colored.startswith("\033[1m")
    assert len(colored.splitlines()) == len(plain.splitlines())


def test_statistics_of_several_documents_are_one_table(run_on, project_folder):
    text = run_on("load", project_folder / "empty.json", "statistics", "--color", "always").output
    assert text.count("document") == 1


def test_an_empty_impact_is_a_sentence(run_on):
    text = run_on("explain", "e", "--impact", "--color", "always", file="empty.json").output
    assert text == "no run, model or version was influenced\n"
