"""``provenance._config``."""

from mlflow2prov.capture.blobstores import TYPES as BLOBSTORE_TYPES  # noqa: F401
from mlflow2prov.capture.configuration import *  # noqa: F403
from mlflow2prov.capture.configuration import blobstores_from_config as _blobstores


def blobstore_from_config(config):
    return _blobstores({"store": config})["store"]


def blobstores_from_config(config):
    return _blobstores(config)
