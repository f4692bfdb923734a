"""``rerun``: a script that repeats a recorded call, and what would differ today."""

import json
import subprocess
import sys

import pytest

import mlflow2prov.capture as p
from mlflow2prov.capture import read_records, rerun_script, tracked
from tests.cli.conftest import run_program
from tests.repositories import Repository

TRAIN = """
import random
from pathlib import Path
import mlflow2prov.capture as p

@p.tracked(
    directory_parameter="folder", seed_parameter="seed", include_package_inventory=False
)
def train(folder, data, rate=0.5, seed=None):
    (Path(folder) / "model.txt").write_text(f"{rate} {random.random()} {Path(data).read_text()}")

if __name__ == "__main__":
    import sys
    train(sys.argv[1], "data.csv", seed=int(sys.argv[2]))
"""


@pytest.fixture
def project(tmp_path):
    """A folder with a program, of which one call was recorded in ``out``."""
    repository = Repository(tmp_path / "project")
    repository.commit(train__py=TRAIN, data__csv="1,2\n", _gitignore="out\n")
    repository.git("mv", "_gitignore", ".gitignore")
    repository.commit()
    subprocess.run([sys.executable, "train.py", "out", "7"], cwd=repository.path, check=True)
    return repository.path


@pytest.fixture
def record(project):
    """The record file of that call."""
    return project / "out" / "train_record.json"


def test_the_script_repeats_the_call(project, record):
    made = (project / "out" / "model.txt").read_text()
    script = run_program(project, "rerun", record).output
    (project / "out" / "model.txt").unlink()
    # The script names `python`; the tests may run in an environment that has no such program on the path.
    script = script.replace("\npython ", f"\n{sys.executable} ")
    subprocess.run(["sh", "-c", script], cwd=project, check=True, capture_output=True)
    assert (project / "out" / "model.txt").read_text() == made


def test_nothing_would_differ_right_after_the_call(project, record):
    result = run_program(project, "rerun", record, "--check")
    assert result == (0, "nothing would differ\n", "")


def test_changed_code_and_data_would_differ(project, record):
    (project / "data.csv").write_text("3,4\n")
    with (project / "train.py").open("a") as file:
        file.write("# changed\n")
    result = run_program(project, "rerun", record, "--check", "--format", "json")
    assert result.code == 1
    changes = {change["what"]: change for change in json.loads(result.output)["changes"]}
    assert set(changes) == {"train.py", "uncommitted changes", "content of data.csv"}
    assert changes["uncommitted changes"]["recorded"] == "no"


def test_packages_and_variables_would_differ(project, record):
    content = json.loads(record.read_text())
    content["package_inventory"] = {"numpy": "0.1", "gone": "1.0"}
    content["environment"]["environment_variables"] = {"MLFLOW2PROV_TEST": "before"}
    content["environment"]["python_version"] = "2.7.18 (default)"
    record.write_text(json.dumps(content))
    result = run_program(project, "rerun", record, "--check", "--format", "json")
    changes = {change["what"]: change for change in json.loads(result.output)["changes"]}
    assert changes["package gone"]["present"] == "not installed"
    assert changes["package numpy"]["recorded"] == "0.1"
    assert changes["$MLFLOW2PROV_TEST"]["present"] == "not set"
    assert changes["Python"]["recorded"] == "2.7.18"


def test_a_script_of_a_hostile_record_runs_nothing_of_it(project, record, tmp_path):
    evil = f"x'; touch {tmp_path}/pwned; '\ntouch {tmp_path}/pwned #"
    content = json.loads(record.read_text())
    module = content["tracked_module"]
    module["git_remotes"] = {"origin": evil}
    module["git_path"] = module["git_commit_hash"] = evil
    module["git_is_tracked"] = False
    content["package_inventory"] = {evil: evil, "END\ntouch": "1", "a": evil}
    content["environment"]["environment_variables"] = {evil: evil, "GOOD": evil}
    content["environment"]["orig_argv"] = ["python", "-c", "0", evil]
    content["environment"]["python_version"] = evil
    content["called_function"] |= {"name": evil, "module": evil}
    record.write_text(json.dumps(content))
    script = run_program(project, "rerun", record).output
    safe = "set +e; git() { :; }; python3() { :; }; cd() { :; }; python() { :; }\n"
    script = safe + script.replace("set -e\n", "").replace(".venv/bin/python", "true")
    subprocess.run(["sh", "-c", script], cwd=tmp_path, check=False, capture_output=True)
    assert not (tmp_path / "pwned").exists()


