"""Freeze the demo project in ``examples/quickstart/frozen``, for ``make demo`` and for the golden files.

    make demo-build && .venv/bin/python -m scripts.freeze examples/quickstart/out && make golden

The repository becomes a fast-export stream, the databases of MLflow and of captured calls become SQL scripts, and the
files that are in neither an archive: artifacts, captured values, the data set. ``/srv/wine`` replaces the folder of the
project, and names that any machine may have replace those of this one.
"""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

from examples.quickstart.restore import DATABASES, FROZEN, PROJECT_FOLDER

FILES = (
    "mlruns/**/*",
    "repository/.mlflow2prov/.gitignore",
    "repository/.mlflow2prov/blobs/sha256-*",
    "repository/wine.csv*",
)
"""Patterns of the files that are in neither the history nor a database. The token of the folder of blobs stays out:
with it, a user trusts the pickles there."""

PROCESS_KEYS = ("cmdline", "cwd")
PYTHON, HOST, PLATFORM = "/usr/bin/python3", "ml01.example.org", "Linux-x86_64"


def main(out: Path) -> None:
    """Write the frozen form of the project in ``out``."""
    FROZEN.mkdir(exist_ok=True)
    out = out.resolve()
    history = subprocess.run(
        ["git", "-C", out / "repository", "fast-export", "--all", "--signed-tags=strip"],
        check=True,
        capture_output=True,
    ).stdout
    (FROZEN / "repository.fast-export").write_bytes(history)
    for script, name in DATABASES.items():
        sql = dump(out / name).replace(str(out), PROJECT_FOLDER)
        (FROZEN / script).write_text(sql, encoding="utf-8")
    archive(out, FROZEN / "files.tar.gz")


def dump(path: Path) -> str:
    """Return a script that creates a copy of a SQLite database, without facts on the machine."""
    copy = sqlite3.connect(":memory:")
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        database.backup(copy)
    columns = {row[1] for row in copy.execute("PRAGMA table_info(runs)")}
    if "hostname" in columns:
        copy.create_function("without_machine", 1, without_machine)
        copy.execute("UPDATE runs SET hostname = ?, info = without_machine(info)", [HOST])
        copy.commit()
    return "\n".join(copy.iterdump()) + "\n"


def without_machine(info: str) -> str:
    """Return the description of a captured process, with the parts that are extracted."""
    content = json.loads(info)
    process = {key: content["process"][key] for key in PROCESS_KEYS}
    process["cmdline"] = [PYTHON, *process["cmdline"][1:]]
    facts = {"host": {"platform": PLATFORM}, "process": process, "python": content["python"]}
    return json.dumps({**facts, "user": content["user"]})


def archive(out: Path, target: Path) -> None:
    """Write the files that are in no database to an archive, without their times and owners."""
    paths = sorted(path for pattern in FILES for path in out.glob(pattern) if path.is_file())
    with tarfile.open(target, "w:gz", compresslevel=9) as files:
        for path in paths:
            content = path.read_bytes()
            if path.name == "MLmodel":
                content = content.replace(str(out).encode(), PROJECT_FOLDER.encode())
            member = tarfile.TarInfo(path.relative_to(out).as_posix())
            member.size = len(content)
            files.addfile(member, io.BytesIO(content))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
