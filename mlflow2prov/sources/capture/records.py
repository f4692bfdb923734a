"""The source of calls: it finds out what lies at a location, and reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from mlflow2prov.capture.configuration import DATABASE, FOLDER
from mlflow2prov.errors import CallRecordsError
from mlflow2prov.facts import Facts
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.capture.call_facts import CallFacts
from mlflow2prov.sources.capture.database import read_database
from mlflow2prov.sources.capture.files import read_files
from mlflow2prov.sources.report import SourceReport

_URL = re.compile(r"(sqlite|postgres(ql)?)(\+\w+)?://")
_SQLITE_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True)
class CallRecords:
    """A repository of calls, or record files."""

    location: str
    """A database URL, a file or a folder."""

    def read(self, facts: Facts) -> SourceReport:
        """Fill the tables of calls. A call that is there already, from another source, is not added again.

        Raises:
            CallRecordsError: there is nothing at the location, or it contains no calls.
        """
        report = SourceReport("calls", without_credentials(self.location))
        calls = CallFacts(facts)
        with facts:
            for url in self._databases():
                read_database(url, calls, report)
            if not _URL.match(self.location):
                path = Path(self.location)
                report.path = path
                if not _is_database(path):
                    read_files(path, calls, report)
        return report

    def _databases(self) -> Iterator[str]:
        """Yield the URLs of the databases at the location."""
        if _URL.match(self.location):
            yield self.location
            return
        path = Path(self.location)
        try:
            if not path.exists():
                raise CallRecordsError(
                    f"{self.location}: no such file or folder; give a database URL, a folder or a record file"
                )
            for candidate in (path, path / DATABASE, path / FOLDER / DATABASE):
                if _is_database(candidate):
                    yield sqlalchemy.URL.create(
                        "sqlite", database=str(candidate)
                    ).render_as_string()
        except OSError as error:
            raise CallRecordsError(f"{self.location}: cannot be read: {error.strerror}") from error


def _is_database(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(len(_SQLITE_HEADER)) == _SQLITE_HEADER
