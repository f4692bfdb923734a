"""``curifactory.utils``."""

from mlflow2prov.capture.stages.configuration import *  # noqa: F403
