"""``provenance.serializers``."""

from mlflow2prov.capture import serializers
from mlflow2prov.capture.serializers import *  # noqa: F403
from mlflow2prov.capture.serializers import register_serializer  # noqa: F401

DEFAULT_VALUE_SERIALIZER = serializers.get_serializer("joblib")


def serializer(artifact):
    return serializers.get_serializer(artifact.serializer)
