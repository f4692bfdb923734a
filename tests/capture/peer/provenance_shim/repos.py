"""``provenance.repos``."""

import json

from mlflow2prov.capture.artifacts import ArchivedFile, Artifact, lazy_dict  # noqa: F401
from mlflow2prov.capture.configuration import *  # noqa: F403
from mlflow2prov.capture.configuration import Config  # noqa: F401
from mlflow2prov.capture.inputs import inputs_to_json
from mlflow2prov.capture.lineage import *  # noqa: F403
from mlflow2prov.capture.previews import preview
from mlflow2prov.capture.proxies import (  # noqa: F401
    ArtifactProxy,
    CallableArtifactProxy,
    artifact_proxy,
    is_proxy,
)
from mlflow2prov.capture.repos import *  # noqa: F403
from mlflow2prov.capture.sets import ArtifactSet, create_set  # noqa: F401
from tests.capture.peer.provenance_shim.errors import KeyExistsError, PermissionError  # noqa: A004, F401


class Encoder(json.JSONEncoder):
    def default(self, value):
        return preview(value)


def label_set(artifact_set, labels):
    return artifact_set.relabel(labels).put()


def _inputs_json(inputs):
    return inputs_to_json(inputs)[0]