def test_a_hostile_record_gives_git_no_options(project, record):
    content = json.loads(record.read_text())
    content["tracked_module"]["git_remotes"] = {"origin": "--upload-pack=touch pwned"}
    record.write_text(json.dumps(content))
    assert (
        "git clone -- '--upload-pack=touch pwned' rerun"
        in run_program(project, "rerun", record).output
    )
    content["tracked_module"]["git_commit_hash"] = "--orphan=x"
    record.write_text(json.dumps(content))
    assert "git checkout" not in run_program(project, "rerun", record).output


def test_a_device_among_the_arguments_is_not_read(project, record):
    content = json.loads(record.read_text())
    (data,) = (item for item in content["arguments"] if item["name"] == "data")
    data["value"] = "/dev/zero"
    record.write_text(json.dumps(content))
    result = run_program(project, "rerun", record, "--check", "--format", "json")
    changes = {change["what"]: change for change in json.loads(result.output)["changes"]}
    assert changes["content of /dev/zero"]["present"] == "no such file"


def test_a_program_in_a_folder_of_the_repository_runs_there(project, record):
    content = json.loads(record.read_text())
    content["environment"]["cwd"] += "/examples/wine"
    record.write_text(json.dumps(content))
    assert "\ncd ./examples/wine\n" in run_program(project, "rerun", record).output


@pytest.mark.parametrize("value", [float("inf"), 2**80, [1, 2**80], {"path": [object]}])
def test_a_function_is_not_called_with_a_value_that_the_record_lacks(tmp_path, value):
    @p.tracked(literal_directory=tmp_path, include_package_inventory=False)
    def train(rate, values):
        pass

    train(0.5, value)
    (record,) = p.read_records(tmp_path / "train_record.json")
    assert "does not contain all of values" in p.rerun_script(record)


def test_secrets_and_arguments_that_are_left_out_are_comments(project, record):
    content = json.loads(record.read_text())
    content["environment"]["environment_variables"] = {"API_TOKEN": "..."}
    content["called_function"]["module"] = "train"
    record.write_text(json.dumps(content))
    script = run_program(project, "rerun", record).output
    assert "# set API_TOKEN, which is a secret" in script
    assert "# python -c 'from pathlib import Path; from train import train; train(" in script


def test_a_function_whose_arguments_have_no_names_is_not_called_alone(tmp_path):
    @tracked(literal_directory=tmp_path)
    def fit(first, /, *more, rate=0.1, **options):
        pass

    fit(1, 2, rate=0.5, depth=3)
    (path,) = tmp_path.glob("*.json")
    (record,) = read_records(path)
    assert record.unnamed_parameters == ("first", "*more", "**options")
    record.call.fn_module, record.call.fn_name = "train", "fit"
    script = rerun_script(record)
    assert "cannot be called alone: first, *more, **options cannot be named" in script
    assert "fit(" not in script


def test_a_call_of_a_file_with_several_is_chosen(project, record):
    first = json.loads(record.read_text())
    second = first | {"uuid": "0" * 8, "seed": 8}
    record.write_text(json.dumps([first, second]))
    chosen = run_program(project, "rerun", "--call", first["uuid"], record)
    assert chosen.code == 0
    unknown = run_program(project, "rerun", record, "--call", "1")
    assert unknown.code == 1
    assert "unknown call" in unknown.error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rerun"], "rerun needs the record file of a call"),
        (["rerun", "missing.json"], "missing.json: no such file"),
        (["rerun", "train.py"], "train.py: not JSON"),
        (["rerun", "out/train_record.json", "save"], "save has no documents to work on"),
    ],
)
def test_a_mistake_is_one_line(project, arguments, message):
    result = run_program(project, *arguments)
    assert result.code != 0
    assert result.output == ""
    assert message in result.error
    assert result.error.count("\n") == 1
