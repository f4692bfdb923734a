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
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from mlflow2prov.capture import code, recording
from mlflow2prov.capture.artifacts import ArchivedFile, Artifact, composite_digest
from mlflow2prov.capture.collection import collect
from mlflow2prov.capture.configuration import find_repo, setting, warn
from mlflow2prov.capture.environment import run_info
from mlflow2prov.capture.errors import (
    CaptureError,
    ImpureFunctionError,
    InvalidOptionError,
    KeyExistsError,
    MutatedArtifactValueError,
    UnhashableError,
)
from mlflow2prov.capture.hashing import file_hash, hash_with_references
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.hashing.walk import LEAVES
from mlflow2prov.capture.lineage_by_identity import find_artifact, remember
from mlflow2prov.capture.locks import Claim
from mlflow2prov.capture.options import Options
from mlflow2prov.capture.previews import preview
from mlflow2prov.capture.proxies import artifact_of, is_proxy
from mlflow2prov.capture.records import Argument, ArtifactRecord, Call, Inputs, Output
from mlflow2prov.capture.serializers import candidates
from mlflow2prov.capture.signatures import FunctionInfo, merge
from mlflow2prov.secrets import MASK, is_secret_name

MAX_NESTED_WAIT = 60.0
"""How long a call within a captured call waits for another one to compute the same result, in seconds.

Two calls that need each other's results would wait for ever."""

claimed: ContextVar[frozenset[str]] = ContextVar("claimed", default=frozenset())
"""The keys that this thread or task has claimed."""
_EXTENSIONS = {"jpeg": "jpg", "mpeg": "mpg"}


