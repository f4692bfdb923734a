"""``curifactory.store``."""

from mlflow2prov.capture.stages.runs import *  # noqa: F403
