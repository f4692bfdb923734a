"""Arrays of NumPy as ``.npy``, without pickles."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def dump_npy(value: Any, filename: str) -> None:
    """Write an array; one of objects is refused."""
    import numpy as np

    with Path(filename).open("wb") as stream:
        np.save(stream, value, allow_pickle=False)


def load_npy(filename: str, mmap_mode: Any = None) -> Any:
    """Return the array of a file, or map the file into memory with ``mmap_mode``."""
    import numpy as np

    return np.load(filename, mmap_mode=mmap_mode, allow_pickle=False)
