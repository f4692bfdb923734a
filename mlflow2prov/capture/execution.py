"""One call of a captured function: its identity, the look-up, the computation, and the record of all three.

The order of a call:

1. bind the arguments, and let the options process them
2. hash each of them, noting the artifacts that it is or contains
3. look the result up under the digest of all that
4. if it is not there, claim the key, look again, compute, and check that no argument was changed
5. store the result, and return a proxy of it
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from mlflow2prov.capture import recording
from mlflow2prov.capture.arguments import MAX_FILE_BYTES, HashedArguments
from mlflow2prov.capture.artifacts import Artifact
from mlflow2prov.capture.collection import collect
from mlflow2prov.capture.configuration import find_repo, setting, warn
from mlflow2prov.capture.environment import run_info
from mlflow2prov.capture.errors import (
    CaptureError,
    ImpureFunctionError,
    MissingKeyError,
    MutatedArtifactValueError,
)
from mlflow2prov.capture.identity import result_id
from mlflow2prov.capture.locks import Claim
from mlflow2prov.capture.options import Options
from mlflow2prov.capture.records import Call, Inputs, Status
from mlflow2prov.capture.results import Results, deliver, output
from mlflow2prov.capture.signatures import FunctionInfo, merge

MAX_NESTED_WAIT = 60.0
"""How long a call within a captured call waits for another one to compute the same result, in seconds.

Two calls that need each other's results would wait for ever."""

MISS: Any = type("Miss", (), {"__repr__": lambda _: "<miss>"})()
"""The outcome of a look-up that found nothing; None is a result."""

claimed: ContextVar[frozenset[str]] = ContextVar("claimed", default=frozenset())
"""The keys that this thread or task has claimed."""


