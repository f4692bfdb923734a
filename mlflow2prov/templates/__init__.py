"""Templates: which PROV each fact becomes, a page per family.

The pages are :mod:`~mlflow2prov.templates.git`, :mod:`~mlflow2prov.templates.mlflow`,
:mod:`~mlflow2prov.templates.logged_models` and :mod:`~mlflow2prov.templates.registry`, written in the
words of :mod:`~mlflow2prov.templates.language`; a new family is one page and its line in
:data:`TEMPLATES`.
"""

from mlflow2prov.templates import environments, git, logged_models, mlflow, registry, traces
from mlflow2prov.templates.expansion import expand

TEMPLATES = (
    *git.TEMPLATES,
    *mlflow.TEMPLATES,
    *logged_models.TEMPLATES,
    *registry.TEMPLATES,
    *environments.TEMPLATES,
    *traces.TEMPLATES,
)
"""All templates: the whole mapping of facts to PROV."""

__all__ = ["TEMPLATES", "expand"]
