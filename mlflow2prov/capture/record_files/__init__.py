"""The second face of capture: ``@tracked()``, a record file beside the outputs of each call.

    from mlflow2prov.capture import tracked

    @tracked(directory_parameter="folder", seed_parameter="seed")
    def train(folder: Path, seed: int | None = None): ...

    train(Path("models/first"))     # writes models/first/train_record.json

The file is written when the call starts, and completed with its outcome and its outputs when it ends. It contains
the same record of the call that the other faces write, and the state of the program and its environment.
"""

from mlflow2prov.capture.record_files.content import RecordedCall
from mlflow2prov.capture.record_files.decorator import tracked
from mlflow2prov.capture.record_files.files import read_records, write_record
from mlflow2prov.capture.record_files.modules import get_git_info
from mlflow2prov.capture.record_files.rerun import Change, RerunCheck, check_rerun, rerun_script
from mlflow2prov.capture.record_files.seeds import seed_tasks
from mlflow2prov.capture.record_files.surroundings import get_environment_info

__all__ = [
    "Change",
    "RecordedCall",
    "RerunCheck",
    "check_rerun",
    "get_environment_info",
    "get_git_info",
    "read_records",
    "rerun_script",
    "seed_tasks",
    "tracked",
    "write_record",
]
