"""Stages: functions that take artifacts from the state of a record, and put their results into it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from mlflow2prov.capture.code import Invalidation, check_invalidation
from mlflow2prov.capture.stages.cachers import Lazy
from mlflow2prov.capture.stages.records import Record
from mlflow2prov.capture.stages.stage_call import Cachers, StageCall, StageDefinition


def stage(
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str | Lazy] | None = None,
    cachers: Cachers | None = None,
    suppress_missing_inputs: bool = False,
    *,
    invalidate_on: Invalidation = "version",
) -> Callable[[Callable[..., Any]], Callable[..., Record]]:
    """Make a function a stage: ``function(record, *inputs)`` returns the outputs; the stage returns the record.

    Args:
        inputs: the names of artifacts in the state that the function takes as arguments of these names.
        outputs: the names of its results; a :class:`Lazy` is not kept in memory.
        cachers: for each output, a cacher or its class. If all outputs are cached, the function is not called.
        suppress_missing_inputs: use the defaults of the function for inputs that the state lacks.
        invalidate_on: the changes of code that make cached outputs stale: ``version``: none, ``source``: those of the
            function, ``dependencies``: also those of the functions, classes and constants that it uses.

    The stage raises:

    - :class:`InputSignatureError`: an input is no parameter of the function, or has neither value nor default.
    - :class:`MissingInputError`: the state lacks an input.
    - :class:`OutputSignatureError`: the function returned another number of values.
    - :class:`EmptyCachersError`, :class:`CachersMismatchError`: the cachers do not fit the outputs.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Record]:
        definition = StageDefinition(
            function,
            inputs or (),
            outputs or (),
            cachers,
            suppress_missing_inputs,
            is_aggregate=False,
            invalidate_on=check_invalidation(invalidate_on),
        )

        @functools.wraps(function)
        def run(record: Record, **kwargs: Any) -> Record:
            return StageCall(definition, record, kwargs).run()

        run.is_aggregate = False  # type: ignore[attr-defined]
        return run

    return decorate


def aggregate(
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str | Lazy] | None = None,
    cachers: Cachers | None = None,
    *,
    invalidate_on: Invalidation = "version",
) -> Callable[[Callable[..., Any]], Callable[..., Record]]:
    """Make a function a stage over several records: ``function(record, records, **inputs)``.

    Each input is a dictionary from records to their values. Records that lack an artifact are left out with a
    warning. Without records, the stage takes all those of the manager but its own.

    Args:
        inputs: see :func:`stage`, as the other arguments.
        outputs: likewise.
        cachers: likewise.
        invalidate_on: likewise.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Record]:
        definition = StageDefinition(
            function,
            inputs or (),
            outputs or (),
            cachers,
            suppress_missing=True,
            is_aggregate=True,
            invalidate_on=check_invalidation(invalidate_on),
        )

        @functools.wraps(function)
        def run(record: Record, records: Sequence[Record] | None = None, **kwargs: Any) -> Record:
            if records is None:
                records = [other for other in record.manager.records if other is not record]
            record.set_aggregate(records)
            if record.manager.parallel_mode:
                return record  # the process that has all records computes it
            return StageCall(definition, record, kwargs, records).run()

        run.is_aggregate = True  # type: ignore[attr-defined]
        return run

    return decorate
