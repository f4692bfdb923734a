"""Print what ``poetry.lock`` holds as requirements for pip, with hashes and conditions.

    python scripts/locked.py main dev > requirements.txt
    pip install --require-hashes --no-deps --requirement requirements.txt

So that a fresh clone needs Python and make only, and installs exactly what Poetry would.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "poetry.lock"


def requirements(lock: Mapping[str, Any], groups: set[str]) -> Iterator[str]:
    """Give the requirement of each package that any of ``groups`` wants.

    What only an extra of the project wants is left out.
    """
    known = {group for package in lock["package"] for group in package["groups"]}
    if unknown := groups - known:
        sys.exit(f"poetry.lock knows no group {', '.join(sorted(unknown))}")
    for package in lock["package"]:
        wanting = groups & set(package["groups"])
        if not wanting or (package["optional"] and wanting == {"main"}):
            continue
        line = f"{package['name']}=={package['version']}"
        if marker := condition(package, wanting):
            line += f" ; {marker}"
        hashes = [f"--hash={file['hash']}" for file in package["files"]]
        yield " \\\n    ".join([line, *hashes])


def condition(package: Mapping[str, Any], groups: set[str]) -> str:
    """Return the condition on the machine under which any of ``groups`` wants the package.

    The lock has one for all groups, or one for each that has any.
    """
    markers = package.get("markers", "")
    if isinstance(markers, str):
        return markers
    each = [markers.get(group, "") for group in sorted(groups)]
    return "" if "" in each else " or ".join(f"({marker})" for marker in each)


if __name__ == "__main__":
    content = tomllib.loads(LOCK.read_text(encoding="utf-8"))
    print("\n".join(requirements(content, set(sys.argv[1:]))))
