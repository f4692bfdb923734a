"""Programs that tests use, built once from packages and kept in a cache.

The cache is the folder in ``MLFLOW2PROV_TEST_CACHE``, or ``~/.cache/mlflow2prov-tests``. Building needs Python, Maven
and Go, and no package of this project.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_COPY_DEPENDENCIES = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"


def cache_folder(name: str, version: str) -> Path:
    """Return the folder of a program in the cache."""
    cache = os.environ.get("MLFLOW2PROV_TEST_CACHE") or Path.home() / ".cache" / "mlflow2prov-tests"
    return Path(cache).absolute() / f"{name}-{version}"


def is_built(folder: Path) -> bool:
    """Return whether the program in ``folder`` is complete."""
    return (folder / "made").exists()


def build_once(folder: Path, build: Callable[[Path], object]) -> None:
    """Call ``build`` for ``folder``, unless the program is there already."""
    if is_built(folder):
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"Setting up {folder.name} in {folder.parent} (once)", flush=True)
    build(folder)
    (folder / "made").touch()


def copy_from_maven(folder: Path, artifacts: Sequence[tuple[str, ...]]) -> None:
    """Copy artifacts and all their dependencies into ``folder/lib``.

    Args:
        folder: the folder of the program.
        artifacts: the artifacts, as (group, name, version) or (group, name, version, classifier).

    Raises:
        subprocess.CalledProcessError: Maven failed; its output has the reason.
        FileNotFoundError: Maven is not installed.
    """
    tags = ("groupId", "artifactId", "version", "classifier")
    dependencies = "".join(
        f"<dependency>{''.join(f'<{t}>{v}</{t}>' for t, v in zip(tags, artifact, strict=False))}</dependency>"
        for artifact in artifacts
    )
    (folder / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>tests</groupId><artifactId>tests</artifactId><version>1</version>"
        f"<dependencies>{dependencies}</dependencies></project>"
    )
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(folder / "pom.xml")]
    command += [_COPY_DEPENDENCIES, f"-DoutputDirectory={folder / 'lib'}", "-DincludeScope=runtime"]
    subprocess.run(command, check=True)
