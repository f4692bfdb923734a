"""Which packages the files name that MLflow keeps beside a model."""

import pytest

from mlflow2prov.sources.mlflow.environments import files, packages

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
    ("name", "content", "found"),
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
        ("conda.yaml", b"dependencies: !!python/object:os.system {}", []),
        ("conda.yaml", b"[" * 10_000, []),
    ],
)
def test_packages_are_those_that_the_file_names(name, content, found):
    assert list(packages(name, content)) == found


def test_files_of_an_environment_are_beside_a_model():
    entries = [
        ("requirements.txt", False, 1),
        ("a", True, None),
        ("a/MLmodel", False, 1),
        ("a/requirements.txt", False, 1),
        ("a/conda.yaml", True, None),
        ("a/data/conda.yaml", False, 1),
    ]
    assert files(entries) == ["a/requirements.txt"]
    assert files([("MLmodel", False, 1), ("python_env.yaml", False, 1)]) == ["python_env.yaml"]
