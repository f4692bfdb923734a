"""``provenance.core``."""

from mlflow2prov.capture.artifacts import ArchivedFile  # noqa: F401
from mlflow2prov.capture.environment import run_info  # noqa: F401
from mlflow2prov.capture.errors import (  # noqa: F401
    ImpureFunctionError,
    MutatedArtifactValueError,
)
from mlflow2prov.capture.files import archive_file  # noqa: F401
from mlflow2prov.capture.functions import provenance  # noqa: F401
from mlflow2prov.capture.records import ARTIFACT_FIELDS, ArtifactRecord  # noqa: F401

artifact_properties = [name for name in ARTIFACT_FIELDS if name != "call_id"]
