"""Seeds of random number generators: of Python, and of the libraries that the program has imported."""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from typing import Any

from mlflow2prov.capture.errors import InvalidArgumentError, InvalidOptionError

MAX_SEED = 2**32 - 1
"""The largest seed that NumPy takes (``numpy.random.seed``)."""

_MAX_NEW_SEED = 1_000_000


def seed_tasks(
    seed: int | None = None,
    seed_numpy: bool = True,
    seed_tensorflow: bool = True,
    seed_torch: bool = True,
) -> int:
    """Seed the random number generators of Python and of each of these libraries that the program has imported.

    Args:
        seed: from 0 to 2**32 - 1. None: a new one, which does not depend on the state of any generator.
        seed_numpy: whether to seed ``numpy.random``.
        seed_tensorflow: whether to seed TensorFlow, by ``tensorflow.random.set_seed``.
        seed_torch: whether to seed PyTorch on all devices, by ``torch.manual_seed``.

    Returns:
        The seed.

    Raises:
        InvalidArgumentError: the seed is not an integer.
        InvalidOptionError: the seed is out of range.
    """
    seed = new_seed() if seed is None else check_seed(seed)
    random.seed(seed)
    # A library may be half imported, or lack the function.
    with suppress(AttributeError):
        if seed_numpy and (numpy := _imported("numpy")) is not None:
            numpy.random.seed(seed)
    with suppress(AttributeError):
        if seed_tensorflow and (tensorflow := _imported("tensorflow")) is not None:
            tensorflow.random.set_seed(seed)
    with suppress(AttributeError):
        if seed_torch and (torch := _imported("torch")) is not None:
            torch.manual_seed(seed)
    return seed


def new_seed() -> int:
    """Return a seed that the system has chosen; no generator of the program is touched."""
    return random.SystemRandom().randint(0, _MAX_NEW_SEED)


def check_seed(seed: Any) -> int:
    """Return a seed that all libraries take."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise InvalidArgumentError(f"seed: {seed!r} is not an integer; use one, or None")
    number = int(seed)
    if not 0 <= number <= MAX_SEED:
        raise InvalidOptionError(f"seed: {number} is out of range; use 0 to {MAX_SEED}")
    return number


def _imported(name: str) -> Any:
    return sys.modules.get(name)
