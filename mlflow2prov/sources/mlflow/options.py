"""Options for reading an MLflow store."""

from __future__ import annotations

from dataclasses import dataclass

from mlflow2prov.progress import Progress
from mlflow2prov.sources.options import ArtifactListing


@dataclass(frozen=True)
class ReadOptions:
    """How much of an MLflow store is read, and how."""

    metric_history: bool = False
    """Read every step of every metric, not only the last."""
    artifacts: ArtifactListing = "all"
    """Which artifacts of runs and logged models are listed."""
    artifacts_destination: str | None = None
    """A local folder whose artifacts may be read, in addition to the store's own."""
    environments: bool = False
    """Read the software environment of models from the files that MLflow keeps beside them."""
    calls: bool = True
    """Read the records of captured calls among the artifacts of runs."""
    traces: bool = False
    """Read every trace and its assessments, not only their number."""
    restore_redacted: bool = False
    """Restore the origin of a deleted version from the storage location, which a database keeps."""
    experiments: tuple[str, ...] = ()
    """The ids and names of the experiments to read, or patterns of names; all without any."""
    runs_since: int | None = None
    """Read only runs that started at or after this time, in seconds since 1970-01-01 UTC."""
    reread: int | None = 300
    """How many of the runs of a server that an earlier reading knows, and that have probably not changed, are read
    again; None for all."""
    workers: int = 8
    """Maximum number of concurrent requests to a server."""
    progress: Progress | None = None
    """Called now and then with a phase, the number of finished items, and their total if it is known."""

    @property
    def is_selective(self) -> bool:
        """Whether only a part of the store is read."""
        return bool(self.experiments) or self.runs_since is not None

    def report_progress(self, phase: str, done: int, total: int | None = None) -> None:
        """Call :attr:`progress`, if there is one."""
        if self.progress:
            self.progress(phase, done, total)
