"""Records of captured calls among the artifacts of runs, which capture logs as ``mlflow2prov/calls/<uuid>.json``."""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

from mlflow2prov.capture.mlflow_records import FOLDER, MAX_BYTES
from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.entities import Artifact

__all__ = ["FOLDER", "MAX_BYTES", "add_call_records", "call_record_paths"]

_PATH = re.compile(rf"{re.escape(FOLDER)}/[0-9A-Za-z-]+\.json")


def call_record_paths(artifacts: Iterable[Artifact]) -> list[str]:
    """Return the paths of the records among the artifacts of a run."""
    return sorted(
        artifact.path
        for artifact in artifacts
        if not artifact.is_dir and _PATH.fullmatch(artifact.path)
    )


def add_call_records(
    facts: Facts, files: Iterable[tuple[tuple[str, str], bytes]], malformed: list[str]
) -> None:
    """Add the calls in some record files, unless they are known.

    Args:
        facts: the tables to fill.
        files: the run and the path of each file, and its content.
        malformed: takes a line for each file that is not a record of a call.
    """
    # Only stores with such files need the libraries of capture.
    from mlflow2prov.sources.capture.call_facts import CallFacts
    from mlflow2prov.sources.capture.record_files import add_records

    calls: CallFacts | None = None
    for (run_id, path), content in files:
        name = f"{path} of {run_id}"
        if calls is None:
            calls = CallFacts(facts)
        try:
            data = orjson.loads(content)
        except ValueError as error:
            malformed.append(f"{name}: not JSON: {error}")
            continue
        if not add_records(calls, name, data, malformed, run_id=run_id):
            malformed.append(f"{name}: not the record of a call")
