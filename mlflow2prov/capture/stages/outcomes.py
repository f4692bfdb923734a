"""What happened to each stage of an experiment, and why a stage was not taken from the cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mlflow2prov.capture.redaction import without_secrets
from mlflow2prov.capture.stages.hashing import parameter_registry

if TYPE_CHECKING:
    from mlflow2prov.capture.stages.cachers import Cacheable
    from mlflow2prov.capture.stages.records import Record

Result = Literal["cached", "computed", "planned", "failed"]
"""``planned``: a dry run would have computed the stage."""

MAX_DIFFERENCES = 3
"""The number of parameters that a reason names."""


@dataclass(frozen=True)
class StageOutcome:
    """The outcome of a stage for a record."""

    record: Record
    stage: str
    result: Result
    reason: str | None = None
    """Why the stage was not taken from the cache."""
    seconds: float = 0.0


class Planned:
    """An artifact that a dry run does not compute.

    Args:
        name: its name.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{self.name}, not computed in a dry run>"


def miss_reason(cacher: Cacheable, record: Record) -> str:
    """Return why an artifact is not in the cache."""
    path = Path(cacher.get_path())
    if not path.exists():
        return _nearest(cacher, record) or f"{cacher.name} was never computed"
    if not cacher.is_intact():
        return f"{path} is incomplete or was changed"
    return f"{path} is not what its cacher accepts"


def _nearest(cacher: Cacheable, record: Record) -> str | None:
    """Return how the parameters differ from the nearest set for which the artifact is in the cache."""
    if record.params is None or record.is_aggregate or cacher.path_override is not None:
        return None
    mine = without_secrets(parameter_registry(record.params))
    own_digest, path = record.get_hash(), cacher.get_path()
    candidates = []
    for digest, entry in record.manager.registered_parameters().items():
        other = path.replace(own_digest, digest)
        if digest != own_digest and "arg_list" not in entry and Path(other).exists():
            candidates.append((_differences(entry, mine), entry.get("name")))
    if not candidates:
        return None
    differences, name = min(candidates, key=lambda candidate: len(candidate[0]))
    shown = ", ".join(differences[:MAX_DIFFERENCES]) or "a secret differs"
    more = len(differences) - MAX_DIFFERENCES
    return f"only cached for {name}: {shown}{f' and {more} more' if more > 0 else ''}"


def _differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    ignored = ("name", "IGNORED_PARAMS")
    names = [name for name in {**old, **new} if name not in ignored]
    return [
        f"{name} is {new.get(name, 'not set')}, not {old.get(name, 'not set')}"
        for name in names
        if old.get(name) != new.get(name)
    ]
