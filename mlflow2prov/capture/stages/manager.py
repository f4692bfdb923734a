"""Managers: the records, the paths and the run of one experiment."""

from __future__ import annotations

import re
import shlex
import socket
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlflow2prov.capture import environment
from mlflow2prov.capture.configuration import CaptureWarning
from mlflow2prov.capture.record_files.files import write_record
from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.capture.stages import configuration
from mlflow2prov.capture.stages.hashing import parameter_registry
from mlflow2prov.capture.stages.outcomes import StageOutcome
from mlflow2prov.capture.stages.records import ArtifactRepresentation, Record
from mlflow2prov.capture.stages.reportables import Reportable
from mlflow2prov.capture.stages.runs import RunStore
from mlflow2prov.errors import unknown_choice

TIMESTAMP_FORMAT = "%Y-%m-%d-T%H%M%S"
"""The time of a run in its reference."""

_OPTIONS = ("overwrite", "overwrite_stages", "params", "params_files", "log_to_mlflow")
REGISTRY = "params_registry.json"
"""The file of the parameter sets by their digests, in the folder of the manager."""


class ArtifactManager:
    """The records of one experiment, the paths of their artifacts, and the run that they belong to.

    Args:
        experiment_name: the name of the experiment.
        store_full: whether the run gets a folder with copies of all artifacts, and of the environment.
        dry: whether nothing is computed or written: stages that are not cached have no outputs.
        dry_cache: whether nothing is written into the cache.
        prefix: the beginning of file names, in place of the experiment's name.
        run_line: the command that runs the experiment, without the options that only this run needs.
        parallel_lock: a lock of the processes that run the experiment together.
        parallel_mode: whether this process only fills the cache for another one.
        lazy: whether all outputs of stages are lazy.
        ignore_lazy: whether no output is lazy.
        notes: remarks on the run.
        manager_cache_path: the folder of the list of runs and of the registry of parameter sets.
        cache_path: the folder of cached artifacts.
        runs_path: the folder of the runs with a store of their own.
        logs_path: the folder of logs.
        notebooks_path: the folder of notebooks.
        reports_path: the folder of reports.
        report_css_path: a style sheet for the reports.
        status_override: the status of the run until it ends.
        **options: ``overwrite``: compute all stages again. ``overwrite_stages``: compute these again. ``params``,
            ``params_files``: the names of the parameter sets, and of the modules that they come from.
            ``log_to_mlflow``: make each record a run of MLflow, with the records of its calls.

    Paths that are not given come from ``curifactory_config.json``, see
    :mod:`mlflow2prov.capture.stages.configuration`.
    """

    def __init__(
        self,
        experiment_name: str | None = None,
        store_full: bool = False,
        dry: bool = False,
        dry_cache: bool = False,
        prefix: str | None = None,
        run_line: str | None = None,
        parallel_lock: Any = None,
        parallel_mode: bool = False,
        lazy: bool = False,
        ignore_lazy: bool = False,
        notes: str | None = None,
        manager_cache_path: str | None = None,
        cache_path: str | None = None,
        runs_path: str | None = None,
        logs_path: str | None = None,
        notebooks_path: str | None = None,
        reports_path: str | None = None,
        report_css_path: str | None = None,
        status_override: str = "LIVE",
        **options: Any,
    ) -> None:
        settings = configuration.get_configuration()
        self.experiment_name = experiment_name or "default"
        self.prefix = prefix
        self.store_full, self.dry, self.dry_cache = store_full, dry, dry_cache
        self.parallel_lock, self.parallel_mode = parallel_lock, parallel_mode
        self.lazy, self.ignore_lazy = lazy, ignore_lazy
        self.notes = without_secrets(notes)
        self.status = status_override
        self.overwrite: bool = options.pop("overwrite", False)
        self.overwrite_stages: list[str] = options.pop("overwrite_stages", None) or []
        self.param_files: list[str] = options.pop("params_files", None) or []
        self.param_names: list[str] = options.pop("params", None) or []
        self.log_to_mlflow: bool = options.pop("log_to_mlflow", False)
        for name in options:
            message = f"{unknown_choice('option', name, _OPTIONS)}; it has no effect"
            warnings.warn(message, CaptureWarning, stacklevel=2)
        self.manager_cache_path = manager_cache_path or settings["manager_cache_path"]
        self.cache_path = cache_path or settings["cache_path"]
        self.runs_path = runs_path or settings["runs_path"]
        self.logs_path = logs_path or settings["logs_path"]
        self.notebooks_path = notebooks_path or settings["notebooks_path"]
        self.reports_path = reports_path or settings["reports_path"]
        self.report_css_path = report_css_path or settings["report_css_path"]

        self.records: list[Record] = []
        self.artifacts: list[ArtifactRepresentation] = []
        self.reportables: list[Reportable] = []
        self.outcomes: list[StageOutcome] = []
        """What happened to each stage of each record, in order."""
        self.on_outcome: Callable[[StageOutcome], object] | None = None
        """Called after each stage."""
        self._stage_names: dict[int, str] = {}
        self._running_stages: dict[int, int] = {}
        """The stages by thread: the name of the one that runs or ran last, and how many run, one within another."""
        self._last_stage_name = ""
        self.run_timestamp = datetime.now(UTC)
        self.run_line = run_line or ""
        self.run_info: dict[str, Any] = {}
        """The entry of the run in the list of runs."""
        self.has_filled_cache = False
        """Whether other processes of the run have filled the cache, so that it is not filled again."""
        self.experiment_run_number = 0
        if not dry and not parallel_mode:
            for folder in (self.manager_cache_path, self.cache_path):
                Path(folder).mkdir(parents=True, exist_ok=True)
            self.store()

    @property
    def current_stage_name(self) -> str:
        """The stage that runs or ran last in this thread, or in any if none did in this one."""
        return self._stage_names.get(threading.get_ident(), self._last_stage_name)

    @current_stage_name.setter
    def current_stage_name(self, name: str) -> None:
        self._stage_names[threading.get_ident()] = self._last_stage_name = name

    @property
    def running_stages(self) -> int:
        """How many stages run in this thread now, one within another."""
        return self._running_stages.get(threading.get_ident(), 0)

    @running_stages.setter
    def running_stages(self, count: int) -> None:
        self._running_stages[threading.get_ident()] = count

    # --- the run

    def store(self) -> None:
        """Add the run to the list of runs, or bring its entry up to date; write the environment into its folder."""
        runs = RunStore(self.manager_cache_path)
        if self.run_info:
            self.run_info |= {**self._describe_run(), "params": self.run_info["params"]}
            runs.update(self.run_info)
        else:
            self.run_info = runs.add(self._describe_run())
        self.experiment_run_number = self.run_info["run_number"]
        if self.store_full:
            self.run_info["reproduce"] = self._reproduce()
            runs.update(self.run_info)
            self.write_run_env_output()

    def _describe_run(self) -> dict[str, Any]:
        root = environment.repository_root(Path.cwd())
        git = environment.GitState()
        if root is not None:
            git = environment.read_git_state(root, str(root))
        info: dict[str, Any] = {
            "experiment_name": self.experiment_name,
            "timestamp": self.get_str_timestamp(),
            "commit": git.git_commit or "No git information",
            "workdir_dirty": bool(git.git_dirty),
            "param_files": self.param_files,
            "params": {},
            "full_store": self.store_full,
            "status": self.status,
            "cli": " ".join(environment.without_secret_arguments(sys.argv)),
            "hostname": socket.gethostname(),
            "notes": self.notes,
        }
        return info

    def _reproduce(self) -> str:
        """Return the command that repeats the run from the artifacts that it stored."""
        command = without_secrets(_without_options_of_a_run(self.run_line))
        cache = shlex.quote(self.get_run_output_path("artifacts"))
        return f"{command} --cache {cache} --dry-cache"

    def update_run(self, status: str, error: str | None = None) -> None:
        """Record the outcome of the run: ``incomplete``, ``complete`` or ``error``."""
        if not self.run_info:
            return
        self.status = status
        self.run_info["status"] = status
        if error is not None:
            self.run_info["error"] = str(without_secrets(error))
        RunStore(self.manager_cache_path).update(self.run_info)
        if self.store_full:
            self._write_run_info()

    def _write_run_info(self) -> None:
        write_record(Path(self.get_run_output_path("run_info.json")), self.run_info)

    def write_run_env_output(self) -> None:
        """Write the packages and the machine into the folder of the run."""
        from mlflow2prov.capture.packages import get_installed_packages
        from mlflow2prov.capture.record_files.surroundings import get_environment_info

        folder = Path(self.get_run_output_path())
        packages = get_installed_packages()
        lines = "".join(f"{name}=={version}\n" for name, version in packages.items())
        (folder / "requirements.txt").write_text(lines, encoding="utf-8")
        write_record(folder / "environment_meta.txt", get_environment_info())
        self._write_run_info()

    # --- paths

    def get_run_output_path(self, obj_name: str | None = None) -> str:
        """Return the folder of the run, or a path below it; folders are created."""
        folder = Path(self.runs_path) / self.get_reference_name()
        path = folder if obj_name is None else folder / obj_name
        (path if obj_name is None else path.parent).mkdir(parents=True, exist_ok=True)
        return str(path)

    def get_report_path(self) -> str:
        """Return the path of the report on the run."""
        folder = Path(self.reports_path)
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / f"{self.get_reference_name()}.html")

    def get_reference_name(self) -> str:
        """Return the name of the run: experiment, number and time."""
        return f"{self.experiment_name}_{self.experiment_run_number}_{self.get_str_timestamp()}"

    def get_str_timestamp(self) -> str:
        """Return the time of the run as its reference has it."""
        return self.run_timestamp.astimezone().strftime(TIMESTAMP_FORMAT)

    def get_artifact_path(
        self,
        obj_name: str,
        record: Record | None = None,
        subdir: str | None = None,
        prefix: str | None = None,
        stage_name: str | None = None,
        store: bool = False,
    ) -> str:
        """Return the path of an artifact, in the cache or in the folder of the run; folders are created.

        Args:
            obj_name: the last part of the file's name.
            record: the record, for the digest in the name.
            subdir: folders before the name.
            prefix: the beginning of the name, in place of the experiment's prefix.
            stage_name: the stage; the one that runs or ran last, if none is given.
            store: whether the path is in the folder of the run.
        """
        top = self.get_run_output_path("artifacts") if store else self.cache_path
        folder = Path(top) / subdir if subdir else Path(top)
        if not self.dry:
            folder.mkdir(parents=True, exist_ok=True)
        return str(folder / self.artifact_name(obj_name, record, prefix, stage_name))

    def artifact_name(
        self, obj_name: str, record: Record | None, prefix: str | None, stage_name: str | None
    ) -> str:
        """Return the name of an artifact's file: prefix, digest, stage, object."""
        first = prefix or self.prefix or self.experiment_name
        digest = "None" if record is None else record.get_hash()
        stage = self.current_stage_name if stage_name is None else stage_name
        return f"{first}_{digest}_{stage}_{obj_name}"

    # --- parameter sets

    def register_parameters(self, digest: str, params: Any) -> None:
        """Keep a parameter set under its digest, in the registry and in the description of the run."""
        entry = parameter_registry(params)
        self._register(digest, entry)
        name = entry["name"]
        sets = self.run_info.setdefault("params", {}) if self.run_info else {}
        digests = sets.setdefault(getattr(params, "__module__", "__main__"), [])
        if [name, digest] not in digests:
            digests.append([name, digest])
            if self.run_info and not self.parallel_mode:
                RunStore(self.manager_cache_path).update(self.run_info)

    def register_combination(self, digest: str, params: Any, digests: Iterable[str]) -> None:
        """Keep the parts of an aggregate under its digest."""
        active = None if params is None else params.hash
        self._register(digest, {"active": active, "arg_list": list(digests)})

    def _register(self, digest: str, entry: Mapping[str, Any]) -> None:
        if self.dry or self.parallel_mode:
            return
        RunStore(self.manager_cache_path).register(REGISTRY, digest, without_secrets(dict(entry)))

    def registered_parameters(self) -> dict[str, dict[str, Any]]:
        """Return the registry of parameter sets, by their digests."""
        return RunStore(self.manager_cache_path).registered(REGISTRY)

    def note_outcome(self, outcome: StageOutcome) -> None:
        """Keep the outcome of a stage."""
        self.outcomes.append(outcome)
        if self.on_outcome is not None:
            self.on_outcome(outcome)

    def get_artifact_index(self, representation: ArtifactRepresentation) -> int:
        """Add a representation to the list, and return its index."""
        self.artifacts.append(representation)
        return len(self.artifacts) - 1


def _without_options_of_a_run(run_line: str) -> str:
    """Return a command without the options that concern a single run."""
    return re.sub(r"\s--(?:store-full|overwrite)(?=\s|$)", "", run_line).strip()
