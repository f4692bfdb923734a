"""The modules of curifactory, as its own tests import them."""

from mlflow2prov.capture.stages import *  # noqa: F403
