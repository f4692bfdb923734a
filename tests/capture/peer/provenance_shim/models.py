"""``provenance.models``."""

from types import SimpleNamespace

from mlflow2prov.capture import models

Base = SimpleNamespace(metadata=models.METADATA)
