"""The list of runs, ``store.json``, and the registry of parameter sets: files that several processes change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow2prov.capture.errors import InvalidRecordError
from mlflow2prov.capture.record_files.files import locked, read_json, write_record

STORE = "store.json"


class RunStore:
    """The files of an experiment's manager.

    Args:
        folder: the folder of the manager.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)

    def add(self, run: dict[str, Any]) -> dict[str, Any]:
        """Add a run to the list, and return it with its number and its reference."""
        path = self._folder / STORE
        with locked(path):
            runs = self._read_runs(path)
            name = run["experiment_name"]
            same = [other for other in runs if other.get("experiment_name") == name]
            number = len(same) + 1
            reference = f"{run['experiment_name']}_{number}_{run['timestamp']}"
            added = {"reference": reference, **run, "run_number": number}
            write_record(path, [*runs, added])
        return added

    def update(self, run: dict[str, Any]) -> None:
        """Replace a run of the list by its present state."""
        path = self._folder / STORE
        with locked(path):
            reference = run["reference"]
            runs = self._read_runs(path)
            write_record(
                path, [run if other.get("reference") == reference else other for other in runs]
            )

    def register(self, name: str, key: str, entry: dict[str, Any]) -> None:
        """Add an entry to a file of entries by key."""
        path = self._folder / name
        with locked(path):
            entries = self.registered(name)
            if entries.get(key) != entry:
                self._folder.mkdir(parents=True, exist_ok=True)
                write_record(path, {**entries, key: entry})

    def registered(self, name: str) -> dict[str, Any]:
        """Return the entries of a file by key.

        Raises:
            InvalidRecordError: the file contains something else.
        """
        path = self._folder / name
        entries = read_json(path) if path.exists() else {}
        if not isinstance(entries, dict) or not all(
            isinstance(entry, dict) for entry in entries.values()
        ):
            raise InvalidRecordError(f"{path}: not a registry of parameter sets; move it away")
        return entries

    def _read_runs(self, path: Path) -> list[dict[str, Any]]:
        runs = read_json(path) if path.exists() else []
        if not isinstance(runs, list) or not all(isinstance(run, dict) for run in runs):
            raise InvalidRecordError(f"{path}: not a list of runs; move it away")
        return runs
