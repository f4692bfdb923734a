"""Programs that tests use, made once of packages in the folder that ``MLFLOW2PROV_TEST_CACHE`` names, else in
``~/.cache/mlflow2prov-tests``. This needs nothing but Python, Maven and Go.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_COPYING = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def place(name: str, version: str) -> Path:
    """Return the folder of a program."""
    cache = os.environ.get("MLFLOW2PROV_TEST_CACHE") or Path.home() / ".cache" / "mlflow2prov-tests"
    return Path(cache).absolute() / f"{name}-{version}"


def is_made(folder: Path) -> bool:
    return (folder / "made").exists()


def make(folder: Path, build: Callable[[Path], object]) -> None:
    """Make a program in its folder by ``build``, unless it is there already."""
    if is_made(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"Setting up {folder.name} in {folder.parent} (once)", flush=True)
    build(folder)
    (folder / "made").touch()


def copy_from_maven(folder: Path, artifacts: Sequence[tuple[str, ...]]) -> None:
    """Copy artifacts, each (group, name, version) or with a classifier, and all they need into ``folder/lib``.

    Raises:
        subprocess.CalledProcessError: Maven failed, and said why.
        FileNotFoundError: Maven is not installed.
    """
    parts = ("groupId", "artifactId", "version", "classifier")
    dependencies = "".join(
        f"<dependency>{''.join(f'<{p}>{v}</{p}>' for p, v in zip(parts, artifact, strict=False))}</dependency>"
        for artifact in artifacts
    )
    (folder / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>tests</groupId><artifactId>tests</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )
    copying = ["mvn", "--batch-mode", "--quiet", "--file", str(folder / "pom.xml"), _COPYING]
    subprocess.run(
        [*copying, f"-DoutputDirectory={folder / 'lib'}", "-DincludeScope=runtime"], check=True
    )
