"""Measurement of functions and of whole processes, and the rows of the printed table."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """The cost of several repetitions: the medians of the seconds, and the highest peak memory in bytes."""

    seconds: float
    memory: int = 0
    cpu_seconds: float = 0
    """The time of all processors, which other work on the machine affects less. Functions have none."""

    def ratio(self, floor: Measurement) -> float:
        """Return the time as a multiple of the time of ``floor``."""
        return self.seconds / floor.seconds


def measure_process(command: Sequence[str | os.PathLike[str]], repeat: int = 5) -> Measurement:
    """Run a command ``repeat`` times, without its output.

    Raises:
        RuntimeError: the command failed.
    """
    runs = [_run_once(command) for _ in range(repeat)]
    return Measurement(
        statistics.median(run.seconds for run in runs),
        max(run.memory for run in runs),
        statistics.median(run.cpu_seconds for run in runs),
    )


# The system counts the memory of the process that starts a command as a peak of the command. This one is small.
_STARTER = """
import json, os, subprocess, sys, time
start = time.perf_counter()
with subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
seconds = time.perf_counter() - start
cpu_seconds = usage.ru_utime + usage.ru_stime
print(json.dumps([process.returncode, seconds, usage.ru_maxrss * 1024, cpu_seconds]))
"""


def _run_once(command: Sequence[str | os.PathLike[str]]) -> Measurement:
    starter = [sys.executable, "-S", "-E", "-c", _STARTER, *command]
    output = subprocess.run(starter, check=True, capture_output=True).stdout
    status, seconds, memory, cpu_seconds = json.loads(output)
    if status:
        raise RuntimeError(f"{command} ended with {status}")
    return Measurement(seconds, memory, cpu_seconds)


def measure_call(
    function: Callable[[], object],
    repeat: int = 5,
    *,
    before_each: Callable[[], object] = lambda: None,
) -> Measurement:
    """Call a function ``repeat`` times, each time after ``before_each``, whose time does not count."""
    seconds = []
    for _ in range(repeat):
        before_each()
        start = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - start)
    return Measurement(statistics.median(seconds))


def print_row(work: str, measurement: Measurement, floor: Measurement) -> None:
    """Print a row of the table: the work, its time, its peak memory if that is known, and the ratio."""
    memory = f"{measurement.memory / 1e6:8.0f} MB" if measurement.memory else " " * 11
    ratio = measurement.ratio(floor)
    print(f"{work:58} {_format(measurement.seconds)} {memory}  x {ratio:6.2f}", flush=True)


def _format(seconds: float) -> str:
    """Return a time in seconds or, if it is short, in milliseconds or microseconds."""
    if seconds < 0.001:
        return f"{seconds * 1e6:7.1f} us"
    return f"{seconds * 1e3:7.1f} ms" if seconds < 0.1 else f"{seconds:8.2f} s"
