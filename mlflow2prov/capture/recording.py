"""The record of one call, which all faces of capture share.

A failing repository is a warning: capture never breaks the program that it observes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture.code import plain_function, source_digest
from mlflow2prov.capture.configuration import setting, warn
from mlflow2prov.capture.environment import (
    GitState,
    git_state,
    last_mlflow_run,
    mlflow_run,
    run_info,
)
from mlflow2prov.capture.errors import CaptureError
from mlflow2prov.capture.packages import installed_environment
from mlflow2prov.capture.records import Call, Status

if TYPE_CHECKING:
    from mlflow2prov.capture.record_files.content import RecordedCall

current_call: ContextVar[Call | None] = ContextVar("call", default=None)
"""The call that runs in this thread or task."""

_last_runs: dict[str, str | None] = {}
"""The run of MLflow that was started last before a call, for calls that run outside of one."""


def describe(call: Call, function: Callable[..., Any], state: GitState | None = None) -> None:
    """Add to a call the process, the source of the function, the state of Git, the run of MLflow and the outer call.

    Args:
        call: the call.
        function: the captured function.
        state: the state of Git; it is looked up if none is given.
    """
    call.run_id = run_info()["id"]
    outer = current_call.get()
    call.parent_id = None if outer is None else outer.id
    call.source_digest = source_digest(function)
    code = getattr(plain_function(function), "__code__", None)
    if code is not None:
        call.source_line = code.co_firstlineno
        state = git_state(code.co_filename) if state is None else state
        for name in state.__slots__:
            setattr(call, name, getattr(state, name))
    if call.face != "tracked":  # a record file has the packages themselves
        call.environment_id = installed_environment().id
    active = mlflow_run()
    for name, value in active.items():
        setattr(call, name, value)
    if not active:
        _last_runs[call.id] = last_mlflow_run()


def start(call: Call, repo: Any) -> None:
    """Record that a call runs."""
    try:
        repo.start_call(call)
    except REPOSITORY_ERRORS as error:
        warn_of_failure(call, error)


def end(
    call: Call, repo: Any, record: RecordedCall | None = None, *, logs: bool | None = None
) -> None:
    """Record the outcome of a call, and the run of MLflow that its function began.

    Args:
        call: the call.
        repo: the repository, or the record file.
        record: the call with its surroundings, if they are known already.
        logs: whether to log the record to MLflow; None: as the configuration says.
    """
    if call.id in _last_runs:
        run = last_mlflow_run()
        if run != _last_runs.pop(call.id):
            call.mlflow_run_id = run
    try:
        repo.end_call(call)
    except REPOSITORY_ERRORS as error:
        warn_of_failure(call, error)
    if logs or (logs is None and setting("log_to_mlflow")):
        from mlflow2prov.capture.mlflow_records import log_call

        log_call(call, record)


def outcome(error: BaseException) -> Status:
    """Return the status of a call that raised an exception."""
    return "FAILED" if isinstance(error, Exception) else "KILLED"


REPOSITORY_ERRORS = (CaptureError, OSError)
"""The errors of a repository or a store, which are warnings."""


@contextmanager
def failures_are_warnings(call: Call) -> Iterator[None]:
    """Turn an error of a repository or a store into a warning."""
    try:
        yield
    except REPOSITORY_ERRORS as error:
        warn_of_failure(call, error)


def warn_of_failure(call: Call, error: Exception) -> None:
    """Warn that a call is not recorded."""
    warn(f"{call.name}: the call is not recorded ({error})")
