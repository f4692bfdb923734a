"""The contract of every source: it reads facts into tables and returns a report.

A source is an object that holds an address and the options for reading it. ``read`` fills the fact
tables of its own domain and changes nothing else, neither other tables nor the source itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from mlflow2prov.facts import Facts


@dataclass
class SourceReport:
    """Where facts were read from, and which facts could not be read."""

    kind: str
    """``git``, ``http``, ``sql`` or ``file``."""
    location: str
    """A path, or a URL without credentials."""
    version: str | None = None
    """The version of the software that keeps the source, if the source reports one."""
    path: Path | None = None
    """The folder or file on this machine that keeps the facts, if they are in one."""
    notices: list[str] = field(default_factory=list)
    """Limits of this way of reading, and how to overcome them; one line each."""
    omissions: list[str] = field(default_factory=list)
    """Facts that exist but could not be read; one line each. The extraction is incomplete if there are any."""


class Source(Protocol):
    """A Git repository, an MLflow store, or any other place that facts are read from."""

    def read(self, facts: Facts) -> SourceReport:
        """Read all facts of this source into the tables of ``facts``.

        Raises:
            SourceError: the source is missing or unreadable.
        """
        ...
