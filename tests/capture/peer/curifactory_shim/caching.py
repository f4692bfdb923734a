"""``curifactory.caching``."""

from enum import Enum
from typing import get_args

from mlflow2prov.capture.stages.cachers import *  # noqa: F403
from mlflow2prov.capture.stages.cachers import PandasFormat

_PandasIOType = Enum("_PandasIOType", {name: name for name in get_args(PandasFormat)})
