"""Print what ``poetry.lock`` holds as requirements for pip, with hashes.

    python scripts/locked.py main dev > requirements.txt
    pip install --require-hashes --no-deps -r requirements.txt

So that a fresh clone needs Python and make, and installs exactly what Poetry would.
"""

import sys
import tomllib
from pathlib import Path


def main(groups: set[str]) -> None:
    lock = tomllib.loads(Path("poetry.lock").read_text(encoding="utf-8"))
    for package in lock["package"]:
        wanted = groups & set(package.get("groups", ["main"]))
        if not wanted or (package.get("optional") and wanted == {"main"}):
            continue
        line = f"{package['name']}=={package['version']}"
        if marker := marker_of(package, wanted):
            line += f" ; {marker}"
        hashes = [f"--hash={file['hash']}" for file in package["files"]]
        print(" \\\n    ".join([line, *hashes]))


def marker_of(package: dict, groups: set[str]) -> str:
    """Return the condition on the machine under which any of ``groups`` wants the package."""
    markers = package.get("markers", "")
    if isinstance(markers, str):
        return markers
    conditions = [markers.get(group, "") for group in sorted(groups)]
    return "" if "" in conditions else " or ".join(f"({condition})" for condition in conditions)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
