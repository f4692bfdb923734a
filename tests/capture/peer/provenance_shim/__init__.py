"""The modules of provenance, as its own tests import them."""

from mlflow2prov.capture import *  # noqa: F403
from mlflow2prov.capture import hash  # noqa: A004, F401
