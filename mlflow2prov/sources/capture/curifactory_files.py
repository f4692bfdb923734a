"""Files of curifactory: the runs in ``store.json``, and the metadata beside cached artifacts.

A run of an experiment is a call, within which its stages are called. A stage leaves one file of metadata for each of
its artifacts, with the parameters of its record. No file tells which artifacts a stage read, so that no derivations
are known, and when a stage began.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlflow2prov.capture.records import Call, Output, Status
from mlflow2prov.sources.capture import peer_values
from mlflow2prov.sources.capture.call_facts import CallFacts

_RUN_KEYS = {"reference", "experiment_name", "run_number", "timestamp"}
_METADATA_KEYS = {"artifact_generated", "artifact_name", "stage", "manager_run_info"}
_OWN_KEYS = {"digests", "seals"}
"""The keys of metadata that the stages of :mod:`mlflow2prov.capture` have written, whose calls are in a repository."""

_TIME = "%Y-%m-%d-T%H%M%S"

_STATUSES: Mapping[str, Status] = {"complete": "FINISHED", "error": "FAILED"}
"""Other runs did not end: they are interactive, still running, or were killed."""


def is_store(content: Any) -> bool:
    """Return whether the content of a JSON file is a list of runs, as in ``store.json``."""
    return bool(
        isinstance(content, list)
        and content
        and all(isinstance(item, dict) and item.keys() >= _RUN_KEYS for item in content)
    )


def is_metadata(content: Any) -> bool:
    """Return whether the content of a JSON file is the metadata of an artifact."""
    return (
        isinstance(content, dict)
        and content.keys() >= _METADATA_KEYS
        and isinstance(content["manager_run_info"], dict)
    )


@dataclass
class _StageCall:
    """A call of a stage, of which each file describes one artifact."""

    metadata: Mapping[str, Any]
    generated: dict[str, datetime] = field(default_factory=dict)
    """The time at which each artifact was generated, by its name."""


@dataclass
class CurifactoryFiles:
    """The calls in all files of a location. The artifacts of a stage are in several files."""

    runs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: dict[str, _StageCall] = field(default_factory=dict)
    own_runs: set[str] = field(default_factory=set)
    """The runs of stages of :mod:`mlflow2prov.capture`, which are passed over."""

    def add_store(self, content: list[Mapping[str, Any]]) -> Iterator[str]:
        """Add the runs of a store, and yield a reason for each that is left out."""
        for run in content:
            try:
                peer_values.local_time(run["timestamp"], _TIME)
            except (ValueError, OverflowError) as error:
                yield f"the run {run['reference']!r:.80}: {error}"
            else:
                self.runs.setdefault(_run_id(run), run)

    def add_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Add an artifact of a stage.

        Raises:
            ValueError: it is not valid.
        """
        if metadata.keys() >= _OWN_KEYS:
            self.own_runs.add(_run_id(metadata["manager_run_info"]))
            return
        stage, name = metadata["stage"], metadata["artifact_name"]
        if not isinstance(stage, str) or not isinstance(name, str):
            raise ValueError("the stage or the artifact has no name")
        try:
            generated = peer_values.local_time(metadata["artifact_generated"], _TIME)
        except OverflowError as error:
            raise ValueError(str(error)) from error
        run = metadata["manager_run_info"]
        identifier = peer_values.call_id(
            _run_id(run), metadata.get("params_hash"), metadata.get("record_name"), stage
        )
        known = self.stages.setdefault(identifier, _StageCall(metadata))
        known.generated.setdefault(name, generated)

    def add_calls(self, calls: CallFacts) -> None:
        """Add the runs and their stages to the facts."""
        for identifier, run in self.runs.items():
            if identifier not in self.own_runs:
                calls.add(_run_call(identifier, run), _process(run))
        for identifier, stage in self.stages.items():
            run = stage.metadata["manager_run_info"]
            calls.add(_stage_call(identifier, stage), _process(run), has_start=False)


def _run_id(run: Mapping[str, Any]) -> str:
    """Return the identifier of a run. Its reference is one among those of a store only."""
    return peer_values.call_id(
        run.get("reference"), run.get("timestamp"), run.get("hostname"), run.get("commit")
    )


def _run_call(identifier: str, run: Mapping[str, Any]) -> Call:
    status: Status = _STATUSES.get(str(run.get("status")), "RUNNING")
    name = str(run["experiment_name"])
    call = Call(name, "", name, face="stage", id=identifier, status=status)
    call.started_at = peer_values.local_time(run["timestamp"], _TIME)
    if status == "FAILED":
        call.exception_type, call.exception_message = peer_values.exception(run.get("error"))
    call.custom_fields = peer_values.notes(run)
    _add_commit(call, run)
    return call


def _stage_call(identifier: str, stage: _StageCall) -> Call:
    metadata = stage.metadata
    run, name = metadata["manager_run_info"], metadata["stage"]
    call = Call(name, "", name, face="stage", id=identifier, status="FINISHED")
    call.parent_id = _run_id(run)
    call.ended_at = max(stage.generated.values())
    params = metadata.get("params")
    if isinstance(params, dict):
        call.arguments = [peer_values.argument(key, value) for key, value in params.items()]
    call.outputs = [Output(artifact) for artifact in sorted(stage.generated)]
    _add_commit(call, run)
    return call


def _add_commit(call: Call, run: Mapping[str, Any]) -> None:
    call.git_commit = peer_values.commit(run.get("commit"))
    if call.git_commit is not None:
        call.git_dirty = peer_values.flag(run.get("workdir_dirty"))


def _process(run: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "host": peer_values.text(run.get("hostname")),
        "argv": peer_values.command_line(run.get("cli")),
    }
