"""Run a project of this folder in a Git repository of its own: python run.py cached|tracked|stages [FOLDER]

The project and the data are copied to FOLDER, by default ``out/<project>`` next to this script, and committed there.
Then the commands of the project's README are run, one after another.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECTS = ("cached", "tracked", "stages")
SHARED = ("trees.csv", "origin.py")
ADA = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada Lovelace",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def main(project: str, folder: Path) -> None:
    if project not in PROJECTS:
        sys.exit(f"{project}: no such project; choose from {', '.join(PROJECTS)}")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / project, folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHARED:
        shutil.copy(HERE / name, folder)
    environment = environment_of_ada()
    for command in ("git init --quiet", "git add .", "git commit --quiet --message 'Start'"):
        subprocess.run(command, shell=True, cwd=folder, env=environment, check=True)
    for command in re.findall(r"^\$ (.+)$", (HERE / project / "README.md").read_text(), re.M):
        print(f"\n$ {command}", flush=True)
        done = subprocess.run(command, shell=True, cwd=folder, env=environment)
        if done.returncode:
            sys.exit(f"{command}: failed with exit code {done.returncode}")


def environment_of_ada() -> dict[str, str]:
    """Return the environment of the commands: this Python and its programs, with Ada as the author of commits."""
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **ADA, "PATH": programs, "PYTHONDONTWRITEBYTECODE": "1"}


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"name a project: {', '.join(PROJECTS)}")
    chosen = sys.argv[1]
    main(chosen, Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "out" / chosen)
