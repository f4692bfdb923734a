"""The distribution: metadata, the lock file, the environment that make creates, and the wheel."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mlflow2prov
from scripts.docs import generate

TOP = Path(__file__).parents[1]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = tomllib.loads((TOP / "poetry.lock").read_text(encoding="utf-8"))
RUNTIME, EVERYTHING = EXPORTED_LOCKS = (TOP / "requirements.txt", TOP / "requirements-dev.txt")
"""The packages of the two stages of the environment: those that the package needs, and those of development."""

EXPLORER = "mlflow2prov/formats/_support/explorer"

needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def declared_requirements():
    """Yield the requirements of the project, its extras and its groups."""
    for text in PROJECT["project"]["dependencies"]:
        yield Requirement(text)
    for extra in PROJECT["project"]["optional-dependencies"].values():
        yield from map(Requirement, extra)
    for group in PROJECT["tool"]["poetry"]["group"].values():
        for name in group["dependencies"]:
            yield Requirement(name)


def test_every_dependency_is_imported_and_every_import_is_a_dependency():
    distributions = packages_distributions()
    imports = set()
    for path in (TOP / "mlflow2prov").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                imports.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.Import):
                imports |= {alias.name.partition(".")[0] for alias in node.names}
    # Only `mlflow2prov.scale` imports the extra by name; other extras are imported when their names are looked up.
    spark = {"pyspark", "py4j", "sqlglot"}
    third_party = imports - sys.stdlib_module_names - {"mlflow2prov", *spark}
    imported = {canonicalize_name(distributions[module][0]) for module in third_party}
    dependencies = PROJECT["project"]["dependencies"]
    assert imported == {canonicalize_name(Requirement(text).name) for text in dependencies}


def test_the_lock_satisfies_every_requirement():
    versions = {}
    for package in LOCK["package"]:
        versions.setdefault(canonicalize_name(package["name"]), []).append(package["version"])
    for requirement in declared_requirements():
        candidates = versions.get(canonicalize_name(requirement.name), [])
        assert candidates, f"{requirement} is not in poetry.lock: run poetry lock"
        assert all(
            requirement.specifier.contains(version, prereleases=True) for version in candidates
        ), requirement
    assert LOCK["metadata"]["python-versions"] == PROJECT["project"]["requires-python"]


def test_the_lock_contains_no_download_location():
    assert [p["name"] for p in LOCK["package"] if "source" in p] == []
    assert all(
        set(file) == {"file", "hash"} and file["hash"].startswith("sha256:")
        for package in LOCK["package"]
        for file in package["files"]
    )


def exported_requirements(path):
    """Return the requirements in a file that make installs, each with its hashes."""
    text = path.read_text(encoding="utf-8").replace(" \\\n   ", "")
    lines = [line.partition(" --hash=") for line in text.splitlines()]
    return [(Requirement(line), set(hashes.split(" --hash="))) for line, _, hashes in lines]


def exported_hashes(path):
    """Return the hashes of each exported package, by its name and version."""
    return {
        (requirement.name, str(requirement.specifier).removeprefix("==")): hashes
        for requirement, hashes in exported_requirements(path)
    }


def test_make_installs_the_versions_and_hashes_of_the_lock():
    locked = {
        (package["name"], package["version"]): {file["hash"] for file in package["files"]}
        for package in LOCK["package"]
        if set(package["groups"]) != {"main"} or not package["optional"]
    }
    assert exported_hashes(EVERYTHING) == locked, "run make lock"
    assert exported_hashes(RUNTIME).items() <= locked.items(), "run make lock"


def installed_names(path):
    """Return the names of the packages that make installs here."""
    requirements = [requirement for requirement, _ in exported_requirements(path)]
    return [r.name for r in requirements if r.marker is None or r.marker.evaluate()]


def test_make_installs_each_package_once():
    names = installed_names(EVERYTHING)
    assert len(names) == len(set(names))
    assert {"duckdb", "prov", "pytest", "mlflow", "scikit-learn", "poetry-core", "sphinx"} <= {
        *names
    }


def test_the_demo_needs_no_tools_of_development():
    """The first stage is a part of the second one, so that the second only adds packages."""
    names = set(installed_names(RUNTIME))
    needed = {
        canonicalize_name(Requirement(text).name) for text in PROJECT["project"]["dependencies"]
    }
    assert needed | {"poetry-core"} <= names <= set(installed_names(EVERYTHING))
    assert not names & {"mlflow", "scikit-learn", "pytest", "sphinx"}


@pytest.mark.parametrize("path", EXPORTED_LOCKS, ids=["runtime", "everything"])
def test_the_exported_lock_contains_no_download_location(path):
    text = path.read_text(encoding="utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text


def test_version_and_license_are_the_same_everywhere():
    version = PROJECT["project"]["version"]
    citation = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (TOP / "CHANGELOG.md").read_text(encoding="utf-8")
    releases = re.findall(r"^## (\d\S*)", changelog, re.M)
    assert version == mlflow2prov.__version__ == citation["version"]
    assert releases[0] == version
    assert citation["license"] == PROJECT["project"]["license"] == "Apache-2.0"
    assert citation["references"][0]["doi"] == "10.1145/3595360.3595859"
    licence = (TOP / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in licence and "END OF TERMS AND CONDITIONS" in licence


@pytest.mark.parametrize("name", generate())
def test_generated_files_are_current(name):
    assert (TOP / name).read_text(encoding="utf-8") == generate()[name], "run make docs"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the sources."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(TOP / "mlflow2prov", sources / "mlflow2prov", ignore=ignore)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(TOP / name, sources)
    build = "import sys; from poetry.core.masonry import api; print(api.build_wheel(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", build, folder],
        cwd=sources, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return folder / done.stdout.split()[-1]


def test_the_wheel_contains_only_the_package(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
        scripts = archive.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    assert {name.partition("/")[0] for name in names} == {
        "mlflow2prov",
        f"mlflow2prov-{mlflow2prov.__version__}.dist-info",
    }
    files = {str(p.relative_to(TOP)) for p in (TOP / "mlflow2prov").rglob("*") if p.is_file()}
    sources = {name for name in files if "__pycache__" not in name}
    assert sources <= set(names)
    assert {
        "mlflow2prov/py.typed",
        f"{EXPLORER}/explorer.js",
        f"{EXPLORER}/dagre/LICENSE",
    } <= sources
    assert any(name.endswith("LICENSE") for name in names)
    assert "mlflow2prov=mlflow2prov.cli:main" in scripts
    assert "Requires-Python: >=3.11,<4.0" in metadata
    assert "mlflow" not in {
        Requirement(line.removeprefix("Requires-Dist: ")).name
        for line in metadata.splitlines()
        if line.startswith("Requires-Dist: ")
    }


def test_the_wheel_works_without_its_sources(wheel, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "a.json").write_text('{"prefix": {"default": "http://x/"}, "entity": {"a": {}}}')
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mlflow2prov",
            "load",
            "--input",
            "a.json",
            "save",
            "--format",
            "provn",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "entity(a)" in done.stdout
    location = subprocess.run(
        [sys.executable, "-c", "import mlflow2prov; print(mlflow2prov.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert location.stdout.startswith(str(tmp_path))


@needs_make
def test_make_reports_that_no_suitable_python_is_installed(tmp_path):
    shutil.copy(TOP / "Makefile", tmp_path)
    (tmp_path / RUNTIME.name).touch()
    done = subprocess.run(["make", "PYTHON=", "demo"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "Python 3.11 or newer with its module venv is needed" in done.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.fixture
def make(tmp_path):
    """Return a function that lists the commands of a target, in a folder whose environment is complete."""
    shutil.copy(TOP / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    files = (RUNTIME.name, ".venv/ready", EVERYTHING.name, ".venv/complete")
    for number, name in enumerate(files):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1_700_000_000 + number,) * 2)

    def make(target):
        done = subprocess.run(
            ["make", "--dry-run", target], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout

    return make


@needs_make
def test_make_recreates_the_environment_only_for_a_new_lock(make, tmp_path):
    assert "pytest" in make("test") and "pip" not in make("test")
    os.utime(tmp_path / RUNTIME.name, (1_700_000_009,) * 2)
    assert "rm -rf .venv" in make("test") and "--require-hashes" in make("test")


@needs_make
def test_the_demo_waits_for_no_tools_of_development(make, tmp_path):
    os.utime(tmp_path / EVERYTHING.name, (1_700_000_009,) * 2)
    assert "requirements-dev.txt" in make("test") and "requirements-dev.txt" in make("demo-build")
    assert "pip" not in make("demo")


def test_ci_runs_every_test_and_every_check():
    script = TOP / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text(encoding="utf-8").splitlines()
    assert "MLFLOW2PROV_TEST_ALL=1 HYPOTHESIS_PROFILE=full make coverage" in lines
    assert "make check" in lines and "make site" in lines
    workflow = (TOP / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert "make test-all " in workflow and ".ci/run" in workflow
    assert "$ make test" in (TOP / "README.md").read_text(encoding="utf-8")
    subprocess.run(["bash", "-n", script], check=True)
