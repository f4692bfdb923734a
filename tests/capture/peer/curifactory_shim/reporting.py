"""``curifactory.reporting``."""

from mlflow2prov.capture.stages.reportables import *  # noqa: F403
