"""Files of calls, in a folder and all folders below it: record files, files of curifactory, databases of pipelines."""

from __future__ import annotations

from pathlib import Path

import orjson

from mlflow2prov.capture.record_files.files import MAX_FILE_BYTES
from mlflow2prov.errors import CallRecordsError
from mlflow2prov.sources.capture import curifactory_database
from mlflow2prov.sources.capture.call_facts import CallFacts
from mlflow2prov.sources.capture.curifactory_files import CurifactoryFiles, is_metadata, is_store
from mlflow2prov.sources.capture.record_files import add_records
from mlflow2prov.sources.folder import MAX_DEPTH, Folder, UnreadableError
from mlflow2prov.sources.report import SourceReport

_SKIPPED_FOLDERS = frozenset((".git", ".mlflow2prov", "__pycache__", "node_modules", ".venv"))
_DATABASE_SUFFIXES = (".db", ".duckdb")


def read_files(path: Path, calls: CallFacts, report: SourceReport) -> None:
    """Read a file of calls, or all below a folder. Files with other contents are passed over there.

    Raises:
        CallRecordsError: the path is that of a file without calls, or the file or the folder cannot be read.
    """
    files = CallFiles(calls, report)
    try:
        if path.is_file():
            _read_file(path, files)
        else:
            _read_folder(Folder(path), files, 0)
    except UnreadableError as error:
        raise CallRecordsError(f"{error}; give a record file") from error
    except OSError as error:
        raise CallRecordsError(
            f"{error.filename or path}: cannot be read: {error.strerror}"
        ) from error
    files.close()


def _read_file(path: Path, files: CallFiles) -> None:
    if _is_duckdb(path):
        curifactory_database.read_duckdb(path, files.calls, files.report)
        return
    content = Folder(path.parent).read(path.name, MAX_FILE_BYTES)
    if not files.add(str(path), content):
        raise CallRecordsError(
            f"{path}: not a file of calls; give one that tracked(), pycrumbs or curifactory has written"
        )


def _read_folder(top: Folder, files: CallFiles, depth: int) -> None:
    try:
        entries = top.entries()
    except OSError as error:
        if depth == 0:
            raise
        top.report_error(error)
        return
    for entry in entries:
        if entry.is_folder and entry.name not in _SKIPPED_FOLDERS:
            if depth < MAX_DEPTH:
                _read_folder(top / entry.name, files, depth + 1)
            else:
                top.report(entry.name, f"folders below level {MAX_DEPTH} are not read")
        elif entry.is_file and entry.name.endswith(".json") and entry.size <= MAX_FILE_BYTES:
            try:
                content = top.read(entry.name, MAX_FILE_BYTES)
            except UnreadableError as error:
                top.report(entry.name, error.reason)
            except OSError as error:
                top.report_error(error)
            else:
                files.add(f"{top}/{entry.name}", content)
        elif entry.is_file and entry.name.endswith(_DATABASE_SUFFIXES):
            files.add_database(top.path / entry.name)
    if depth == 0:
        files.report.omissions += top.unreadable


def _is_duckdb(path: Path) -> bool:
    with path.open("rb") as stream:
        return curifactory_database.is_duckdb(stream.read(curifactory_database.HEADER_BYTES))


class CallFiles:
    """The files of a location that contain calls.

    Args:
        calls: takes the calls.
        report: takes a line for each call that is left out.
    """

    def __init__(self, calls: CallFacts, report: SourceReport) -> None:
        self.calls, self.report = calls, report
        self._curifactory = CurifactoryFiles()

    def add(self, name: str, content: bytes) -> bool:
        """Add the calls in a JSON file, and return whether it contains any.

        Args:
            name: the name of the file for messages.
            content: the content of the file.
        """
        try:
            data = orjson.loads(content)
        except ValueError:
            return False
        if is_store(data):
            self.report.omissions += [
                f"{name}: {reason}" for reason in self._curifactory.add_store(data)
            ]
        elif is_metadata(data):
            try:
                self._curifactory.add_metadata(data)
            except ValueError as error:
                self.report.omissions.append(f"{name}: not the metadata of an artifact: {error}")
        else:
            return add_records(self.calls, name, data, self.report.omissions)
        return True

    def add_database(self, path: Path) -> None:
        """Add the calls in a DuckDB database, if the file is one of curifactory."""
        try:
            if _is_duckdb(path):
                curifactory_database.read_duckdb(path, self.calls, self.report)
        except OSError as error:
            self.report.omissions.append(f"{path}: {error.strerror}")
        except CallRecordsError as error:
            self.report.omissions.append(str(error))

    def close(self) -> None:
        """Add the calls that several files describe."""
        self._curifactory.add_calls(self.calls)
