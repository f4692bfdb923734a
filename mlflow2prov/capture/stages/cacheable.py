"""The base of cachers: where the artifacts of stages lie as files, and which of these are hits.

A file is a hit if it exists and, where its metadata name a digest, still has that content. The metadata lie beside it,
in ``..._metadata.json``: parameters, stage, run, digests. They are marked incomplete before a file is written and
completed afterwards, so that a process that is killed leaves no half-written hit.
"""

from __future__ import annotations

import copy
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from mlflow2prov.capture.hashing import ALGORITHM, file_hash
from mlflow2prov.capture.record_files.files import write_record
from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.capture.seals import is_sealed, seal
from mlflow2prov.capture.stages.hashing import parameter_registry
from mlflow2prov.capture.stages.records import representation

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.records import Record


class Lazy:
    """An output that is not kept in memory: the state of the record loads it from its cacher when it is used.

    Args:
        name: the name of the output.
        resolve: whether the state returns the value; if not, it returns this object, and :meth:`load` the value.
    """

    def __init__(self, name: str, resolve: bool = True) -> None:
        self.name, self.resolve = name, resolve
        self.cacher: Cacheable | None = None

    def __repr__(self) -> str:
        return f'Lazy("{self.name}")'

    def __deepcopy__(self, memo: dict[int, Any]) -> Lazy:
        """Return a copy with the same cacher, whose record and manager are not copied."""
        return copy.copy(self)

    def load(self) -> Any:
        """Return the value."""
        assert self.cacher is not None
        return self.cacher.load()


