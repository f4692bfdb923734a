"""ProvToolbox, the implementation of PROV in Java: ``python provtoolbox.py`` makes what runs it, of Maven's packages.

This version is the last that reads and writes RDF; its own tests, which come as a package too, have the documents.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

# Run as a program, this folder is where Python looks first.
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
_SECONDS = 300


def missing() -> str | None:
    """Return what it needs and this machine has not; None where it can run."""
    if not shutil.which("javac"):
        return "ProvToolbox is missing; it runs on Java 17 (Debian: openjdk-17-jdk-headless)"
    if not packages.is_made(_place()):
        return "ProvToolbox is missing; python3 tests/services/provtoolbox.py makes it (Maven)"
    return None


def make() -> None:
    """Make what runs it, unless that is there already."""
    packages.make(_place(), lambda folder: packages.copy_from_maven(folder, _ARTIFACTS))


def write_documents(folder: Path) -> None:
    """Write the documents of its own tests into ``folder``, in each format."""
    _run("documents", folder)


def convert(source: Path, target: Path) -> None:
    """Read each file of ``source``, write it as ``target/name.provn`` and ``.json``, or why not as ``.error``."""
    _run("convert", source, target)


def _run(*arguments: str | Path) -> None:
    program = Path(__file__).with_name("Toolbox.java")
    command = ["java", "-cp", f"{_place()}/lib/*", str(program), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)


def _place() -> Path:
    return packages.place("provtoolbox", VERSION)


if __name__ == "__main__":
    sys.exit(make())
