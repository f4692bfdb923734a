"""ProvToolbox, the Java implementation of PROV: ``python provtoolbox.py`` installs it from Maven's packages.

This version is the last one that reads and writes RDF. The documents of its own tests come as a package, too.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

# As a script, this module is imported from its own folder.
try:
    from tests.services import packages
except ImportError:
    import packages  # type: ignore[import-not-found, no-redef]

VERSION = "0.9.27"
_GROUP = "org.openprovenance.prov"
_ARTIFACTS = [
    *((_GROUP, f"prov-{part}", VERSION) for part in ("interop", "xml", "json", "n", "rdf")),
    (_GROUP, "prov-xml", VERSION, "tests"),
    ("junit", "junit", "4.13.2"),
]
_TIMEOUT_SECONDS = 300


def missing_requirement() -> str | None:
    """Return what this machine lacks to run ProvToolbox, or None if nothing is missing."""
    if not shutil.which("javac"):
        return "ProvToolbox is missing; it runs on Java 17 (Debian: openjdk-17-jdk-headless)"
    if not packages.is_built(_folder()):
        return "ProvToolbox is missing; python3 tests/services/provtoolbox.py installs it (Maven)"
    return None


def install() -> None:
    """Install ProvToolbox, unless it is there already."""
    packages.build_once(_folder(), lambda folder: packages.copy_from_maven(folder, _ARTIFACTS))


def write_documents(folder: Path) -> None:
    """Write the documents of ProvToolbox's own tests into ``folder``, in each format."""
    _run("documents", folder)


def convert(source: Path, target: Path) -> None:
    """Convert each file of ``source`` to ``target/<name>.provn`` and ``.json``, or write the error to ``.error``."""
    _run("convert", source, target)


def _run(*arguments: str | Path) -> None:
    program = Path(__file__).with_name("Toolbox.java")
    command = ["java", "-cp", f"{_folder()}/lib/*", str(program), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_SECONDS)


def _folder() -> Path:
    return packages.cache_folder("provtoolbox", VERSION)


if __name__ == "__main__":
    sys.exit(install())
