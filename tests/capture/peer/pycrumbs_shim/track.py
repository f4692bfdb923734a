"""``pycrumbs.track``."""

from mlflow2prov.capture.record_files import *  # noqa: F403
from mlflow2prov.capture.record_files.folders import TIMESTAMP_FORMAT

_TIMESTAMP_FMT = f"_{TIMESTAMP_FORMAT}"
