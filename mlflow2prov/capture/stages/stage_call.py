"""One call of a stage: its inputs, the cache, the computation, its outputs.

The order of a call:

1. copy the cachers, and decide which outputs are lazy
2. take the inputs from the arguments of the call or from the state
3. if all outputs are cached and nothing is to be overwritten, take them from the cache
4. otherwise call the function, and save its results
5. put the outputs into the state, and copy the files into the folder of a run that has a store
"""

from __future__ import annotations

import functools
import inspect
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlflow2prov.capture import recording
from mlflow2prov.capture.arguments import MAX_FILE_BYTES, HashedArguments
from mlflow2prov.capture.code import Invalidation, dependencies, source_digest
from mlflow2prov.capture.configuration import CaptureWarning, find_repo, setting
from mlflow2prov.capture.errors import UnhashableError
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.records import Call, Output
from mlflow2prov.capture.redaction import has_secrets, without_secrets
from mlflow2prov.capture.stages.cachers import Cacheable, Lazy, PickleCacher
from mlflow2prov.capture.stages.errors import (
    CachersMismatchError,
    EmptyCachersError,
    InputSignatureError,
    MissingInputError,
    OutputSignatureError,
)
from mlflow2prov.capture.stages.hashing import parameter_registry
from mlflow2prov.capture.stages.mlflow_runs import log_outputs, stage_run
from mlflow2prov.capture.stages.outcomes import Planned, Result, StageOutcome, miss_reason
from mlflow2prov.capture.stages.records import ArtifactRepresentation, Record
from mlflow2prov.capture.stages.reportable_cache import ReportableCache

Cachers = Sequence[Cacheable | type[Cacheable]]


@dataclass(frozen=True)
class StageDefinition:
    """A stage as it is decorated."""

    function: Callable[..., Any]
    inputs: Sequence[str]
    outputs: Sequence[str | Lazy]
    cachers: Cachers | None
    suppress_missing: bool
    is_aggregate: bool
    invalidate_on: Invalidation = "version"

    @functools.cached_property
    def qualified_name(self) -> str:
        """The name of the function with that of its module."""
        return f"{self.function.__module__}.{self.function.__qualname__}"

    @property
    def code(self) -> Any:
        """The identity of the code, of which a change makes the cached outputs stale."""
        if self.invalidate_on == "version":
            return None
        own = source_digest(self.function)
        if self.invalidate_on == "source":
            return own
        return {"source": own, **dependencies(self.function)}

    @functools.cached_property
    def name(self) -> str:
        """The name of the function."""
        return self.function.__name__

    @functools.cached_property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """The parameters of the function."""
        return inspect.signature(self.function).parameters


