"""Campaigns: a number of inputs for each reader, in processes that may end."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fuzz.mutations import make_input
from tests.fuzz.worker import STATE

PROCESS_INPUTS = 20_000
"""How many inputs one process reads, so that what it does not free stays small."""


@dataclass(frozen=True)
class Failure:
    """An input that a reader failed at."""

    reader: str
    number: int
    reason: str

    def __str__(self) -> str:
        return f"{self.reader}, input {self.number}: {self.reason}"


@dataclass
class Figures:
    """The results of one reader."""

    read: int = 0
    refused: int = 0
    crashes: int = 0
    seconds: float = 0.0
    failures: list[Failure] = field(default_factory=list)

    @property
    def inputs(self) -> int:
        """All inputs."""
        return self.read + self.refused + self.crashes


@dataclass(frozen=True)
class Campaign:
    """Inputs for readers.

    Attributes:
        seed: the seed of all inputs.
        folder: takes the inputs that readers fail at.
        module: the name of the module that defines the readers.
    """

    seed: int
    folder: Path
    module: str = "tests.fuzz.readers"

    def run(self, name: str, inputs: int, seconds: float = math.inf, start: int = 0) -> Figures:
        """Give so many inputs to a reader, or as many as it reads in some seconds."""
        figures, begin = Figures(), time.monotonic()
        number, stop = start, start + inputs
        while number < stop and (rest := seconds - (time.monotonic() - begin)) > 0:
            number = self._run_process(
                name, number, min(stop, number + PROCESS_INPUTS), rest, figures
            )
        figures.seconds = time.monotonic() - begin
        return figures

    def _run_process(
        self, name: str, start: int, stop: int, seconds: float, figures: Figures
    ) -> int:
        """Run one process, and return the number of the next input."""
        with TemporaryDirectory() as scratch:
            state = Path(scratch) / "state"
            state.write_bytes(STATE.pack(start, 0, 0))
            numbers = map(str, (self.seed, start, stop, seconds))
            arguments = [self.module, name, *numbers, str(state)]
            process = subprocess.run(
                [sys.executable, "-m", "tests.fuzz.worker", *arguments],
                capture_output=True,
                env={**os.environ, "TMPDIR": scratch},
                check=False,
            )
            number, read, refused = STATE.unpack(state.read_bytes())
        figures.read += read
        figures.refused += refused
        for line in process.stdout.splitlines():
            failed, error, reason = json.loads(line)
            self._fail(name, failed, f"{error}: {reason}", figures)
        if process.returncode == 0:
            return stop if math.isinf(seconds) else number
        figures.crashes += 1
        self._fail(name, number, _reason(process), figures)
        return number + 1

    def _fail(self, name: str, number: int, reason: str, figures: Figures) -> None:
        figures.failures.append(Failure(name, number, reason))
        entry = make_input(
            import_module(self.module).READERS[name].seeds(), f"{self.seed} {name} {number}"
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        file = f"{name.replace(' ', '-')}-{self.seed}-{number}{Path(entry.name).suffix}"
        (self.folder / file).write_bytes(entry.content)


def _reason(process: subprocess.CompletedProcess[bytes]) -> str:
    if process.returncode < 0:
        return f"ended by {signal.Signals(-process.returncode).name}"
    lines = process.stderr.decode("utf-8", "replace").splitlines()
    return f"exit code {process.returncode}: {lines[-1] if lines else ''}"
