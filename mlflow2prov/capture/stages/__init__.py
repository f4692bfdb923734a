"""The third face of capture: records that pass through stages, whose artifacts are cached by parameter set.

from mlflow2prov.capture.stages import ArtifactManager, ExperimentParameters, JsonCacher, Record, stage

@dataclass
class Params(ExperimentParameters):
    rate: float = 0.1

@stage(outputs=["score"], cachers=[JsonCacher])
def train(record):
    return record.params.rate * 2

manager = ArtifactManager("wine")
record = train(Record(manager, Params(name="baseline")))
record.state["score"]
"""

from mlflow2prov.capture.stages.cachers import (
    Cacheable,
    FileReferenceCacher,
    JsonCacher,
    Lazy,
    PandasCacher,
    PandasCsvCacher,
    PandasFormat,
    PandasJsonCacher,
    PathRef,
    PickleCacher,
    RawJupyterNotebookCacher,
)
from mlflow2prov.capture.stages.errors import (
    CachersMismatchError,
    EmptyCachersError,
    InputSignatureError,
    MissingInputError,
    NoArtifactManagerError,
    OutputSignatureError,
    WrongPathError,
)
from mlflow2prov.capture.stages.hashing import params_hash, set_hash_functions
from mlflow2prov.capture.stages.manager import ArtifactManager
from mlflow2prov.capture.stages.outcomes import StageOutcome
from mlflow2prov.capture.stages.parameters import ExperimentParameters
from mlflow2prov.capture.stages.procedures import Procedure
from mlflow2prov.capture.stages.records import ArtifactRepresentation, CacheAwareDict, Record
from mlflow2prov.capture.stages.reportables import (
    DFReporter,
    FigureReporter,
    HTMLReporter,
    ImageReporter,
    JsonReporter,
    LatexTableReporter,
    LinePlotReporter,
    Reportable,
)
from mlflow2prov.capture.stages.staging import aggregate, stage

__all__ = [
    "ArtifactManager",
    "ArtifactRepresentation",
    "CacheAwareDict",
    "Cacheable",
    "CachersMismatchError",
    "DFReporter",
    "EmptyCachersError",
    "ExperimentParameters",
    "FigureReporter",
    "FileReferenceCacher",
    "HTMLReporter",
    "ImageReporter",
    "InputSignatureError",
    "JsonCacher",
    "JsonReporter",
    "LatexTableReporter",
    "Lazy",
    "LinePlotReporter",
    "MissingInputError",
    "NoArtifactManagerError",
    "OutputSignatureError",
    "PandasCacher",
    "PandasCsvCacher",
    "PandasFormat",
    "PandasJsonCacher",
    "PathRef",
    "PickleCacher",
    "Procedure",
    "RawJupyterNotebookCacher",
    "Record",
    "Reportable",
    "StageOutcome",
    "WrongPathError",
    "aggregate",
    "params_hash",
    "set_hash_functions",
    "stage",
]
