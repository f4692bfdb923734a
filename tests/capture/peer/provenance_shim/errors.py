"""``provenance._commonstore``."""

from mlflow2prov.capture.errors import KeyExistsError, PermissionDeniedError  # noqa: F401

PermissionError = PermissionDeniedError  # noqa: A001
