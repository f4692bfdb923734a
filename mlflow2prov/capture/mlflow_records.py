"""Records of calls as artifacts of MLflow: ``mlflow2prov/calls/<uuid>.json`` in the run of the call, and a tag of it.

With them, whoever can read the run learns how it was made, without the repository of the calls. The content is that of
a record file. MLflow is used only if the program has imported it, and its errors are warnings.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlflow2prov.capture.configuration import warn
from mlflow2prov.capture.environment import GitState, run_info
from mlflow2prov.capture.packages import get_installed_packages
from mlflow2prov.capture.records import Call

if TYPE_CHECKING:
    from mlflow2prov.capture.record_files.content import RecordedCall

FOLDER = "mlflow2prov/calls"
"""The folder of the records among the artifacts of a run."""

CALL_TAG = "mlflow2prov.call"
"""The tag of a run that names a call: of those that no other call of the run encloses, the one that ended last."""

MAX_BYTES = 1 << 20
"""Maximum size of a record that is logged, and that is read."""


def log_call(call: Call, record: RecordedCall | None = None) -> None:
    """Log the record of a call that has ended to the run of MLflow that it belongs to, if there is one.

    The run has the tag :data:`CALL_TAG` afterwards, unless another call of the run encloses this one.

    Args:
        call: the call.
        record: the call with its surroundings, if they are known already.
    """
    mlflow = sys.modules.get("mlflow")
    if mlflow is None or call.mlflow_run_id is None:
        return
    # Any error of MLflow's client, its store or its network: the program goes on.
    try:
        client = mlflow.MlflowClient()
        if _is_outermost(call):
            client.set_tag(call.mlflow_run_id, CALL_TAG, call.id)
        content = _to_json(_describe(call) if record is None else record)
        if len(content) > MAX_BYTES:
            raise ValueError(f"the record is larger than {MAX_BYTES:,} bytes")
        client.log_text(call.mlflow_run_id, content.decode(), f"{FOLDER}/{call.id}.json")
    except Exception as error:  # noqa: BLE001
        warn(f"{call.name}: the record is not logged to MLflow ({type(error).__name__}: {error})")


def _is_outermost(call: Call) -> bool:
    """Return whether the call within which this one ended belongs to another run, or to none."""
    from mlflow2prov.capture.recording import current_call

    outer = current_call.get()
    return outer is None or outer.mlflow_run_id != call.mlflow_run_id


def _to_json(record: RecordedCall) -> bytes:
    import orjson

    from mlflow2prov.capture.record_files.content import clean

    return orjson.dumps(clean(record.to_json()), option=orjson.OPT_INDENT_2)


def _describe(call: Call) -> RecordedCall:
    """Return a call with the surroundings that the repository of calls would have for it."""
    from mlflow2prov.capture.record_files.content import RecordedCall
    from mlflow2prov.capture.record_files.modules import ModuleState
    from mlflow2prov.capture.record_files.surroundings import get_environment_info

    state = GitState(*(getattr(call, name) for name in GitState.__slots__))
    is_in_tree = state.source_tracked is not None
    module = ModuleState(
        call.fn_module,
        Path(state.source_path) if state.source_path and not is_in_tree else None,
        state,
        remotes={"origin": call.repository_url} if call.repository_url else {},
    )
    process = run_info()["process"]
    arguments = {argument.name: argument.value for argument in call.arguments}
    environment = get_environment_info()
    environment |= {"cwd": process["cwd"], "orig_argv": process["cmdline"]}
    return RecordedCall(
        call,
        arguments,
        arguments,
        module=module.to_json(),
        environment=environment,
        packages=get_installed_packages(),
    )
