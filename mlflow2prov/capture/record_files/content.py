"""The content of a record file: a call, and the state of the program and its environment at that time.

Its schema is ``schema.json`` (JSON Schema, draft 2020-12). The files of pycrumbs, whose keys these are, are read too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, cast, get_args

from mlflow2prov.capture.environment import GitState, without_secret_arguments
from mlflow2prov.capture.errors import InvalidRecordError
from mlflow2prov.capture.previews import json_able
from mlflow2prov.capture.record_files.modules import DETACHED
from mlflow2prov.capture.records import Argument, Call, Output, Status
from mlflow2prov.capture.redaction import is_secret, redact_text, without_secrets
from mlflow2prov.secrets import MASK, without_credentials

FORMAT = "mlflow2prov-call/1"
"""The name and the version of the format."""

MAX_VALUE_LENGTH = 200
"""The length of the longest argument that a record contains, in characters of JSON."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

TOO_LONG = "<suppressed due to excessive length>"
"""The substitute for longer arguments."""

_MLFLOW = {
    "run_id": "mlflow_run_id",
    "experiment_id": "mlflow_experiment_id",
    "tracking_uri": "mlflow_tracking_uri",
}


_REPOSITORY_KEYS = ("face", "version", "artifact_id", "cached", "uncacheable")
"""The keys of calls that a repository keeps, whose records are logged to MLflow."""


