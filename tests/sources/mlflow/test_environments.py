"""The packages in the environment files of models."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.entities import Artifact
from mlflow2prov.sources.mlflow.environments import (
    add_environment,
    environment_paths,
    parse_packages,
)

CONDA = b"""
name: mlflow-env
channels: [conda-forge]
dependencies:
- python=3.11.7
- conda-forge::numpy = 2.1.*
- pip<=23.2.1
- pip:
  - mlflow==3.17.2
  - torch>=2
"""
PYTHON_ENV = b"""
python: 3.11.7
build_dependencies: [pip==23.2.1, setuptools]
dependencies: [-r requirements.txt]
"""


@pytest.mark.parametrize(
    ("name", "content", "packages"),
    [
        ("requirements.txt", b"mlflow==3.17.2\n", [("mlflow", "3.17.2")]),
        ("requirements.txt", b"a[x,y]===1.0 # why\n\n# none\n", [("a", "1.0")]),
        ("requirements.txt", b"a>=1,<2; python_version < '3'\nb", [("a", "<2,>=1"), ("b", None)]),
        ("requirements.txt", b"-r other.txt\n--index-url x\n./wheel.whl\n\xff\xfe", []),
        (
            "conda.yaml",
            CONDA,
            [
                ("python", "3.11.7"),
                ("numpy", "2.1.*"),
                ("pip", "<=23.2.1"),
                ("mlflow", "3.17.2"),
                ("torch", ">=2"),
            ],
        ),
        (
            "python_env.yaml",
            PYTHON_ENV,
            [("python", "3.11.7"), ("pip", "23.2.1"), ("setuptools", None)],
        ),
        ("conda.yaml", b"- a\n", []),
        ("conda.yaml", b"dependencies: 3", []),
        (
            "conda.yaml",
            b"dependencies: [[a], 1, ~, '', {pip: [[b], {c: d}, 2]}]",
            [("1", None), ("2", None)],
        ),
        ("requirements.txt", b"a; " + b"(" * 1000 + b"b>'3'" + b")" * 1000, []),
        ("requirements.txt", b"a" * 5000, []),
    ],
)
def test_a_file_names_packages_and_versions(name, content, packages):
    assert list(parse_packages(name, content)) == packages


@pytest.mark.parametrize(
    "content", [b"dependencies: !!python/object:os.system {}", b"[" * 10_000, b"a: &a [*a]"]
)
@pytest.mark.parametrize("name", ["conda.yaml", "python_env.yaml"])
def test_a_malformed_file_is_an_environment_without_packages_and_reported(name, content):
    malformed = []
    with Facts() as facts:
        add_environment(facts, "run", f"model/{name}", content, malformed)
    assert facts.rows("SELECT name FROM environments") == [(name,)]
    assert facts.rows("SELECT * FROM environment_packages") == []
    (line,) = malformed
    assert line.startswith(f"model/{name} of run: line 1: ")


def test_a_package_may_come_with_and_without_a_version():
    with Facts() as facts:
        add_environment(facts, "run", "model/requirements.txt", b"a==2\na\na==1\na==2\n", [])
    assert facts.rows("SELECT name, version FROM environment_packages ORDER BY ALL") == [
        ("a", "1"),
        ("a", "2"),
        ("a", None),
    ]


def test_environment_files_lie_beside_the_file_mlmodel():
    artifacts = [
        Artifact("requirements.txt", is_dir=False, file_size=1),
        Artifact("a", is_dir=True, file_size=None),
        Artifact("a/MLmodel", is_dir=False, file_size=1),
        Artifact("a/requirements.txt", is_dir=False, file_size=1),
        Artifact("a/conda.yaml", is_dir=True, file_size=None),
        Artifact("a/data/conda.yaml", is_dir=False, file_size=1),
    ]
    assert environment_paths(artifacts) == ["a/requirements.txt"]


def test_a_model_may_be_the_root_of_its_artifacts():
    names = ("MLmodel", "python_env.yaml")
    artifacts = [Artifact(name, is_dir=False, file_size=1) for name in names]
    assert environment_paths(artifacts) == ["python_env.yaml"]
