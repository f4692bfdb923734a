"""Sizes of memory: the limit, the memory of the machine, and what to do when a query needs more."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")

MAX_SHARE = 0.8
"""The share of the machine's memory up to which a limit is suggested."""


def bytes_of(size: str) -> int:
    """Return the number of bytes in a size as DuckDB prints it, such as ``953.6 MiB``."""
    match = re.fullmatch(r"([0-9.]+) (\w+)", size)
    return int(float(match[1]) * _UNITS[match[2]]) if match else 1 << 30


def machine_memory() -> int | None:
    """Return the bytes of memory that the machine or its container has, or None if they are unknown."""
    sizes = []
    with suppress(ValueError, OSError, AttributeError):
        sizes.append(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    with suppress(ValueError, OSError):
        sizes.append(int(_CONTAINER_LIMIT.read_text("ascii")))
    return min(sizes, default=None)


def out_of_memory_message(reason: str, limit: str) -> str:
    """Return the message for a query that needs more memory than the limit.

    It suggests a higher limit only if the machine has the memory for one that is twice as high, and never promises that
    it is enough: what a query needs is unknown until it succeeds.
    """
    memory = machine_memory()
    largest = int(MAX_SHARE * memory / 1e9) if memory else 0
    advice = "work on a smaller part, such as fewer experiments or a shorter time"
    if largest * 1e9 >= 2 * bytes_of(limit):
        advice += f", or try a limit of up to {largest}GB"
    return f"tables: a step needs more memory than the limit of {limit} ({reason}); {advice}"
