"""``--engine``: chains on Spark, and the commands that refuse to run there."""

import subprocess
import sys
from pathlib import Path

import pytest

from mlflow2prov import cli
from mlflow2prov.cli.program import CLUSTER_COMMANDS
from tests.scale.conftest import require_spark


def run(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", "mlflow2prov", *arguments], cwd=cwd, capture_output=True, text=True
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("load", "a.parquet", "explain", "x"), "explain does not run with --engine"),
        (
            ("load", "a.parquet", "save", "--output", "x", "--format", "json"),
            "save: --format json does not work",
        ),
        (("load", "a.parquet", "save"), "save: standard output does not work with --engine"),
        (
            ("load", "--format", "json", "a.json", "merge"),
            "load: --format json does not work with --engine",
        ),
        (("load", "-", "merge"), "load: --input - does not work with --engine"),
        (("load", "missing.parquet", "merge"), "missing.parquet: there is no such file"),
        (
            ("load", "a.parquet", "statistics", "--by", "agent"),
            "statistics: --by does not work with --engine",
        ),
        (
            ("load", "a.parquet", "lineage", "x", "--as-of", "2024-01-01"),
            "lineage does not run with --engine",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_spark_does_not_support_is_refused_before_any_work(tmp_path, arguments, message):
    require_spark()
    (tmp_path / "a.parquet").touch()
    result = run("--engine", "local[2]", *arguments, cwd=tmp_path)
    assert result.returncode in (1, 2)
    assert message in result.stderr.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


@pytest.mark.parametrize("engine", ["spark", "spark://ada:hunter2@host:7077", "local[0]", "duckdb"])
def test_an_engine_of_another_form_is_refused_without_its_password(tmp_path, engine):
    result = run("--engine", engine, "load", "a.parquet", "merge", cwd=tmp_path)
    assert result.returncode == 1
    assert "use spark://<host>:<port>, local[<cores>], yarn, or k8s://<URL>" in result.stderr
    assert "hunter2" not in result.stderr


def test_a_missing_extra_is_advice_on_one_line(tmp_path):
    program = (
        "import importlib.util as util; find = util.find_spec; "
        "util.find_spec = lambda name, *a: None if name == 'pyspark' else find(name, *a); "
        "from mlflow2prov.cli import main; "
        "main(['--engine', 'local[2]', 'load', 'a.parquet', 'merge'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 1
    assert result.stderr == (
        "mlflow2prov: error: engine: Spark is not installed; pip install 'mlflow2prov[spark]'\n"
    )


def test_the_commands_that_run_on_spark_are_listed():
    folder = Path(cli.__file__).parent / "commands"
    modules = {
        path.stem for path in folder.glob("*.py") if "def prepare_on_cluster" in path.read_text()
    }
    assert modules == set(CLUSTER_COMMANDS)
