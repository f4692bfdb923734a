"""Calls of database drivers, which raise any error and wait without end at a hostile server or a damaged file."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from mlflow2prov.errors import MLflow2ProvError, SourceError, one_line
from mlflow2prov.secrets import Secrets

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class DriverCalls:
    """The calls of the driver of one database.

    Attributes:
        location: the URL of the database for messages, without credentials.
        secrets: the credentials.
        is_server: whether the driver talks to a server.
        error: the class of the errors.
    """

    location: str
    secrets: Secrets
    is_server: bool
    error: type[SourceError]

    def run(self, function: Callable[[], _Result], seconds: float) -> _Result:
        """Return the result of a function that calls the driver.

        Args:
            function: the function.
            seconds: how long to wait for a server.

        Raises:
            SourceError: the driver raised an error, or the server does not answer. It is of the class :attr:`error`.
        """
        try:
            return run_within(seconds, function) if self.is_server else function()
        except (MLflow2ProvError, MemoryError):
            raise
        except TimeoutError as error:
            raise self.error(
                f"{self.location}: the server does not answer within {seconds:g} seconds; try again later"
            ) from error
        except Exception as error:
            reason = one_line(self.secrets.mask(_reason(error)))
            raise self.error(f"{self.location}: cannot be read: {reason}") from error


def run_within(seconds: float, function: Callable[[], _Result]) -> _Result:
    """Return the result of a function that cannot be interrupted.

    After ``seconds`` the function is abandoned, in a thread that does not outlive the program.

    Raises:
        TimeoutError: the function has not returned within ``seconds``.
    """
    result: Future[_Result] = Future()

    def run() -> None:
        try:
            result.set_result(function())
        except BaseException as error:  # noqa: BLE001  (the caller raises it)
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result.result(timeout=seconds)


def _reason(error: Exception) -> str:
    """Return the driver's reason for an error. PyMySQL's errors are a number and a text."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
    is_numbered = len(cause.args) == 2 and isinstance(cause.args[0], int)
    reason = str(cause.args[1] if is_numbered else cause).strip()
    return reason.splitlines()[0] if reason else type(error).__name__