class Cacheable:
    """The base class of cachers: the place of a file, and its metadata.

    A subclass has ``save(obj)`` and ``load()``, which ask for their paths with :meth:`get_path` or :meth:`get_dir`.

    Args:
        path_override: the path of the file, in place of one in the cache. It may contain ``{hash}``, ``{stage}``,
            ``{name}``, ``{experiment}``, ``{cache}``, ``{artifact_filename}`` and ``{params.X}`` for a parameter X.
        name: the name of the object; that of the output by default.
        subdir: folders before the name of the file.
        prefix: a substitute for the name of the experiment.
        extension: the end of the name, with its dot.
        record: the record; stages set it.
        track: whether a run with a store of its own gets a copy.
    """

    default_extension: ClassVar[str] = ""

    def __init__(
        self,
        path_override: str | None = None,
        name: str | None = None,
        subdir: str | None = None,
        prefix: str | None = None,
        extension: str | None = None,
        record: Record | None = None,
        track: bool = True,
    ) -> None:
        self.path_override, self.name, self.subdir, self.prefix = (
            path_override,
            name,
            subdir,
            prefix,
        )
        self.extension = self.default_extension if extension is None else extension
        self.record: Record | None = None
        self.track = track
        self.stage: str | None = None
        self.cache_paths: list[str] = []
        """The paths that were asked for since the last stage began."""
        self.metadata: dict[str, Any] | None = None
        self.extra_metadata: dict[str, Any] = {}
        """Further facts that a cacher or a stage wants to keep."""
        if record is not None:
            self.set_record(record)

    def set_record(self, record: Record) -> None:
        """Let the cacher belong to a record, and to the stage that it is in."""
        self.record = record
        self.stage = record.manager.current_stage_name

    # --- paths

    def get_path(self, suffix: str | None = None) -> str:
        """Return the path of the file, or of one with another end of its name.

        Args:
            suffix: the end of the name, in place of the extension.
        """
        end = self.extension if suffix is None else suffix
        path = self._override(suffix) if self.path_override is not None else self._cached(end)
        if path not in self.cache_paths:
            self.cache_paths.append(path)
        return path

    def _cached(self, end: str) -> str:
        assert self.record is not None, "a cacher outside of stages needs a path"
        stem = str(self.name).removesuffix(self.extension) if self.extension else self.name
        name = f"{stem}{end}"
        return self.record.get_path(name, self.subdir, self.prefix, self.stage, self.track)

    def get_dir(self, suffix: str | None = None) -> str:
        """Return the path of a folder, which is created."""
        path = self.get_path(suffix or "")
        Path(path).mkdir(parents=True, exist_ok=True)
        return path

    def _override(self, suffix: str | None) -> str:
        path = self._fill(self.path_override or "")
        if suffix is None:
            return path
        return str(Path(path).with_suffix("")) + suffix

    def _fill(self, template: str) -> str:
        if self.record is None or "{" not in template:
            return template
        record, manager = self.record, self.record.manager
        params = _Params(record.params)
        return template.format(
            hash=record.get_hash(),
            stage=self.stage,
            name=self.name,
            experiment=manager.experiment_name,
            cache=manager.cache_path,
            params=params,
            artifact_filename=manager.artifact_name(
                f"{self.name}{self.extension}", record, self.prefix, self.stage
            ),
        )

    @property
    def _metadata_path(self) -> Path:
        tracked, self.track = self.track, False
        paths = list(self.cache_paths)
        try:
            return Path(self.get_path("_metadata.json"))
        finally:
            self.track, self.cache_paths = tracked, paths

    # --- hits

    def check(self) -> bool:
        """Return whether the file is there, complete and unchanged."""
        return Path(self.get_path()).exists() and self.is_intact()

    def is_intact(self) -> bool:
        """Return whether the files are those that the metadata describe; True if there are no metadata."""
        metadata = self.load_metadata()
        if metadata is None:
            return True
        if not metadata.get("is_complete", True):
            return False
        digests = metadata.get("digests") or {}
        return isinstance(digests, dict) and all(
            has_digest(path, expected) for path, expected in digests.items()
        )

    def is_own(self, content: bytes | None = None) -> bool:
        """Return whether the file is as this user saved it, so that unpickling it runs no code of others.

        Args:
            content: the content of the file, if it was read, so that what is checked is what is loaded.
        """
        path, metadata = self.get_path(), self.load_metadata() or {}
        digests, seals = metadata.get("digests"), metadata.get("seals")
        if not isinstance(digests, dict) or not isinstance(seals, dict):
            return False
        digest = digests.get(path)
        return (
            isinstance(digest, str)
            and is_sealed(digest, seals.get(path))
            and (has_digest(path, digest) if content is None else bytes_hash(content) == digest)
        )

    # --- metadata

    def collect_metadata(self, obj: Any = None) -> dict[str, Any]:
        """Set and return the metadata of the file: where it comes from, and what it is."""
        record = self.record
        params = None if record is None else record.params
        info = {} if record is None else record.manager.run_info
        self.metadata = {
            "artifact_generated": datetime.now(UTC).isoformat(),
            "params_hash": None if record is None else record.get_hash(),
            "params_name": getattr(params, "name", None),
            "record_name": None if record is None else record.get_reference_name(),
            "stage": self.stage,
            "artifact_name": self.name,
            "cacher_type": type(self).__name__,
            "record_prior_stages": [] if record is None else record.stages[:-1],
            "prior_records": []
            if record is None
            else [prior.get_reference_name() for prior in record.input_records],
            "params": {} if params is None else without_secrets(parameter_registry(params)),
            "extra": self.extra_metadata,
            "manager_run_info": {key: info[key] for key in info if key != "status"},
            "preview": None if obj is None else representation(obj),
        }
        return self.metadata

    def save_metadata(self) -> None:
        """Write the metadata, with the digests of the files."""
        metadata = self.collect_metadata() if self.metadata is None else self.metadata
        metadata["extra"] = {**metadata.get("extra", {}), **self.extra_metadata}
        digests = {}
        for path in self.cache_paths:
            with suppress(OSError):
                digests[path] = file_hash(path)
        seals = {path: seal(digest) for path, digest in digests.items()}
        self.metadata = {**metadata, "digests": digests, "seals": seals, "is_complete": True}
        self._write_metadata(self.metadata)

    def announce_save(self) -> None:
        """Mark the files as incomplete, before they are written."""
        self._write_metadata({"is_complete": False})

    def _write_metadata(self, metadata: Mapping[str, Any]) -> None:
        path = self._metadata_path
        path.parent.mkdir(parents=True, exist_ok=True)
        write_record(path, metadata)

    def track_metadata(self) -> None:
        """Let a run with a store of its own get a copy of the metadata too."""
        if self.record is not None and self.path_override is None and self.track:
            paths = list(self.cache_paths)
            self.get_path("_metadata.json")
            self.cache_paths = paths

    def load_metadata(self) -> dict[str, Any] | None:
        """Return the metadata beside the file, and set the further facts; None if there are none."""
        import orjson

        try:
            metadata = orjson.loads(self._metadata_path.read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(metadata, dict):
            return None
        self.metadata = metadata
        extra = metadata.get("extra")
        if isinstance(extra, dict):
            self.extra_metadata = {**extra, **self.extra_metadata}
        return metadata

    def run_reference(self) -> str | None:
        """Return the reference of the run that made the file, if the metadata contain it."""
        run = (self.load_metadata() or {}).get("manager_run_info")
        return run.get("reference") if isinstance(run, dict) else None

    # --- values

    def save(self, obj: Any) -> Any:
        """Write a value to the file."""
        raise NotImplementedError

    def load(self) -> Any:
        """Return the value in the file."""
        raise NotImplementedError

    def for_call(self, record: Record, name: str) -> Cacheable:
        """Return a copy for one call of a stage, so that calls do not share state."""
        cacher = copy.copy(self)
        cacher.cache_paths, cacher.metadata = [], None
        cacher.extra_metadata = dict(self.extra_metadata)
        cacher.name = name if self.name is None else self.name
        cacher.set_record(record)
        return cacher


class _Params:
    """The parameters for the templates of paths, from which nothing else of the program can be reached."""

    __slots__ = ("_params",)

    def __init__(self, params: Any) -> None:
        self._params = params

    def __getattribute__(self, name: str) -> str:
        if name.startswith("_"):
            raise AttributeError(f"{{params.{name}}}: not a parameter; use the name of one")
        return str(getattr(object.__getattribute__(self, "_params"), name))


@contextmanager
def replacing(path: str) -> Iterator[str]:
    """Yield a temporary path in the same folder, and move the file there to its place when it is complete."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{uuid4().hex}{target.suffix}")
    try:
        yield str(temporary)
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def bytes_hash(content: bytes) -> str:
    """Return the digest of a content, as that of a file with it."""
    return f"{ALGORITHM}:{hashlib.new(ALGORITHM, content).hexdigest()}"


def has_digest(path: str, expected: str) -> bool:
    """Return whether a file is there and has a digest. Devices and pipes, which may have no end, have none."""
    try:
        return Path(path).is_file() and file_hash(path) == expected
    except (OSError, ValueError):
        return False