class Execution:
    """One call of a captured function.

    Args:
        function: the decorated function.
        info: the function without partial applications.
        options: the options of the decorator.
        merged: the default dictionaries that arguments are merged with.
        args: the positional arguments.
        kwargs: the arguments by name.

    Raises:
        TypeError: the function does not take these arguments.
        MutatedArtifactValueError: the value of an artifact among the arguments has changed.
    """

    def __init__(
        self,
        function: Any,
        info: FunctionInfo,
        options: Options,
        merged: Mapping[str, dict[str, Any]],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
    ) -> None:
        self.function, self.info, self.options = function, info, options
        self.args, self.kwargs = args, kwargs
        self.repo = find_repo(options.repo)
        use_cache, read_only = options.use_cache, options.read_only
        self.use_cache = setting("use_cache") if use_cache is None else use_cache
        """Whether the result may be looked up."""
        is_read_only = setting("read_only") if read_only is None else read_only
        self.writes = self.repo._write and not is_read_only
        """Whether the call and its result are stored."""
        self.name = options.name or f"{info.module}.{info.name}"
        self.call = Call(self.name, info.module, info.name, options.version)
        self.call.custom_fields = dict(options.custom_fields or {})
        self.artifact: Artifact | None = None
        """The result, once it was looked up or computed; None if it cannot be hashed."""
        self.damaged_id: str | None = None
        """The identifier of an artifact whose value cannot be loaded, and is to be stored again."""
        started = time.perf_counter()
        bound = info.bind(args, kwargs)
        if merged:
            merge(bound["kargs"], merged)
            self._rebind(merged)
        self.arguments = HashedArguments(self._process(bound), options.ignore)
        self.call.arguments = self.arguments.records
        self.call.uncacheable = self.arguments.unhashable
        if setting("check_mutations"):
            self._check_mutations()
        self.id = None if self.arguments.unhashable else result_id(self)
        """The identifier of the result; None if the arguments cannot be hashed."""
        self.call.hash_duration = time.perf_counter() - started

    def _rebind(self, merged: Mapping[str, dict[str, Any]]) -> None:
        """Replace the arguments of the function by merged ones."""
        bound = self.info.bind_in_order(self.args, self.kwargs)
        merge(bound.arguments, merged)
        self.function, self.args, self.kwargs = self.info.function, bound.args, bound.kwargs

    def _process(self, bound: Inputs) -> Inputs:
        """Return the arguments that are recorded."""
        if self.options.input_process_fn is not None:
            return self.options.input_process_fn(
                {"kargs": dict(bound["kargs"]), "varargs": bound["varargs"]}
            )
        if self.options.remove:
            kept = {k: v for k, v in bound["kargs"].items() if k not in self.options.remove}
            return {"kargs": kept, "varargs": bound["varargs"]}
        return bound

    def _check_mutations(self) -> None:
        mutated = self.arguments.find_mutated()
        if mutated is not None:
            artifact, names = mutated
            raise MutatedArtifactValueError(
                f"Artifact {artifact.id}, of type {type(artifact.value)} was mutated before being "
                f"passed to {self.info.module}.{self.info.name} as arguments ({','.join(names)})"
            )

    # --- looking up

    def look_up(self) -> Any:
        """Return the result as the caller gets it, or :data:`MISS`."""
        if self.id is None or not self.use_cache:
            return MISS
        artifact = None
        try:
            artifact = self.repo.find(self.id)
            if artifact is None:
                return MISS
            result = self._deliver(artifact)
        except MissingKeyError:
            # Its blob was deleted, by a limit of the store or by the user.
            self.damaged_id = None if artifact is None else artifact.id
            return MISS
        except (CaptureError, OSError) as error:
            self.damaged_id = None if artifact is None else artifact.id
            warn(f"{self.name}: a stored result cannot be loaded ({error}); it is computed again")
            return MISS
        self.artifact = artifact
        collect(artifact)
        self._record_hit(artifact)
        return result

    def _record_hit(self, artifact: Artifact) -> None:
        if not setting("record_hits") or not self.writes:
            return
        self.call.cached, self.call.artifact_id = True, artifact.id
        self.call.outputs = [output(artifact)]
        outer = recording.current_call.get()
        self.call.parent_id = None if outer is None else outer.id
        self.call.run_id = run_info()["id"]
        self.finish("FINISHED")

    def _deliver(self, artifact: Artifact) -> Any:
        chosen = self.options.proxies
        return deliver(artifact, setting("proxies") if chosen is None else chosen)

    # --- computing

    @property
    def claim(self) -> Claim | None:
        """The claim to compute the result; None if it is not stored, or this thread or task has the claim already."""
        if self.id is None or not self.use_cache or not self.writes or self.id in claimed.get():
            return None
        return self.repo.claim(self.id)

    @property
    def max_wait(self) -> float | None:
        """How long to wait for the claim, in seconds."""
        return MAX_NESTED_WAIT if claimed.get() else None

    def start(self) -> None:
        """Record that the function is called."""
        recording.describe(self.call, self.info.function)
        if self.writes:
            # A call that looks its result up does not read the file.
            self.arguments.digest_files(max_bytes=MAX_FILE_BYTES)
        self.call.started_at = datetime.now(UTC)
        if self.writes:
            recording.start(self.call, self.repo)

    def run(self) -> Any:
        """Call the function."""
        return self.function(*self.args, **self.kwargs)

    def fail(self, error: BaseException) -> None:
        """Record that the call raised an exception."""
        self.finish(recording.outcome(error), error)

    def finish(self, status: Status, error: BaseException | None = None) -> None:
        """Record the outcome of the call."""
        self.call.end(status, error)
        if self.writes:
            recording.end(self.call, self.repo)

    def store(self, value: Any, duration: float) -> Any:
        """Store the value that the function returned, and return the result as the caller gets it.

        Raises:
            ImpureFunctionError: the function changed an argument.
        """
        self.call.compute_duration = duration
        try:
            self._check_purity()
            self.artifact = Results(self).store(value)
        except BaseException as error:
            self.fail(error)
            raise
        self.finish("FINISHED")
        return value if self.artifact is None else self._deliver(self.artifact)

    def _check_purity(self) -> None:
        changed = None if self.call.uncacheable else self.arguments.find_changed()
        if changed:
            raise ImpureFunctionError(
                f"The {self.info.module}.{self.info.name} function modified arguments: "
                f"({','.join(changed)})"
            )
