"""The boundary of the package: every exception that leaves it is one of its own, and every warning names its caller.

Public functions and the command line are within :func:`own_errors`. Code inside the package handles only the errors
that it can say something about.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow2prov.errors import EngineError, InternalError, MLflow2ProvError, one_line


@contextmanager
def own_errors(*passing: type[Exception]) -> Iterator[None]:
    """Raise every exception of a block, or of a function that this decorates, as one of the package's own.

    ``KeyboardInterrupt``, ``SystemExit`` and warnings that were turned into errors pass.

    Args:
        passing: further errors that pass.

    Raises:
        InternalError: the block raised an error that the package did not foresee.
        EngineError: the memory is exhausted.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, (MLflow2ProvError, Warning, *passing)):
            raise
        raise _own_error(error) from error


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Emit a warning that names the line outside the package whose call led to it."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_inside(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    warnings.warn_explicit(
        message,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        frame.f_globals.get("__name__"),
        frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_inside(module: str) -> bool:
    """Return whether a module belongs to the package, or is the one that calls its decorated functions."""
    return f"{module}.".startswith("mlflow2prov.") or module == "contextlib"


def _own_error(error: Exception) -> MLflow2ProvError:
    """Return the package's own error for another exception, with a message of one line."""
    if isinstance(error, MemoryError):
        return EngineError("out of memory; set a lower memory limit (--memory-limit)")
    if isinstance(error, RecursionError):
        return InternalError(f"{_place(error)}: the input is nested too deeply; simplify it")
    if isinstance(error, OSError):
        where = _one_line(str(error.filename or _place(error)))
        return InternalError(f"{where}: {_one_line(error.strerror or str(error))}")
    reason = _one_line(str(error))
    return InternalError(
        f"{_place(error)}: unexpected {type(error).__name__}{f' ({reason})' if reason else ''}; "
        "report it with the output of --verbose"
    )


def _place(error: Exception) -> str:
    """Return the line of the package where an exception was raised, or that called the code that raised it."""
    import traceback
    from pathlib import Path

    package, place = Path(__file__).parent, "mlflow2prov"
    for frame in traceback.extract_tb(error.__traceback__):
        path = Path(frame.filename)
        if path.is_relative_to(package) and path.name != Path(__file__).name:
            place = f"mlflow2prov/{path.relative_to(package).as_posix()}, line {frame.lineno}"
    return place


def _one_line(message: str) -> str:
    """Return a message as one line without credentials."""
    from mlflow2prov.secrets import mask_secrets

    return one_line(mask_secrets(message))