class Execution:
    """One call of a captured function.

    Args:
        function: the decorated function.
        info: the function without partial applications.
        options: the options of the decorator.
        merged: the default dictionaries that arguments are merged with.
        args: the positional arguments.
        kwargs: the arguments by name.
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
        self.name = options.name or f"{info.module}.{info.name}"
        self.call = Call(self.name, info.module, info.name, options.version)
        self.id: str | None = None
        self._broken: Artifact | None = None
        self._is_started = False
        started = time.perf_counter()
        bound = info.bind(args, kwargs)
        if merged:
            merge(bound["kargs"], merged)
            self._rebind(merged)
        self.inputs = self._process(bound)
        self._hash_inputs()
        self.call.hash_duration = time.perf_counter() - started

    @cached_property
    def use_cache(self) -> bool:
        """Whether the result may be looked up."""
        chosen = self.options.use_cache
        return setting("use_cache") if chosen is None else chosen

    @cached_property
    def read_only(self) -> bool:
        """Whether the result is not stored."""
        chosen = self.options.read_only
        return setting("read_only") if chosen is None else chosen

    def run(self) -> Any:
        """Call the function."""
        return self.function(*self.args, **self.kwargs)

    # --- inputs

    def _rebind(self, merged: Mapping[str, dict[str, Any]]) -> None:
        """Replace the arguments of the function by merged ones."""
        info = self.info
        bound = info.signature.bind(*info.varargs, *self.args, **{**info.kargs, **self.kwargs})
        merge(bound.arguments, merged)
        self.function, self.args, self.kwargs = info.function, bound.args, bound.kwargs

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

    def _hash_inputs(self) -> None:
        """Hash all arguments, and set the identifier of the result, or the reason why it has none."""
        references: dict[str, tuple[Any, list[str]]] = {}
        input_ids: dict[str, None] = {}
        kargs = {
            name: self._hash_input(name, value, references, input_ids)
            for name, value in self.inputs.get("kargs", {}).items()
        }
        varargs = tuple(
            self._hash_input(f"*{position}", value, references, input_ids)
            for position, value in enumerate(self.inputs.get("varargs", ()))
        )
        self.input_digests: Inputs = {"kargs": kargs, "varargs": varargs}
        self.input_artifact_ids = list(input_ids)
        if setting("check_mutations"):
            self._check_mutations(references)
        if self.call.uncacheable is None:
            self.id = self._identify()

    def _hash_input(
        self,
        name: str,
        value: Any,
        references: dict[str, tuple[Any, list[str]]],
        input_ids: dict[str, None],
    ) -> str | None:
        """Return the digest of an argument, and add the argument to the call."""
        is_secret = is_secret_name(name)
        kind = type(artifact_of(value).value) if is_proxy(value) else type(value)
        argument = Argument(name, type=f"{kind.__module__}.{kind.__qualname__}")
        argument.value = MASK if is_secret else preview(value)
        argument.ignored = name in self.options.ignore
        self.call.arguments.append(argument)
        try:
            name_of_value, objects = hash_with_references(value)
        except UnhashableError as error:
            if not argument.ignored and self.call.uncacheable is None:
                self.call.uncacheable = f"{name}: {error}"
            return None
        argument.digest = None if is_secret else name_of_value
        for item in objects:
            artifact = artifact_of(item)
            references.setdefault(artifact.id, (item, []))[1].append(name)
            argument.artifacts.append(artifact.id)
        if not objects and (source := find_artifact(value, name_of_value)) is not None:
            argument.artifacts.append(source)
        argument.artifacts = list(dict.fromkeys(argument.artifacts))
        input_ids.update(dict.fromkeys(argument.artifacts))
        return name_of_value

    def _check_mutations(self, references: dict[str, tuple[Any, list[str]]]) -> None:
        for identifier, (item, names) in references.items():
            artifact = artifact_of(item)
            value = item if is_proxy(item) else artifact.proxy()
            if not artifact.value_id or digest(value) == artifact.value_id:
                continue
            if isinstance(artifact.value, ArchivedFile):
                continue
            raise MutatedArtifactValueError(
                f"Artifact {identifier}, of type {type(artifact.value)} was mutated before being "
                f"passed to {self.info.module}.{self.info.name} as arguments ({','.join(names)})"
            )

    def _identify(self) -> str:
        """Return the identifier of the result."""
        digests = self.input_digests
        if self.options.ignore:
            kept = {k: v for k, v in digests["kargs"].items() if k not in self.options.ignore}
            digests = {"kargs": kept, "varargs": digests["varargs"]}
        if self.options.input_hash_fn is not None:
            digests = self.options.input_hash_fn(
                {"kargs": dict(digests["kargs"]), "varargs": digests["varargs"]}
            )
        identity: dict[str, Any] = {
            **digests,
            "name": self.name,
            "version": self.options.version,
        }
        if self.options.invalidate_on != "version":
            self.call.source_digest = code.source_digest(self.info.function)
            identity["source"] = self.call.source_digest
        if self.options.invalidate_on == "dependencies":
            self.call.dependencies = code.dependencies(self.info.function)
            identity["dependencies"] = self.call.dependencies
        return digest(identity)

    # --- looking up

    def look_up(self) -> Any:
        """Return the result if it is stored, as :meth:`deliver` returns it, else None."""
        if self.id is None or not self.use_cache:
            return None
        try:
            artifact = self.repo.find(self.id)
            if artifact is None:
                return None
            proxy = artifact.proxy()
        except (CaptureError, OSError) as error:
            if (artifact := self._known_artifact()) is not None:
                self._broken = artifact
            warn(f"{self.name}: a stored result cannot be loaded ({error}); it is computed again")
            return None
        self._record_hit(artifact)
        return self._deliver(proxy, artifact)

    def _known_artifact(self) -> Artifact | None:
        with suppress(CaptureError, OSError):
            assert self.id is not None
            return self.repo.find(self.id)
        return None

    def _record_hit(self, artifact: Artifact) -> None:
        collect(artifact)
        if not setting("record_hits"):
            return
        self.call.cached, self.call.artifact_id = True, artifact.id
        self.call.outputs = [_output(artifact)]
        outer = recording.current_call.get()
        self.call.parent_id = None if outer is None else outer.id
        self.call.run_id = run_info()["id"]
        recording.finish(self.call, self.repo, "FINISHED")

    def _deliver(self, proxy: Any, artifact: Artifact) -> Any:
        """Return the result as the caller gets it."""
        wants_proxies = self.options.proxies
        if setting("proxies") if wants_proxies is None else wants_proxies:
            return proxy
        value = proxy.__wrapped__
        remember(value, artifact)
        return value

    # --- computing

    @property
    def claim(self) -> Claim | None:
        """The claim to compute the result; None if it has no key, or this thread or task has it already."""
        if self.id is None or not self.use_cache or self.id in claimed.get():
            return None
        claim: Claim = self.repo.claim(self.id)
        return claim

    @property
    def max_wait(self) -> float | None:
        """How long to wait for the claim, in seconds."""
        return MAX_NESTED_WAIT if claimed.get() else None

    def start(self) -> None:
        """Record that the function is called."""
        recording.describe(self.call, self.info.function)
        self.call.started_at = datetime.now(UTC)
        recording.start(self.call, self.repo)
        self._is_started = True

    def fail(self, error: BaseException) -> None:
        """Record that the function raised an exception."""
        recording.finish(self.call, self.repo, recording.outcome(error), error)

    def store(self, value: Any, duration: float) -> Any:
        """Store the value that the function returned, and return the result as the caller gets it.

        Raises:
            ImpureFunctionError: the function changed an argument.
        """
        self.call.compute_duration = duration
        try:
            self._check_purity()
            result = self._store(value)
        except BaseException as error:
            self.fail(error)
            raise
        recording.finish(self.call, self.repo, "FINISHED")
        return result

    def _check_purity(self) -> None:
        if self.call.uncacheable is not None:
            return
        before = self.input_digests
        changed = [
            name
            for name, value in self.inputs.get("kargs", {}).items()
            if _may_change(value) and _digest_or_none(value) != before["kargs"][name]
        ]
        arguments = zip(self.inputs.get("varargs", ()), before["varargs"], strict=True)
        if any(_may_change(value) and _digest_or_none(value) != old for value, old in arguments):
            changed.append("varargs")
        if changed:
            raise ImpureFunctionError(
                f"The {self.info.module}.{self.info.name} function modified arguments: "
                f"({','.join(changed)})"
            )

    def _store(self, value: Any) -> Any:
        started = time.perf_counter()
        if self.options.returns_composite:
            return self._store_composite(value)
        if self.options.archive_file:
            value = archived(value, self.options.preserve_file_ext)
            value_id = value.blob_id
        else:
            try:
                value_id = digest(value)
            except UnhashableError as error:
                self.call.uncacheable = f"result: {error}"
                return value
        record = self._record(value_id, value, time.perf_counter() - started)
        artifact = self._put(record)
        deletes = self.options.archive_file and self.options.delete_original_file
        if deletes and not self.read_only:
            with suppress(OSError):
                Path(value.original_path).unlink()
        return self._finish(artifact)

    def _store_composite(self, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise InvalidOptionError(
                f"{self.name}: returns a {type(value).__name__}; with returns_composite, return a dict"
            )
        parts = {}
        for key, part in value.items():
            started = time.perf_counter()
            record = self._record(digest(part), part, time.perf_counter() - started, key)
            parts[key] = self._put(record)
        record = self._record(composite_digest(parts), parts, 0.0)
        record.composite, record.serializer = True, "json"
        artifact = self._put(record)
        self.call.outputs = [_output(part, str(key)) for key, part in parts.items()]
        return self._finish(artifact)

    def _record(
        self, value_id: str, value: Any, value_id_duration: float, key: Any = None
    ) -> ArtifactRecord:
        """Return the record of the result, or of the part of a composite with a key."""
        options = self.options
        name = self.name if key is None else f"{self.name}_{key}"
        identifier = self._identifier_of(name, value_id, key)
        serializer = options.serializer
        load_kwargs, dump_kwargs = options.load_kwargs, options.dump_kwargs
        if options.returns_composite:
            serializer = serializer.get(key) if isinstance(serializer, Mapping) else serializer
            load_kwargs = (load_kwargs or {}).get(key)
            dump_kwargs = (dump_kwargs or {}).get(key)
        if isinstance(value, ArchivedFile):
            serializer = "file"
        elif serializer in (None, "auto"):
            is_whole_composite = options.returns_composite and key is None
            serializer = "json" if is_whole_composite else next(candidates(value)).name
        return ArtifactRecord(
            id=identifier,
            value_id=value_id,
            inputs=self.inputs,
            fn_module=self.info.module,
            fn_name=self.info.name,
            value=value,
            name=name,
            version=options.version,
            composite=False,
            value_id_duration=value_id_duration,
            serializer=str(serializer),
            load_kwargs=dict(load_kwargs) if load_kwargs else None,
            dump_kwargs=dict(dump_kwargs) if dump_kwargs else None,
            compute_duration=self.call.compute_duration,
            hash_duration=self.call.hash_duration,
            computed_at=self.call.started_at,
            custom_fields=dict(options.custom_fields or {}),
            input_artifact_ids=self.input_artifact_ids,
            run_info=run_info(),
            call_id=self.call.id,
        )

    def _identifier_of(self, name: str, value_id: str, key: Any) -> str:
        if self.id is None:
            # The inputs have no digest: the result belongs to this call only.
            return digest(["call", self.call.id, key])
        identifier = self.id if key is None else digest([self.id, name])
        return identifier if self.use_cache else digest(identifier + value_id)

    def _put(self, record: ArtifactRecord) -> Artifact:
        """Store a record, or return the artifact of another process or call that has stored it meanwhile."""
        if self.read_only or not self.repo._write:
            return Artifact(self.repo, record)
        try:
            if self._broken is not None and self._broken.id == record.id:
                self.repo.replace_value(record)
                return Artifact(self.repo, record)
            return self.repo.put(record)
        except KeyExistsError:
            found = self.repo.find(record.id)
            return Artifact(self.repo, record) if found is None else self._same(found, record)
        except (CaptureError, OSError) as error:
            warn(f"{self.name}: the result is not stored ({error})")
            self.call.uncacheable = f"result: {error}"
            return Artifact(self.repo, record)

    def _same(self, found: Artifact, record: ArtifactRecord) -> Artifact:
        """Return an artifact that is stored already; its value is stored again if it is lost."""
        try:
            _ = found.value
        except (CaptureError, OSError):
            with suppress(CaptureError, OSError):
                self.repo.replace_value(record)
            return Artifact(self.repo, record)
        return found

    def _finish(self, artifact: Artifact) -> Any:
        collect(artifact)
        self.call.artifact_id = artifact.id
        if not self.call.outputs:
            self.call.outputs = [_output(artifact)]
        return self._deliver(artifact.proxy(), artifact)


def _output(artifact: Artifact, key: str | None = None) -> Output:
    return Output(key, artifact.id, artifact.value_id, serializer=artifact.serializer)


def _may_change(value: Any) -> bool:
    """Return whether a function could change an argument so that its artifact would be another one."""
    if is_proxy(value):
        # The content of an archived file that was read into memory: the file stays as it is.
        return not isinstance(value.artifact.value, ArchivedFile)
    return type(value) not in LEAVES


def _digest_or_none(value: Any) -> str | None:
    try:
        return digest(value)
    except UnhashableError:
        return None


def archived(value: Any, preserves_extension: bool) -> ArchivedFile:
    """Return an archived file for the path that a function returned."""
    path = Path(value)
    content = file_hash(path)
    blob_id = content
    if preserves_extension and path.suffix:
        extension = path.suffix[1:].lower()
        blob_id = f"{content}.{_EXTENSIONS.get(extension, extension)}"
    file = ArchivedFile(blob_id, path.name, digest=content)
    file.original_path = str(path)
    return file
