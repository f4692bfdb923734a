"""Measuring: whole processes, their time and their peak memory."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """The median of several runs: seconds of wall clock, bytes of peak memory."""

    seconds: float
    memory: int = 0

    def over(self, floor: Measure) -> float:
        """Return how many times as long as ``floor`` this took."""
        return self.seconds / floor.seconds


def process(command: Sequence[str | os.PathLike[str]], repeat: int = 5) -> Measure:
    """Run a command ``repeat`` times, its output thrown away."""
    measures = [_process(command) for _ in range(repeat)]
    return Measure(statistics.median(m.seconds for m in measures), max(m.memory for m in measures))


def _process(command: Sequence[str | os.PathLike[str]]) -> Measure:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode:
        raise RuntimeError(f"{command} ended with {running.returncode}")
    return Measure(time.perf_counter() - began, usage.ru_maxrss * 1024)


def call(function: Callable[[], object], repeat: int = 5) -> Measure:
    """Call a function ``repeat`` times."""
    seconds = []
    for _ in range(repeat):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return Measure(statistics.median(seconds))


def row(work: str, measure: Measure, floor: Measure) -> None:
    """Print a line of the table: what it cost, and how many times the floor."""
    memory = f"{measure.memory / 1e6:8.0f} MB" if measure.memory else " " * 11
    print(f"{work:58} {measure.seconds:8.2f} s {memory}  x {measure.over(floor):6.2f}", flush=True)
