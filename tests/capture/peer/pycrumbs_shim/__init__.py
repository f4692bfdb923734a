"""The modules of pycrumbs, as its own tests import them."""

from mlflow2prov.capture.record_files import *  # noqa: F403
