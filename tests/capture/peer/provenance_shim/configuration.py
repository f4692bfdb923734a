"""``provenance._config``."""

from mlflow2prov.capture.blobstores import TYPES as BLOBSTORE_TYPES  # noqa: F401
from mlflow2prov.capture.config_reader import from_config, load_config  # noqa: F401
from mlflow2prov.capture.configuration import *  # noqa: F403


def blobstore_from_config(config):
    return blobstores_from_config({"store": config})["store"]


def blobstores_from_config(config):
    return from_config({"blobstores": config})["blobstores"]
