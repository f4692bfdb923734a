"""Sets of all artifacts that a part of a program makes or uses."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, cast

from mlflow2prov.capture.collection import collecting
from mlflow2prov.capture.configuration import get_default_repo, warn
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.capture.sets import ArtifactSet, Labels, artifact_id
from mlflow2prov.capture.signatures import function_info

Parameters = ParamSpec("Parameters")


@contextmanager
def capture_set(
    labels: str | Labels | None = None, initial_set: ArtifactSet | Iterable[Any] | None = None
) -> Iterator[list[ArtifactSet]]:
    """Store the set of all artifacts that are made or looked up in this thread or task meanwhile.

    The set is stored even if the block raises an exception: with the label ``status`` FAILED, if it has labels.

    Args:
        labels: a name, or a dictionary.
        initial_set: artifacts that are part of the set in any case.

    Yields:
        a list, to which the set is added at the end.

    Raises:
        PermissionDeniedError: at the end: the default repository is not configured for writing.
    """
    result: list[ArtifactSet] = []
    initial = frozenset(map(artifact_id, getattr(initial_set, "artifact_ids", initial_set) or ()))
    try:
        with collecting() as collector:
            yield result
    except BaseException:
        failed = ArtifactSet(initial | collector.keys(), labels)
        if failed.artifact_ids:
            try:
                failed.relabel({**(failed.labels or {}), "status": "FAILED"}).put()
            except Exception as error:  # noqa: BLE001 - the exception of the block comes first
                warn(f"the set of artifacts is not stored ({error})")
        raise
    result.append(ArtifactSet(initial | collector.keys(), labels).put(get_default_repo()))


def provenance_set(
    set_labels: str | Labels | None = None,
    initial_set: ArtifactSet | Iterable[Any] | None = None,
    set_labels_fn: Callable[..., str | Labels] | None = None,
) -> Callable[[Callable[Parameters, Any]], Callable[Parameters, ArtifactSet]]:
    """Let a function return the set of all artifacts that it makes or looks up, in place of its value.

    Args:
        set_labels: the labels of the set.
        initial_set: artifacts that are part of the set in any case.
        set_labels_fn: gets the arguments of the function by their names, with defaults, and returns the labels. If
            further positional arguments are passed, it gets them all by position.

    Raises:
        InvalidOptionError: both labels and a function for them are given.
    """
    if set_labels and set_labels_fn:
        raise InvalidOptionError("set_labels: excludes set_labels_fn; use one of them")

    def decorate(function: Callable[Parameters, Any]) -> Callable[Parameters, ArtifactSet]:
        info = function_info(function)

        def labels_of(args: Any, kwargs: Any) -> str | Labels | None:
            if set_labels_fn is None:
                return set_labels
            inputs = info.bind(args, kwargs)
            if not inputs["varargs"]:
                return set_labels_fn(**inputs["kargs"])
            bound = info.bind_in_order(args, kwargs)
            return set_labels_fn(*bound.args, **bound.kwargs)

        def captured(*args: Any, **kwargs: Any) -> ArtifactSet:
            with capture_set(labels_of(args, kwargs), initial_set) as result:
                function(*args, **kwargs)
            return result[0]

        async def captured_coroutine(*args: Any, **kwargs: Any) -> ArtifactSet:
            with capture_set(labels_of(args, kwargs), initial_set) as result:
                await function(*args, **kwargs)
            return result[0]

        is_coroutine = inspect.iscoroutinefunction(function)
        call: Any = captured_coroutine if is_coroutine else captured
        return cast("Callable[Parameters, ArtifactSet]", functools.wraps(function)(call))

    return decorate
