"""Why a result is not there: which input, version or source differs from those of earlier calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlflow2prov.capture import code
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.records import Argument, Call

if TYPE_CHECKING:
    from mlflow2prov.capture.artifacts import Artifact
    from mlflow2prov.capture.execution import Execution

MAX_CALLS = 1000
"""How many of the latest calls are compared."""


@dataclass(frozen=True)
class Difference:
    """A part of the identity of a result that differs from that of an earlier call."""

    kind: str
    """``argument``, ``version``, ``source``, ``dependency`` or ``option``, which is one of the decorator."""
    name: str
    now: Any
    before: Any

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {_short(self.before)} -> {_short(self.now)}"


@dataclass(frozen=True)
class MissExplanation:
    """The outcome of a look-up, compared with the most similar earlier call of the function."""

    artifact_id: str | None
    """The identifier of the result; None if the arguments cannot be hashed."""
    is_hit: bool
    """Whether the result is there."""
    reason: str
    call: Call | None = None
    """The most similar earlier call whose result is stored, or that made the result."""
    differences: tuple[Difference, ...] = ()
    """The differences from that call. For a result that is there, changes of code that do not count."""

    def __str__(self) -> str:
        return "\n".join([self.reason, *map(str, self.differences)])


def explain_miss(function: Callable[..., Any], *args: Any, **kwargs: Any) -> MissExplanation:
    """Explain why a captured function would compute its result, or which earlier result it would return.

    The function is not called.

    Args:
        function: a function decorated with ``provenance()``.
        *args: the positional arguments of the call.
        **kwargs: the other arguments of the call.

    Raises:
        InvalidOptionError: the function is not captured.
    """
    metadata = getattr(function, "_provenance_metadata", None)
    if metadata is None:
        raise InvalidOptionError(
            f"{getattr(function, '__name__', function)!s}: not captured; decorate it with provenance()"
        )
    owner = getattr(function, "__self__", None)
    execution: Execution = metadata["new_execution"](
        args if owner is None else (owner, *args), kwargs
    )
    call = execution.call
    if execution.id is None:
        return MissExplanation(None, False, f"the call cannot be looked up: {call.uncacheable}")
    call.source_digest = code.source_digest(execution.info.function)
    earlier = [
        one
        for one in execution.repo.calls(name=execution.name)
        if one.artifact_id and not one.cached
    ][-MAX_CALLS:]
    artifact = execution.repo.find(execution.id)
    if artifact is not None:
        return _explain_stored(execution, artifact, earlier)
    return _explain_missing(execution, earlier)


def _explain_stored(
    execution: Execution, artifact: Artifact, earlier: list[Call]
) -> MissExplanation:
    made = next((one for one in earlier if one.id == artifact.call_id), None)
    changes = () if made is None else _code_differences(execution.call, made)
    reason = "the result is stored"
    if not execution.use_cache:
        reason += ", but use_cache is False"
    return MissExplanation(execution.id, execution.use_cache, reason, made, changes)


def _explain_missing(execution: Execution, earlier: list[Call]) -> MissExplanation:
    if not earlier:
        return MissExplanation(execution.id, False, f"{execution.name} has no stored result yet")
    compared = [(_differences(execution.call, one), one) for one in reversed(earlier)]
    differences, nearest = min(compared, key=lambda pair: len(pair[0]))
    reason = f"the nearest of {len(earlier)} earlier calls began at {nearest.started_at:%Y-%m-%d %H:%M:%S}"
    if not differences and nearest.artifact_id == execution.id:
        reason += "; its result was deleted, or is stored elsewhere"
    elif not differences:
        reason += (
            "; its result has another identifier, as it was made with use_cache=False, with other options of the "
            "decorator, or by another function of this name"
        )
    return MissExplanation(execution.id, False, reason, nearest, differences)


def _differences(now: Call, before: Call) -> tuple[Difference, ...]:
    differences = []
    if now.version != before.version:
        differences.append(Difference("version", now.name, now.version, before.version))
    old = {argument.name: argument for argument in before.arguments}
    new = {argument.name: argument for argument in now.arguments}
    for name in dict.fromkeys([*new, *old]):
        change = _argument_difference(name, new.get(name), old.get(name))
        if change is not None:
            differences.append(change)
    return (*differences, *_code_differences(now, before))


def _argument_difference(
    name: str, now: Argument | None, before: Argument | None
) -> Difference | None:
    if (now is None or now.ignored) and (before is None or before.ignored):
        return None
    if now is None or before is None:
        return Difference("argument", name, now and now.value, before and before.value)
    if now.ignored != before.ignored:
        return Difference("option", f"ignore {name}", now.ignored, before.ignored)
    if now.digest == before.digest:
        return None
    values = (now.value, before.value)
    if values[0] == values[1]:  # abbreviated alike, or of another type
        values = (f"{now.type} {now.digest}", f"{before.type} {before.digest}")
    return Difference("argument", name, *values)


def _code_differences(now: Call, before: Call) -> tuple[Difference, ...]:
    differences = []
    if now.source_digest and before.source_digest and now.source_digest != before.source_digest:
        place = f"{now.fn_module}.{now.fn_name}"
        differences.append(Difference("source", place, now.source_digest, before.source_digest))
    new, old = now.dependencies or {}, before.dependencies or {}
    if now.dependencies is not None and before.dependencies is not None:
        for name in sorted({*new, *old}):
            if new.get(name) != old.get(name):
                differences.append(Difference("dependency", name, new.get(name), old.get(name)))
    return tuple(differences)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
