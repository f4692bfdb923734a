"""Serializers: how values become files, and files values.

``auto`` chooses by value: JSON for what JSON represents exactly, Parquet for frames and series that it does not change,
``.npy`` for arrays, and pickle, which joblib reads too, for all others. A serializer whose files can run code when
they are loaded (``runs_code``) is used for loading only if the store is trusted
(:mod:`mlflow2prov.capture.blobstores.trust`).
"""

from mlflow2prov.capture.serializers.json_values import MAX_JSON_DEPTH, is_json
from mlflow2prov.capture.serializers.registry import (
    Serializer,
    candidates,
    get_serializer,
    register_serializer,
)

__all__ = [
    "MAX_JSON_DEPTH",
    "Serializer",
    "candidates",
    "get_serializer",
    "is_json",
    "register_serializer",
]
