"""MLflow of earlier years, each in an environment of its own: ``python old_mlflow.py`` makes them.

They are made once, from the pins in ``mlflow-<version>.txt`` beside this file, in the folder that
``MLFLOW2PROV_TEST_CACHE`` names, else in ``~/.cache/mlflow2prov-tests``.
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
    """Return the interpreter that has this MLflow; None where it is still to be made."""
    environment = _environment(version)
    python, made = environment / "bin" / "python", environment / "made-from.txt"
    is_made = made.is_file() and made.read_text() == _pins(version).read_text()
    # The Python that it was made from may be gone.
    return python if is_made and python.exists() else None


def make(version: str) -> None:
    """Make the environment of an MLflow, unless it is there already or no Python is old enough.

    Raises:
        subprocess.CalledProcessError: pip or venv failed, and said why.
    """
    if interpreter(version):
        return
    base = _base(version)
    if base is None:
        print(
            f"MLflow {version} runs up to Python {'.'.join(map(str, _NEWEST_PYTHON[version]))} only"
        )
        return
    environment, pins = _environment(version), _pins(version)
    shutil.rmtree(environment, ignore_errors=True)
    print(f"Setting up MLflow {version} in {environment} (once)", flush=True)
    subprocess.run([base, "-m", "venv", environment], check=True)
    python = environment / "bin" / "python"
    # Each wants its dependencies older than need be, and many that only training needs.
    subprocess.run([python, *_PIP, "install", "--no-deps", "--requirement", pins], check=True)
    shutil.copyfile(pins, environment / "made-from.txt")


def _base(version: str) -> str | None:
    """Return a Python that is old enough: this one, or that of the newest version that is."""
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
    for each in VERSIONS:
        make(each)