class StageCall:
    """One call of a stage.

    Args:
        definition: the stage.
        record: the record that passes through it.
        kwargs: the arguments of the call.
        records: the records of an aggregate.
    """

    def __init__(
        self,
        definition: StageDefinition,
        record: Record,
        kwargs: Mapping[str, Any],
        records: Sequence[Record] = (),
    ) -> None:
        self._definition, self._record, self._manager = definition, record, record.manager
        self._kwargs, self._records = dict(kwargs), records
        if self._manager.running_stages:
            warnings.warn(
                f"{definition.name}: a stage within the stage {self._manager.current_stage_name}",
                CaptureWarning,
                stacklevel=3,
            )
        self._outer_stage = self._manager.current_stage_name
        self._manager.current_stage_name = definition.name
        record.stages.append(definition.name)
        self._outputs = self._choose_outputs()
        self._cachers = self._copy_cachers()
        record.stage_cachers = self._cachers
        self._reportables = ReportableCache(record, definition.name)

    def run(self) -> Record:
        """Run the stage, and return the record."""
        try:
            return self._run()
        finally:
            if self._manager.running_stages:
                self._manager.current_stage_name = self._outer_stage

    def _run(self) -> Record:
        record, definition, manager = self._record, self._definition, self._manager
        arguments = self._take_inputs()
        self._note_inputs(arguments)
        reason = self._miss_reason()
        started = time.perf_counter()
        values: list[Any] = []
        if reason is None:
            try:
                values = self._load()
            except _LoadError as error:
                reason = str(error)
        if reason is None:
            if not manager.dry:
                self._record_hit(arguments, values)
            self._reportables.load()
            self._note("cached", None, started)
        elif manager.dry:
            values = [Planned(_name(output)) for output in self._outputs]
            self._note("planned", reason, started)
        else:
            values = self._compute(arguments, reason)
        self._put(values)
        record.store_tracked_paths()
        record.stage_suppress_missing.append(definition.suppress_missing)
        return record

    # --- outputs and cachers

    def _choose_outputs(self) -> list[str | Lazy]:
        """Return the outputs of this call, of which each lazy one is an object of its own."""
        manager = self._manager
        chosen: list[str | Lazy] = []
        for output in self._definition.outputs:
            name = _name(output)
            is_lazy = (isinstance(output, Lazy) or manager.lazy) and not manager.ignore_lazy
            resolve = output.resolve if isinstance(output, Lazy) else True
            chosen.append(Lazy(name, resolve) if is_lazy else name)
        return chosen

    def _copy_cachers(self) -> list[Cacheable] | None:
        """Return copies of the cachers, which belong to this call.

        Raises:
            EmptyCachersError: the list is empty.
            CachersMismatchError: there is another number of cachers than of outputs.
            OutputSignatureError: a lazy output has no cacher.
        """
        cachers, name = self._definition.cachers, self._definition.name
        lazy = [output.name for output in self._outputs if isinstance(output, Lazy)]
        if cachers is None and lazy:
            if not self._manager.lazy:
                raise OutputSignatureError(f"{name}: the lazy output {lazy[0]} needs a cacher")
            cachers = [PickleCacher] * len(self._outputs)
        if cachers is None:
            return None
        if not cachers:
            raise EmptyCachersError(f"{name}: the list of cachers is empty; leave it out")
        if len(cachers) != len(self._outputs):
            raise CachersMismatchError(
                f"{name}: {len(cachers)} cachers for {len(self._outputs)} outputs; give one for each"
            )
        copies = []
        for cacher, output in zip(cachers, self._outputs, strict=True):
            instance = cacher() if isinstance(cacher, type) else cacher
            own = instance.for_call(self._record, _name(output))
            if isinstance(output, Lazy):
                output.cacher = own
            copies.append(own)
        return copies

    # --- inputs

    def _take_inputs(self) -> dict[str, Any]:
        """Return the arguments of the function.

        Raises:
            InputSignatureError: an input is no parameter, or has neither value nor default.
            MissingInputError: the state lacks an input.
        """
        definition = self._definition
        takes_any = any(p.kind is p.VAR_KEYWORD for p in definition.parameters.values())
        arguments: dict[str, Any] = {}
        for name in definition.inputs:
            if name not in definition.parameters and not takes_any:
                raise InputSignatureError(
                    f"{definition.name}: the input {name} is not a parameter of the function"
                )
            if definition.is_aggregate:
                arguments[name] = self._gather(name)
            elif name in self._kwargs:
                arguments[name] = self._kwargs[name]
            elif name in self._record.state:
                arguments[name] = self._record.state[name]
            elif not definition.suppress_missing:
                raise MissingInputError(
                    f"{definition.name}: the state of the record has no {name}; pass it, or run the "
                    "stage that makes it"
                )
            elif name not in definition.parameters:
                continue  # the function takes any input, this one too
            elif definition.parameters[name].default is inspect.Parameter.empty:
                raise InputSignatureError(
                    f"{definition.name}: the input {name} has neither value nor default"
                )
        return {**arguments, **self._kwargs}

    def _gather(self, name: str) -> dict[Record, Any]:
        """Return an artifact of all records that have it."""
        found = {record: record.state[name] for record in self._records if name in record.state}
        missing = len(self._records) - len(found)
        if missing:
            warnings.warn(
                f"{self._definition.name}: {missing} of {len(self._records)} records have no {name}",
                CaptureWarning,
                stacklevel=5,
            )
        return found

    def _note_inputs(self, arguments: Mapping[str, Any]) -> None:
        record, definition = self._record, self._definition
        sources = self._records if definition.is_aggregate else [record]
        record.stage_inputs.append(
            [
                source.state_artifact_reps[name]
                for source in sources
                for name in definition.inputs
                if name in source.state_artifact_reps
            ]
        )
        record.stage_inputs_names.append(list(definition.inputs))
        record.stage_kwargs_keys.append([name for name in arguments if name in self._kwargs])

    # --- the cache

    def _miss_reason(self) -> str | None:
        """Return why the outputs cannot be taken from the cache; None if they can."""
        if self._cachers is None:
            return "the stage has no cachers"
        if (reason := self._overwrites) is not None and not self._is_of_this_run:
            return reason
        # Each of them is asked, so that all of them know their paths.
        missing = [cacher for cacher in self._cachers if not cacher.check()]
        if missing:
            return miss_reason(missing[0], self._record)
        return next(filter(None, map(self._other_code, self._cachers)), None)

    def _other_code(self, cacher: Cacheable) -> str | None:
        """Return how the code that made a file differs from the stage, if it does."""
        metadata = cacher.load_metadata() or {}
        made_by, code = metadata.get("function"), metadata.get("code")
        if made_by is not None and made_by != self._definition.qualified_name:
            return f"{cacher.name} was made by {made_by}"
        if self._definition.invalidate_on != "version" and code != self._definition.code:
            return f"the code of the stage has changed since {cacher.name} was made"
        return None

    @property
    def _overwrites(self) -> str | None:
        """Why the stage is to be computed, whatever is cached; None if nothing demands it."""
        manager, params = self._manager, self._record.params
        if manager.overwrite or self._definition.name in manager.overwrite_stages:
            return "the run overwrites the stage"
        if getattr(params, "overwrite", False):
            return "the parameter set overwrites all stages"
        if params is None and self._record.is_aggregate and self._input_overwrites:
            return "the aggregate has no parameter set, and no records or one that overwrites"
        return None

    @property
    def _is_of_this_run(self) -> bool:
        """Whether another process of the run has filled the cache, so that there is nothing left to overwrite."""
        manager = self._manager
        return manager.has_filled_cache and all(
            cacher.run_reference() == manager.run_info["reference"]
            for cacher in self._cachers or ()
        )

    @property
    def _input_overwrites(self) -> bool:
        """Whether an aggregate is over nothing, or over a record that is to be computed again."""
        records = self._record.input_records
        return not records or any(getattr(r.params, "overwrite", False) for r in records)

    def _load(self) -> list[Any]:
        """Return the outputs from the cache.

        Raises:
            _LoadError: a file is not what its cacher can load.
        """
        assert self._cachers is not None
        values = []
        for output, cacher in zip(self._outputs, self._cachers, strict=True):
            has_metadata = cacher.load_metadata() is not None
            cacher.track_metadata()
            if isinstance(output, Lazy):
                values.append(output)
                # Without a digest, only loading shows whether the file is whole.
                if not has_metadata:
                    _load_value(cacher)
            else:
                values.append(_load_value(cacher))
        return values

    # --- computing

    def _compute(self, arguments: Mapping[str, Any], reason: str) -> list[Any]:
        """Call the function, and return the values of its outputs."""
        started = time.perf_counter()
        with stage_run(self._record):
            try:
                values = self._call_function(arguments)
            except BaseException:
                self._note("failed", reason, started)
                raise
        log_outputs(
            self._record, dict(zip(map(_name, self._outputs), values, strict=True)), self._cachers
        )
        self._note("computed", reason, started)
        return values

    def _note(self, result: Result, reason: str | None, started: float) -> None:
        seconds = time.perf_counter() - started
        outcome = StageOutcome(self._record, self._definition.name, result, reason, seconds)
        self._manager.note_outcome(outcome)

    def _call_function(self, arguments: Mapping[str, Any]) -> list[Any]:
        """Call the function and save what it returns; the call is recorded."""
        function = self._definition.function
        call = self._new_call(arguments, reads_files=True)
        recording.describe(call, function)
        recording.start(call, find_repo(None))
        token = recording.current_call.set(call)
        first = [self._record, self._records] if self._definition.is_aggregate else [self._record]
        try:
            self._manager.running_stages += 1
            try:
                returned = function(*first, **arguments)
            finally:
                self._manager.running_stages -= 1
            self._record.output = returned
            self._reportables.save()
            values = self._save(self._split(returned))
        except BaseException as error:
            call.end(recording.outcome(error), error)
            raise
        else:
            call.end("FINISHED")
            self._add_outputs(call, values)
            return values
        finally:
            recording.current_call.reset(token)
            recording.end(call, find_repo(None), logs=self._manager.log_to_mlflow or None)

    def _new_call(self, arguments: Mapping[str, Any], *, reads_files: bool = False) -> Call:
        """Return the record of a call; that of one which only looks its outputs up does not read files."""
        function = self._definition.function
        module, name = function.__module__, function.__qualname__.rpartition("<locals>.")[2]
        call = Call(f"{module}.{name}", module, name, face="stage")
        params = self._record.params
        inputs = {
            name: list(value.values())
            if self._definition.is_aggregate and name in self._definition.inputs
            else value
            for name, value in arguments.items()
        }
        if params is not None:
            inputs = {"params": params, **inputs}
        hashed = HashedArguments({"kargs": inputs}, frozenset())
        if reads_files:
            hashed.digest_files(max_bytes=MAX_FILE_BYTES)
        call.arguments = hashed.records
        for argument in call.arguments:
            if argument.name in self._definition.inputs and argument.name not in self._kwargs:
                argument.artifacts = self._artifact_ids(argument.name)
            elif params is not None and argument.name == "params":
                shown = parameter_registry(params)
                del shown["IGNORED_PARAMS"]
                argument.value = without_secrets(shown)
                if has_secrets(params):
                    argument.digest = None  # short secrets can be guessed from it
        call.custom_fields = {"params_hash": self._record.get_hash()}
        return call

    def _record_hit(self, arguments: Mapping[str, Any], values: list[Any]) -> None:
        """Record that the outputs were taken from the cache."""
        if not setting("record_hits"):
            return
        call = self._new_call(arguments)
        recording.describe(call, self._definition.function)
        call.cached = True
        self._add_outputs(call, values)
        call.end("FINISHED")
        recording.end(call, find_repo(None))

    def _artifact_ids(self, name: str) -> list[str]:
        """Return the identifiers of the artifacts that are an input of the stage."""
        sources = self._records if self._definition.is_aggregate else [self._record]
        ids = (source.state_artifact_ids.get(name) for source in sources)
        return [identifier for identifier in ids if identifier is not None]

    def _add_outputs(self, call: Call, values: list[Any]) -> None:
        """Describe the outputs in the record of a call.

        An artifact is the same in all calls that compute it for the same parameters and with the same content.
        """
        call.outputs = self._describe_outputs(values)
        for output in call.outputs:
            content = call.id if output.digest is None else output.digest
            identity = [
                self._definition.qualified_name,
                self._record.get_hash(),
                output.key,
                content,
            ]
            output.artifact_id = self._record.state_artifact_ids[str(output.key)] = digest(identity)
        if len(call.outputs) == 1:
            # The only output is no part of a whole; a look-up names the artifact that it found.
            call.artifact_id = call.outputs[0].artifact_id if call.cached else None
        elif call.outputs:
            call.artifact_id = digest([output.artifact_id for output in call.outputs])

    def _split(self, returned: Any) -> list[Any]:
        """Return the results of a function, one for each output.

        Raises:
            OutputSignatureError: it is another number of values than of outputs.
        """
        count = len(self._outputs)
        if not count:
            return []
        values = list(returned) if isinstance(returned, tuple) else [returned]
        if len(values) != count:
            names = ", ".join(map(str, self._outputs))
            raise OutputSignatureError(
                f"{self._definition.name}: returned {len(values)} values for {count} outputs ({names})"
            )
        return values

    def _save(self, values: list[Any]) -> list[Any]:
        """Save the values, and return them, or the lazy outputs in their place."""
        if self._cachers is None or self._manager.dry_cache:
            return values
        kept = []
        for output, cacher, value in zip(self._outputs, self._cachers, values, strict=True):
            cacher.metadata = None
            cacher.announce_save()
            cacher.save(value)
            metadata = cacher.collect_metadata(value)
            metadata |= {
                "function": self._definition.qualified_name,
                "code": self._definition.code,
            }
            cacher.save_metadata()
            cacher.track_metadata()
            kept.append(output if isinstance(output, Lazy) else value)
        return kept

    def _describe_outputs(self, values: list[Any]) -> list[Output]:
        outputs = []
        for position, (output, value) in enumerate(zip(self._outputs, values, strict=True)):
            name = _name(output)
            described = Output(name)
            if self._cachers is not None and self._cachers[position].cache_paths:
                path = self._cachers[position].cache_paths[0]
                described.path = path
                described.digest = (
                    (self._cachers[position].metadata or {}).get("digests") or {}
                ).get(path)
                if Path(path).is_file():
                    described.size = Path(path).stat().st_size
            else:
                try:
                    described.digest = digest(value)
                except UnhashableError:
                    described.digest = None
            outputs.append(described)
        return outputs

    # --- the state

    def _put(self, values: list[Any]) -> None:
        record = self._record
        made = []
        for position, (output, value) in enumerate(zip(self._outputs, values, strict=True)):
            name = _name(output)
            cacher = None if self._cachers is None else self._cachers[position]
            record.state[name] = value
            metadata = None if cacher is None else cacher.metadata
            shown = ArtifactRepresentation(record, name, value, metadata, cacher)
            record.state_artifact_reps[name] = self._manager.get_artifact_index(shown)
            made.append(record.state_artifact_reps[name])
        record.stage_outputs.append(made)
        if self._cachers is not None and len(values) and record.output is None:
            record.output = values[0] if len(values) == 1 else tuple(values)


class _LoadError(Exception):
    """A file in the cache is not what its cacher can load."""


def _load_value(cacher: Cacheable) -> Any:
    try:
        return cacher.load()
    # The cacher is the user's, and so is the file: any library may fail, with any error.
    except Exception as error:
        message = f"{cacher.get_path()} cannot be loaded ({type(error).__name__}: {error})"
        warnings.warn(f"{message}; it is computed again", CaptureWarning, stacklevel=7)
        raise _LoadError(message) from error


def _name(output: str | Lazy) -> str:
    return output.name if isinstance(output, Lazy) else output
