"""Parameter sets of experiments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mlflow2prov.capture.stages.hashing import params_hash


@dataclass
class ExperimentParameters:
    """The base class of parameter sets: a dataclass, of which each field that is not one of these is a parameter."""

    name: str = "UNNAMED"
    """The name of the set for people; it does not count for its identity."""
    hash: str | None = None
    """The digest of the set. Once a record has set it, it stays, also if a parameter changes."""
    overwrite: bool = False
    """Whether stages are computed again for this set, whatever is cached."""
    hash_representations: dict[str, Any] = field(default_factory=dict, repr=False)
    """How single fields count, see :func:`~mlflow2prov.capture.stages.set_hash_functions`."""

    def params_hash(self, dry: bool = False) -> Any:
        """Return the digest of the set, and keep it; see :func:`~mlflow2prov.capture.stages.params_hash`."""
        if dry:
            return params_hash(self, dry=True)
        if self.hash is None:
            self.hash = params_hash(self)
        return self.hash
