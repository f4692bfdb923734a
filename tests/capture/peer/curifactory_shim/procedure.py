"""``curifactory.procedure``."""

from mlflow2prov.capture.stages.procedures import *  # noqa: F403
