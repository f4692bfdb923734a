"""A process that gives inputs to one reader. It may not survive them.

    python -m tests.fuzz.worker MODULE READER SEED START STOP SECONDS STATE

MODULE defines the readers. The process writes the number of the input that is being read, and how many were read and
refused, to the file STATE, and a line of JSON to standard output for each failure.
"""

from __future__ import annotations

import json
import mmap
import resource
import signal
import struct
import sys
import time
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from mlflow2prov.errors import InternalError, MLflow2ProvError
from tests.fuzz.mutations import Input, make_input
from tests.fuzz.readers import Reader

STATE = struct.Struct("=qqq")
"""The next input, and the inputs that were read and refused so far."""

MAX_SECONDS = 120
"""The time of one input."""


def run(
    reader: Reader, seed: int, name: str, numbers: range, seconds: float, state: mmap.mmap
) -> None:
    """Read inputs until a number or time is reached."""
    seeds, counts, end = reader.seeds(), {"read": 0, "refused": 0}, time.monotonic() + seconds
    for number in numbers:
        if time.monotonic() > end:
            return
        STATE.pack_into(state, 0, number, counts["read"], counts["refused"])
        entry = make_input(seeds, f"{seed} {name} {number}")
        memory = _peak_memory()
        # The system ends the process with SIGPROF or SIGALRM, whatever it is doing.
        signal.setitimer(signal.ITIMER_PROF, reader.max_cpu_seconds)
        signal.setitimer(signal.ITIMER_REAL, MAX_SECONDS)
        counts["read" if _is_read(reader, entry, number) else "refused"] += 1
        if _peak_memory() - memory > reader.max_bytes:
            _report(number, "MemoryError", f"more than {reader.max_bytes} bytes of memory")
        STATE.pack_into(state, 0, number + 1, counts["read"], counts["refused"])


def _is_read(reader: Reader, entry: Input, number: int) -> bool:
    try:
        reader.read(entry)
    except Exception as error:  # noqa: BLE001  (that is what is looked for)
        if isinstance(error, InternalError) or not isinstance(error, MLflow2ProvError):
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(place.filename).name}, line {place.lineno}"
            _report(number, type(error).__name__, f"{where}: {error!r:.300}")
        elif "\n" in str(error) or "\x1b" in str(error):
            _report(number, type(error).__name__, f"not one line: {error!r:.300}")
        return False
    return True


def _report(number: int, error: str, reason: str) -> None:
    print(json.dumps([number, error, reason]), flush=True)


def _peak_memory() -> int:
    """Return the most memory that this program has had, in bytes.

    ``getrusage`` would count that of the process before it, which started this program.
    """
    with suppress(OSError), Path("/proc/self/status").open() as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def main(module: str, name: str, seed: str, start: str, stop: str, seconds: str, path: str) -> None:
    """Run with the arguments of the command line."""
    reader = import_module(module).READERS[name]
    with Path(path).open("r+b") as file, mmap.mmap(file.fileno(), STATE.size) as state:
        run(reader, int(seed), name, range(int(start), int(stop)), float(seconds), state)


if __name__ == "__main__":
    main(*sys.argv[1:])
