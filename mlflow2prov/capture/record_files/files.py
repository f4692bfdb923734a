"""Record files: written when a call starts and when it ends, each time as a whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlflow2prov.capture.errors import InvalidRecordError, WriteError
from mlflow2prov.capture.locks import Claim, FileLock
from mlflow2prov.capture.record_files.content import RecordedCall, clean
from mlflow2prov.capture.records import Call
from mlflow2prov.errors import FormatError, unknown_choice

MAX_FILE_BYTES = 64 << 20
"""The size of the largest record file that is read, in bytes."""


class RecordFile:
    """The file of a call, as :mod:`mlflow2prov.capture.recording` writes it.

    Args:
        path: the file.
        record: the call and its surroundings.
        is_chained: whether the file keeps the records of earlier calls; it is a list then.
    """

    def __init__(self, path: Path, record: RecordedCall, is_chained: bool) -> None:
        self.path, self._record, self._is_chained = path, record, is_chained

    def start_call(self, call: Call) -> None:
        """Write the record of a call that runs."""
        self._save(call)

    def end_call(self, call: Call) -> None:
        """Write the record of a call that has ended."""
        self._save(call)

    def _save(self, call: Call) -> None:
        content = self._record.to_json()
        if not self._is_chained:
            write_record(self.path, content)
            return
        with locked(self.path):
            others = [item for item in self._existing() if item.get("uuid") != call.id]
            write_record(self.path, [*others, content] if others else content)

    def _existing(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        content = read_json(self.path)
        records = content if isinstance(content, list) else [content]
        if not all(isinstance(item, dict) for item in records):
            raise InvalidRecordError(f"{self.path}: not a list of records; move it away")
        return records


def write_record(path: str | os.PathLike[str], record: Any) -> None:
    """Write a record, or a list of records, as JSON; the file appears as a whole, or stays as it was.

    Raises:
        WriteError: the file cannot be written.
    """
    import orjson

    from mlflow2prov.output import Output

    try:
        content = orjson.dumps(
            clean(record), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        )
    except TypeError as error:
        raise WriteError(f"{os.fspath(path)}: JSON cannot represent the record: {error}") from error
    output = Output()
    try:
        output.write(Path(path), lambda stream: stream.write(content))
        output.publish()
    except FormatError as error:
        raise WriteError(str(error)) from error
    finally:
        output.discard()


def read_records(path: str | os.PathLike[str]) -> list[RecordedCall]:
    """Return the calls in a record file, of this package or of pycrumbs.

    Raises:
        InvalidRecordError: there is no such file, or it is not a record file.
    """
    content = read_json(Path(path))
    records = content if isinstance(content, list) else [content]
    return [RecordedCall.from_json(record, os.fspath(path)) for record in records]


def find_call(records: list[RecordedCall], uuid: str | None, where: str) -> RecordedCall:
    """Return the call with an identifier, or the last one.

    Raises:
        InvalidRecordError: there is none.
    """
    for record in reversed(records):
        if uuid in (None, record.call.id):
            return record
    if uuid is None:
        raise InvalidRecordError(f"{where}: an empty list; give the record file of a call")
    raise InvalidRecordError(
        unknown_choice(f"call in {where}", uuid, [record.call.id for record in records])
    )


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        InvalidRecordError: there is no such file, or it cannot be read.
    """
    import orjson

    try:
        if not path.is_file():
            raise InvalidRecordError(f"{path}: no such file; give the record file of a call")
        with path.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InvalidRecordError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MAX_FILE_BYTES:
        raise InvalidRecordError(f"{path}: larger than {MAX_FILE_BYTES:,} bytes; not a record file")
    try:
        return orjson.loads(content)
    except ValueError as error:
        raise InvalidRecordError(f"{path}: not JSON: {error}") from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one thread and one process of this machine at a time change a file."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    locks = Path(tempfile.gettempdir()) / f"mlflow2prov-records-{user}.lock"
    key = str(path.resolve())
    claim = Claim("record files", key, FileLock.of(str(locks)))
    claim.acquire()
    try:
        yield
    finally:
        claim.release()
