"""The mapping of facts to PROV: rules, one page for each family.

The pages :mod:`~mlflow2prov.mapping.git`, :mod:`~mlflow2prov.mapping.tracking`,
:mod:`~mlflow2prov.mapping.logged_models`, :mod:`~mlflow2prov.mapping.model_registry`,
:mod:`~mlflow2prov.mapping.environments`, :mod:`~mlflow2prov.mapping.traces`,
:mod:`~mlflow2prov.mapping.calls`, :mod:`~mlflow2prov.mapping.call_links` and
:mod:`~mlflow2prov.mapping.observed_changes` are written in the words of
:mod:`~mlflow2prov.mapping.language`. A new family is a new page and a line in :data:`RULES`.
"""

from mlflow2prov.mapping import (
    call_links,
    calls,
    environments,
    git,
    logged_models,
    model_registry,
    observed_changes,
    traces,
    tracking,
)
from mlflow2prov.mapping.expansion import expand

RULES = (
    *git.RULES,
    *tracking.RULES,
    *logged_models.RULES,
    *model_registry.RULES,
    *environments.RULES,
    *traces.RULES,
    *calls.RULES,
    *call_links.RULES,
    *observed_changes.RULES,
)
"""All rules."""

__all__ = ["RULES", "expand"]
