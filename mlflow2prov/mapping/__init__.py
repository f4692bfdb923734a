"""Templates: which PROV each fact becomes, a page per family.

The pages are :mod:`~mlflow2prov.mapping.git`, :mod:`~mlflow2prov.mapping.tracking`,
:mod:`~mlflow2prov.mapping.logged_models` and :mod:`~mlflow2prov.mapping.model_registry`, written in the
words of :mod:`~mlflow2prov.mapping.language`; a new family is one page and its line in
:data:`TEMPLATES`.
"""

from mlflow2prov.mapping import environments, git, logged_models, traces
from mlflow2prov.mapping import model_registry as registry
from mlflow2prov.mapping import tracking as mlflow
from mlflow2prov.mapping.expansion import expand

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
