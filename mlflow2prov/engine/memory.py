"""Sizes of memory: the limit, the memory of the machine, and what to do when a query needs more."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from mlflow2prov.errors import ConfigurationError

_SIZE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?) ?(?:(?:([KMGTP])(I?))?B|BYTES?)", re.ASCII | re.IGNORECASE
)
_PREFIXES = ("", "K", "M", "G", "T", "P")
_CONTAINER_LIMIT = Path("/sys/fs/cgroup/memory.max")

_REFUSED_MEMORY = re.compile("bad allocation|allocation failure", re.IGNORECASE)
"""The part of DuckDB's messages when the operating system refuses memory, whatever the limit."""

MAX_SHARE = 0.8
"""The share of the machine's memory up to which a limit is suggested."""


def bytes_of(size: str) -> int:
    """Return the number of bytes in a size as users write it or DuckDB prints it.

    Units are those of DuckDB, in any case: a kB has 1000 bytes, a KiB 1024.

    >>> bytes_of("2GB"), bytes_of("1.5 MiB"), bytes_of("512 bytes")
    (2000000000, 1572864, 512)

    Raises:
        ConfigurationError: the text is not a size.
    """
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ConfigurationError(f"memory limit: {size!r:.80} is not a size; write 500MB or 2GB")
    number, prefix, binary = match.groups("")
    base = 1024 if binary else 1000
    return int(Decimal(number) * base ** _PREFIXES.index(prefix.upper()))


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
    it is enough: what a query needs is unknown until it succeeds. If the operating system has refused memory below the
    limit, it suggests a lower one.
    """
    if _REFUSED_MEMORY.search(reason):
        return (
            f"tables: the operating system has no memory for a step within the limit of {limit} ({reason}); "
            "set a lower limit, or end other programs"
        )
    memory = machine_memory()
    largest = int(MAX_SHARE * memory / 1e9) if memory else 0
    advice = "work on a smaller part, such as fewer experiments or a shorter time"
    if largest * 1e9 >= 2 * bytes_of(limit):
        advice += f", or try a limit of up to {largest}GB"
    return f"tables: a step needs more memory than the limit of {limit} ({reason}); {advice}"
