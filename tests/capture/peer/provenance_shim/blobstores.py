"""``provenance.blobstores``."""

import os

from mlflow2prov.capture.blobstores import *  # noqa: F403
from mlflow2prov.capture.blobstores import BlobStore as BaseBlobStore  # noqa: F401
from mlflow2prov.capture.errors import KeyExistsError  # noqa: F401


def _abspath(path):
    return os.path.abspath(os.path.expanduser(path))
