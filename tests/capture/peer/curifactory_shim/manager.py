"""``curifactory.manager``."""

from mlflow2prov.capture.stages.manager import *  # noqa: F403
