"""A campaign of SIGKILL at random moments: no file may be torn, and the next start must delete what was left.

    python -m tests.kills --kills 200 --seed 7

Each kill ends one of four commands that write: an extraction, a document in several formats, a push to a store, and a
chain from a YAML file. Half of the kills fall at any moment, half while output is being written.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow2prov.temporary import PREFIX
from tests.repositories import Repository
from tests.sources.mlflow.fake_server import serve_with

OLD = b"the previous content\n"
MAX_SECONDS = 300

CHAIN = """\
- extract:
    repository_path: repository
- validate:
    output: output/chain.txt
- save:
    output: output/chain
    format: [json, turtle]
- report:
    output: output/report
    format: [markdown]
- save:
    output: output/last
    format: [provn]
"""
FORMATS = [word for name in ("json", "provn", "xml") for word in ("--format", name)]
LOAD = ["load", "--input", "large.json"]


class Campaign:
    """Commands in a folder, and what became of their files.

    Args:
        folder: an empty folder.
        seed: the seed of the moments.
        commits: how many commits the repository has, and with it how long the commands take.
    """

    def __init__(self, folder: Path, seed: int, commits: int) -> None:
        self.figures: Counter[str] = Counter()
        self._folder = folder
        self._random = random.Random(seed)
        self._output, self._temporary = folder / "output", folder / "temporary"
        for path in (self._output, self._temporary):
            path.mkdir()
        repository = Repository(folder / "repository")
        for number in range(commits):
            repository.commit(f"number {number}", train__py=f"{number}\n")
        self._run(["extract", "--repository-path", "repository", "save", "--output", "large"])
        (folder / "small.json").write_text(
            json.dumps({"entity": {"ex:a": {}}, "prefix": {"ex": "http://x/"}})
        )
        (folder / "chain.yaml").write_text(CHAIN)

    def run(self, kills: int) -> None:
        """Kill so many commands, each in turn."""
        with serve_with(_Store) as url:
            save = ["save", "--output", "output/result", *FORMATS]
            commands = {
                "extract": ["extract", "--repository-path", "repository", *save],
                "save": [*LOAD, *save],
                "export": [*LOAD, "export", "--to", f"{url}/graphs", *save],
                "chain": ["--config", "chain.yaml"],
            }
            expected, seconds = {}, {}
            for name, command in commands.items():
                start = time.monotonic()
                self._run(command)
                seconds[name] = time.monotonic() - start
                expected[name] = {path.name: path.read_bytes() for path in self._files()}
                self._reset(())
            for number in range(kills):
                name = list(commands)[number % len(commands)]
                self._reset(expected[name])
                self._kill(
                    commands[name],
                    seconds[name],
                    is_writing=(number + number // len(commands)) % 2 == 1,
                )
                self._count(expected[name])

    def _kill(self, command: list[str], seconds: float, *, is_writing: bool) -> None:
        process = self._start(command)
        if is_writing:
            while process.poll() is None and not any(self._output.glob(f"{PREFIX}*")):
                time.sleep(0.001)
            time.sleep(self._random.uniform(0, seconds / 10))
        else:
            time.sleep(self._random.uniform(0, seconds))
        process.kill()
        process.communicate()
        self.figures["kills"] += 1
        self.figures["kills of a running process"] += process.returncode < 0

    def _count(self, expected: dict[str, bytes]) -> None:
        contents = {path.name: path.read_bytes() for path in self._files()}
        states = {
            "new" if content == expected[file] else "old" if content == OLD else "torn"
            for file, content in contents.items()
        }
        self.figures["files"] += len(contents)
        self.figures["torn files"] += sum(
            content not in (OLD, expected[file]) for file, content in contents.items()
        )
        self.figures["missing files"] += len(expected) - len(contents)
        self.figures["chains with new and old files"] += len(states) > 1
        self.figures["left by kills"] += len(self._leftovers())
        self._run(["load", "--input", "small.json", "statistics"])
        self.figures["left after the next start"] += len(self._leftovers())

    def _files(self) -> list[Path]:
        return [path for path in self._output.iterdir() if path.is_file()]

    def _leftovers(self) -> list[Path]:
        hidden = [path for path in self._output.iterdir() if path.name.startswith(".")]
        return hidden + list(self._temporary.iterdir())

    def _reset(self, names: Iterable[str]) -> None:
        """Let the output consist of previous files with these names."""
        for path in self._files():
            path.unlink()
        for name in names:
            (self._output / name).write_bytes(OLD)

    def _run(self, command: list[str]) -> None:
        process = self._start(command)
        _, message = process.communicate(timeout=MAX_SECONDS)
        if process.returncode:
            raise RuntimeError(f"{command}: {message.decode()}")

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "mlflow2prov", *command],
            cwd=self._folder,
            env={**os.environ, "TMPDIR": str(self._temporary)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )


class _Store(BaseHTTPRequestHandler):
    """A server that accepts graphs."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with suppress(OSError):  # the client was killed
            self.do_HEAD()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    """Run a campaign and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--commits", type=int, default=2000)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with TemporaryDirectory() as folder:
        campaign = Campaign(Path(folder), options.seed, options.commits)
        campaign.run(options.kills)
    for figure, count in campaign.figures.items():
        print(f"{count:6} {figure}")


if __name__ == "__main__":
    main()
