"""The files for pipelines: they are complete, and their commands work."""

import ast
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mlflow2prov.cli import COMMANDS

TOP = Path(__file__).parents[2]
CI = TOP / "examples/ci"


def action():
    return yaml.safe_load((TOP / "action.yml").read_text("utf-8"))


def chains():
    """Yield the chains in the examples, as words."""
    github = yaml.safe_load((CI / "github.yml").read_text("utf-8"))
    for step in github["jobs"]["check"]["steps"]:
        if "arguments" in step.get("with", {}):
            yield shlex.split(step["with"]["arguments"])
    gitlab = yaml.safe_load((CI / "gitlab.yml").read_text("utf-8"))
    for line in gitlab["provenance"]["script"]:
        if line.startswith("mlflow2prov "):
            yield shlex.split(line.partition(" > ")[0])[1:]


def test_the_examples_have_chains():
    assert len(list(chains())) == 2


@pytest.mark.parametrize("words", list(chains()), ids=["github", "gitlab"])
def test_the_chains_of_the_examples_work(words, run, project_folder, monkeypatch):
    """The frozen graph replaces the extraction, whose options are those of the README."""
    start = words.index("extract")
    end = next(n for n in range(start + 1, len(words)) if words[n] in COMMANDS)
    assert words[start:end] == ["extract", "--repository-path", "."]
    words = ["load", str(project_folder / "fraud.json"), *words[end:], "--fail-on", "never"]
    result = run(*words)
    assert result.code == 0, result.error
    assert result.output


@pytest.fixture
def run_action(tmp_path):
    """Run the last step of the action with an input, and return the process and the outputs of the step."""

    def run_action(arguments):
        program = tmp_path / "bin/mlflow2prov"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m mlflow2prov "$@"\n')
        program.chmod(0o755)
        (program.parent / "python").unlink(missing_ok=True)
        (program.parent / "python").symlink_to(sys.executable)
        outputs = tmp_path / "outputs"
        environment = {
            **os.environ,
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(TOP),
            "ARGUMENTS": arguments,
            "GITHUB_OUTPUT": str(outputs),
        }
        script = action()["runs"]["steps"][-1]["run"]
        done = subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
        return done, outputs.read_text()

    return run_action


def test_the_action_passes_the_words_and_the_exit_code_on(run_action, project_folder, tmp_path):
    graph = shlex.quote(str(project_folder / "fraud.json"))
    done, outputs = run_action(f"load {graph} check --min 100 save -o 'the graph.json'")
    assert (done.returncode, outputs) == (1, "exit-code=1\n")
    assert "incomplete" in done.stdout
    assert (tmp_path / "the graph.json").exists()


def test_the_shell_does_not_interpret_the_input_of_the_action(run_action, tmp_path):
    done, outputs = run_action("load $(touch x) `touch y`; touch z")
    assert (done.returncode, outputs) == (1, "exit-code=1\n")
    assert "$(touch: there is no such file" in done.stderr
    assert not any((tmp_path / name).exists() for name in "xyz")


def test_expressions_of_the_action_are_not_in_its_scripts():
    """GitHub replaces expressions before the shell reads a script, so that they could inject commands."""
    for step in action()["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_hook_names_an_option_of_the_program(run, tmp_path):
    (hook,) = yaml.safe_load((TOP / ".pre-commit-hooks.yaml").read_text("utf-8"))
    (tmp_path / "mlflow2prov.yaml").write_text("- extract: {repository_path: .}\n- save:\n")
    words = [*shlex.split(hook["entry"])[1:], *hook["args"]]
    assert run(*words).output == "mlflow2prov.yaml: valid, 2 commands\n"
    assert re.search(hook["files"], "config/mlflow2prov.yml")


def test_the_container_has_the_files_and_extras_that_exist():
    lines = (TOP / "Dockerfile").read_text("utf-8").splitlines()
    ignored = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    sources = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert sources
    for name in sources:
        assert (TOP / name).exists()
        assert f"!{name}" in ignored
    extras = re.search(r"/source\[([^\]]+)\]", "\n".join(lines))[1].split(",")
    project = (TOP / "pyproject.toml").read_text("utf-8")
    assert all(re.search(rf"^{name} = \[", project, re.M) for name in extras)


def test_the_container_file_has_no_lint():
    hadolint = Path(sys.executable).with_name("hadolint")
    subprocess.run([hadolint, TOP / "Dockerfile"], check=True, timeout=60)


def test_the_user_of_the_container_has_a_number():
    """Kubernetes cannot verify that a user with a name is not root."""
    lines = (TOP / "Dockerfile").read_text("utf-8").splitlines()
    (user,) = [line.split()[1] for line in lines if line.startswith("USER")]
    assert int(user) > 0 and any(f"--uid {user} " in line for line in lines)


def test_the_dag_calls_public_functions():
    import mlflow2prov

    tree = ast.parse((CI / "airflow_dag.py").read_text("utf-8"))
    names = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mlflow2prov"
        for alias in node.names
    ]
    assert names and set(names) <= set(mlflow2prov.__all__)
