"""``curifactory.params``."""

from mlflow2prov.capture.stages.parameters import *  # noqa: F403
