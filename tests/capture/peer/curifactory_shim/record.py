"""``curifactory.record``."""

from mlflow2prov.capture.stages.records import *  # noqa: F403
