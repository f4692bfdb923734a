"""Older versions of MLflow, each in an environment of its own: ``python old_mlflow.py`` creates them.

Each is created once, from the pins in ``mlflow-<version>.txt`` beside this file, in the folder in
``MLFLOW2PROV_TEST_CACHE`` or in ``~/.cache/mlflow2prov-tests``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("2.22.5", "2.5.0")

_NEWEST_PYTHON = {"2.22.5": (3, 13), "2.5.0": (3, 11)}
_CACHE = "MLFLOW2PROV_TEST_CACHE"
_HERE = Path(__file__).resolve().parent
_PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input")


def interpreter(version: str) -> Path | None:
    """Return the interpreter that has a version of MLflow, or None if its environment does not exist."""
    environment = _environment(version)
    python, pins_copy = environment / "bin" / "python", environment / "made-from.txt"
    is_complete = pins_copy.is_file() and pins_copy.read_text() == _pins(version).read_text()
    # The Python that the environment is based on may have been removed.
    return python if is_complete and python.exists() else None


def create_environment(version: str) -> None:
    """Create the environment of a version of MLflow, unless it exists or no installed Python is old enough.

    Raises:
        subprocess.CalledProcessError: pip or venv failed; its output has the reason.
    """
    if interpreter(version):
        return
    base = _base_python(version)
    if base is None:
        newest = ".".join(map(str, _NEWEST_PYTHON[version]))
        print(f"MLflow {version} does not run on a Python newer than {newest}")
        return
    environment, pins = _environment(version), _pins(version)
    shutil.rmtree(environment, ignore_errors=True)
    print(f"Setting up MLflow {version} in {environment} (once)", flush=True)
    subprocess.run([base, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    # MLflow declares dependencies that only training needs, and ranges that are narrower than necessary.
    subprocess.run([python, *_PIP, "install", "--no-deps", "--requirement", pins], check=True)
    shutil.copyfile(pins, environment / "made-from.txt")


def _base_python(version: str) -> str | None:
    """Return a Python that a version of MLflow runs on: this one, or the newest possible one."""
    newest = _NEWEST_PYTHON[version]
    if sys.version_info[:2] <= newest:
        return sys.executable
    return shutil.which(f"python{newest[0]}.{newest[1]}")


def _environment(version: str) -> Path:
    cache = os.environ.get(_CACHE) or Path.home() / ".cache" / "mlflow2prov-tests"
    return Path(cache).absolute() / f"mlflow-{version}"


def _pins(version: str) -> Path:
    return _HERE / f"mlflow-{version}.txt"


if __name__ == "__main__":
    for version in VERSIONS:
        create_environment(version)