@dataclass
class RecordedCall:
    """A call as a record file has it."""

    call: Call
    parameters: dict[str, Any] = field(default_factory=dict)
    """The arguments as they were passed, as JSON."""
    altered_parameters: dict[str, Any] = field(default_factory=dict)
    """The arguments as the function got them, with the folder and the seed."""
    unnamed_parameters: tuple[str, ...] = ()
    """The parameters that a caller cannot pass by name (``*args``, ``**kwargs`` and positional-only ones)."""
    source_file: str | None = None
    module: dict[str, Any] | None = None
    """The module of the function, as :func:`~mlflow2prov.capture.get_git_info` returns it."""
    extra_modules: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    packages: dict[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the content of the record file."""
        call = self.call
        end = call.ended_at
        content: dict[str, Any] = {
            "format": FORMAT,
            "uuid": call.id,
            "status": call.status,
            "timing": {
                "start_time": call.started_at.isoformat(sep=" "),
                "end_time": None if end is None else end.isoformat(sep=" "),
                "run_time": None if end is None else str(end - call.started_at),
            },
            "called_function": {
                "name": call.fn_name,
                "module": call.fn_module,
                "source_file": self.source_file,
                "source_line": call.source_line,
                "source_digest": call.source_digest,
                "parameters": self.parameters,
                "altered_parameters": self.altered_parameters,
                "unnamed_parameters": list(self.unnamed_parameters),
            },
            "arguments": [_without_defaults(argument) for argument in call.arguments],
            "outputs": [_without_defaults(output) for output in call.outputs],
            "seed": call.seed,
        }
        if call.exception_type is not None:
            content["exception"] = {
                "type": call.exception_type,
                "message": call.exception_message,
            }
        if call.parent_id is not None:
            content["parent_uuid"] = call.parent_id
        if call.face != "tracked":
            content |= {name: getattr(call, name) for name in _REPOSITORY_KEYS}
        if call.custom_fields:
            content["custom_fields"] = json_able(call.custom_fields)
        if call.mlflow_run_id is not None:
            content["mlflow"] = {key: getattr(call, name) for key, name in _MLFLOW.items()}
        content["environment"] = self.environment
        if self.packages is not None:
            content["package_inventory"] = self.packages
        if self.module is not None:
            content["tracked_module"] = self.module
        if self.extra_modules:
            content["extra_tracked_modules"] = self.extra_modules
        return content

    @classmethod
    def from_json(cls, content: Any, where: str = "record") -> RecordedCall:
        """Return the call that the content of a record file describes.

        Args:
            content: as :meth:`to_json` returns it, or as pycrumbs writes it.
            where: the name of the file, for errors.

        Raises:
            InvalidRecordError: it is not such a content.
        """
        try:
            return _read(cls, content)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InvalidRecordError(
                f"{where}: not the record of a call ({type(error).__name__}: {error}); "
                "give a file that tracked() or pycrumbs has written"
            ) from error


def _read(cls: type[RecordedCall], content: Any) -> RecordedCall:
    function, timing = content["called_function"], content["timing"]
    module, environment = content.get("tracked_module"), content.get("environment") or {}
    _check_types(content, module or {}, environment)
    end = timing.get("end_time")
    status = content.get("status", "RUNNING" if end is None else "FINISHED")
    if status not in get_args(Status):
        raise ValueError(f"unknown status {status!r}")
    exception, mlflow = content.get("exception") or {}, content.get("mlflow") or {}
    call = Call(
        name=f"{function['module']}.{function['name']}",
        fn_module=str(function["module"]),
        fn_name=str(function["name"]),
        version=content.get("version", 0),
        face=content.get("face", "tracked"),
        artifact_id=content.get("artifact_id"),
        cached=content.get("cached", False),
        uncacheable=content.get("uncacheable"),
        id=str(content["uuid"]),
        parent_id=content.get("parent_uuid"),
        status=cast("Status", status),
        started_at=_time(timing["start_time"]),
        ended_at=None if end is None else _time(end),
        exception_type=exception.get("type"),
        exception_message=exception.get("message"),
        seed=content.get("seed"),
        custom_fields=dict(content.get("custom_fields") or {}),
        source_digest=function.get("source_digest"),
        source_line=function.get("source_line"),
        outputs=[Output(**output) for output in content.get("outputs", ())],
        mlflow_run_id=mlflow.get("run_id"),
        mlflow_experiment_id=mlflow.get("experiment_id"),
        mlflow_tracking_uri=mlflow.get("tracking_uri"),
    )
    packages = content.get("package_inventory")
    passed = _arguments_to_json(function["parameters"])
    altered = _arguments_to_json(function.get("altered_parameters") or function["parameters"])
    arguments = content.get("arguments")
    if arguments is None:
        call.arguments = [Argument(name, value=value) for name, value in altered.items()]
    else:
        call.arguments = [Argument(**argument) for argument in arguments]
    if module is not None:
        for name, value in asdict(_git_state(module)).items():
            setattr(call, name, value)
    return cls(
        call,
        passed,
        altered,
        tuple(map(str, function.get("unnamed_parameters") or ())),
        function.get("source_file"),
        module,
        dict(content.get("extra_tracked_modules") or {}),
        _environment_without_secrets(environment),
        None if packages is None else {name: str(version) for name, version in packages.items()},
    )


def _check_types(
    content: Mapping[str, Any], module: Mapping[str, Any], environment: Mapping[str, Any]
) -> None:
    """Check the types that readers rely on.

    Raises:
        TypeError: a value has another type.
    """
    _require(str, content, "parent_uuid", "face", "artifact_id", "uncacheable")
    _require(bool, content, "cached")
    _require(dict, content, "custom_fields")
    _require(str, content["called_function"], "source_file", "source_digest")
    _require(str, content.get("exception") or {}, "type", "message")
    _require(str, content.get("mlflow") or {}, *_MLFLOW)
    _require(str, module, "module_path", "git_commit_hash", "git_active_branch", "git_path")
    _require(str, module, "git_blob", "git_working_dir")
    _require(bool, module, "git_is_dirty", "git_is_tracked")
    _require(str, environment, "cwd")
    _require(list, environment, "argv", "orig_argv")
    _require(dict, environment, "environment_variables")
    for argument in content.get("arguments") or ():
        _require(str, argument, "name", "digest", "type", "content")
        _require(list, argument, "artifacts")
    for output in content.get("outputs") or ():
        _require(str, output, "key", "artifact_id", "digest", "path", "serializer")


def _require(kind: type, values: Mapping[str, Any], *names: str) -> None:
    for name in names:
        value = values.get(name)
        if value is not None and not isinstance(value, kind):
            raise TypeError(f"{name} is not of the type {kind.__name__}")


def _arguments_to_json(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments without secrets, which pycrumbs writes."""
    return {name: argument_to_json(name, value) for name, value in arguments.items()}


def _environment_without_secrets(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Return an environment without secrets, likewise."""
    cleaned = dict(environment)
    for name in ("argv", "orig_argv"):
        if environment.get(name) is not None:
            cleaned[name] = without_secret_arguments(list(map(str, environment[name])))
    variables = environment.get("environment_variables")
    if variables is not None:
        cleaned["environment_variables"] = without_secrets(variables)
    return cleaned


def _git_state(module: Mapping[str, Any]) -> GitState:
    branch, remotes = module.get("git_active_branch"), module.get("git_remotes") or {}
    path, folder = module.get("git_path"), module.get("git_working_dir")
    if path is None and folder and str(module["module_path"]).startswith(f"{folder}/"):
        path = module["module_path"].removeprefix(f"{folder}/")
    url = remotes.get("origin") or next(iter(remotes.values()), None)
    return GitState(
        source_path=path or module.get("module_path"),
        source_blob=module.get("git_blob"),
        source_tracked=module.get("git_is_tracked"),
        repository_url=None if url is None else without_credentials(url),
        git_commit=module.get("git_commit_hash"),
        git_branch=None if branch == DETACHED else branch,
        git_dirty=module.get("git_is_dirty"),
    )


def _time(text: str) -> datetime:
    """Return a time; one without offset, as pycrumbs writes it, is in the time zone of this machine."""
    return datetime.fromisoformat(text).astimezone(UTC)


def argument_to_json(name: str, value: Any) -> Any:
    """Return an argument as a record has it.

    A value that JSON represents stays as it is, another one is represented by its ``repr``. Secrets are masked, and
    long values replaced by :data:`TOO_LONG`.
    """
    from orjson import dumps

    if is_secret(name, value):
        return MASK
    shown = _jsonable(without_secrets(value))
    return shown if len(dumps(shown)) <= MAX_VALUE_LENGTH else TOO_LONG


def _jsonable(value: Any, depth: int = 0) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if value.bit_length() < 64 else str(value)
    if kind is float:
        return value if math.isfinite(value) else str(value)
    if kind is str:
        return clean(value)
    if kind in (list, tuple) and depth < MAX_VALUE_LENGTH:
        if len(value) > MAX_VALUE_LENGTH:
            return TOO_LONG
        return [_jsonable(item, depth + 1) for item in value]
    if kind is dict and depth < MAX_VALUE_LENGTH and all(type(key) is str for key in value):
        if len(value) > MAX_VALUE_LENGTH:
            return TOO_LONG
        return {clean(key): _jsonable(item, depth + 1) for key, item in value.items()}
    return _representation(value)


def _representation(value: Any) -> str:
    # Any class of the user, whose method may raise anything.
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001
        return f"<{type(value).__module__}.{type(value).__qualname__}>"
    # The address of an object says nothing, and is another one in each process.
    text = _ADDRESS.sub("", text)
    if len(text) > MAX_VALUE_LENGTH:
        return TOO_LONG
    return str(clean(redact_text(text)))


def clean(value: Any) -> Any:
    """Return a text that UTF-8 can represent, or a structure of such texts."""
    if type(value) is str:
        return value.encode("utf-8", "backslashreplace").decode()
    if type(value) is list:
        return [clean(item) for item in value]
    if type(value) is dict:
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def _without_defaults(item: Argument | Output) -> dict[str, Any]:
    return {
        name: value
        for name, value in asdict(item).items()
        if not (value is None or (name != "value" and value in ("", [], False)))
    }
