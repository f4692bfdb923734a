"""The commands that repeat a recorded call, and the differences to expect today."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any

from mlflow2prov.capture.hashing import file_hash
from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.packages import get_installed_packages
from mlflow2prov.capture.record_files.content import RecordedCall
from mlflow2prov.capture.record_files.modules import module_state
from mlflow2prov.capture.records import Argument
from mlflow2prov.secrets import MASK

_IDENTIFIER = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PACKAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LITERALS = frozenset(("NoneType", "bool", "int", "float", "str", "list", "dict"))
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")


@dataclass(frozen=True)
class Change:
    """Something that would differ if a call was repeated today."""

    what: str
    """The part of the circumstances, such as the commit."""
    recorded: str
    """Its state according to the record."""
    present: str
    """Its present state."""


@dataclass(frozen=True)
class RerunCheck:
    """The result of :func:`check_rerun`."""

    changes: tuple[Change, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {"changes": [asdict(change) for change in self.changes]}


def rerun_script(record: RecordedCall) -> str:
    """Return the commands that repeat a call, as a script for ``sh``: checkout, environment, call.

    Everything that the record contains is quoted. Missing values, such as secrets, are named in comments.
    """
    return "".join(f"{line}\n" for line in _lines(record))


def _lines(record: RecordedCall) -> Iterator[str]:
    call = record.call
    yield _comment(f"{call.name}, called at {call.started_at:%Y-%m-%d %H:%M:%S} UTC: {call.status}")
    yield "set -e"
    yield from _checkout(record)
    yield from _packages(record)
    yield from _variables(record)
    yield from _command_line(record)
    yield from _function_call(record)


def _checkout(record: RecordedCall) -> Iterator[str]:
    call = record.call
    if call.git_commit is None or not _COMMIT.fullmatch(call.git_commit):
        yield _comment("the record names no commit; use the version of the code that you need")
        return
    if call.repository_url is not None:
        yield f"git clone -- {_quote(call.repository_url)} rerun"
        yield "cd rerun"
    else:
        yield _comment("run this in a clone of the repository")
    yield f"git checkout --detach {call.git_commit}"
    if call.git_dirty:
        yield _comment("tracked files had uncommitted changes, which no commit contains")
    if call.source_tracked is False:
        yield _comment(f"Git did not track {call.source_path}; copy it from where it was")


def _packages(record: RecordedCall) -> Iterator[str]:
    version = str(record.environment.get("python_version", "")).partition(" ")[0]
    if version:
        yield _comment(f"Python {version}")
    if not record.packages:
        return
    yield "python3 -m venv .venv"
    yield "cat > requirements-rerun.txt <<'END'"
    for name, number in sorted(record.packages.items()):
        if _PACKAGE.fullmatch(name) and _VERSION.fullmatch(str(number)):
            yield f"{name}=={number}"
    yield "END"
    yield ".venv/bin/python -m pip install --no-deps --requirement requirements-rerun.txt"
    yield "PATH=$PWD/.venv/bin:$PATH"


def _variables(record: RecordedCall) -> Iterator[str]:
    variables = record.environment.get("environment_variables") or {}
    for name, value in sorted(variables.items()):
        if value is None or name == "VIRTUAL_ENV" or not _VARIABLE.fullmatch(name):
            continue
        if name.startswith("SLURM"):
            continue  # the scheduler sets them
        if MASK in str(value):
            yield _comment(f"set {name}, which is a secret")
        else:
            yield f"export {name}={_quote(value)}"


def _command_line(record: RecordedCall) -> Iterator[str]:
    arguments = [str(part) for part in record.environment.get("orig_argv") or ()]
    if len(arguments) < 2:
        return
    yield _comment("the program that made the call:")
    if MASK in arguments:
        yield _comment(f"{MASK} is a secret; write it in its place")
    if (folder := _program_folder(record)) is not None:
        yield f"cd {_quote(folder)}"
    yield shlex.join(map(_one_line, ["python", *arguments[1:]]))


def _program_folder(record: RecordedCall) -> str | None:
    """Return the folder of the program: within the clone if it was in the repository, else the recorded one."""
    folder = record.environment.get("cwd")
    if folder is None or record.call.git_commit is None:
        return folder
    root = (record.module or {}).get("git_working_dir")
    if root is None or root == folder or not PurePath(folder).is_relative_to(root):
        return None
    return f"./{PurePath(folder).relative_to(root).as_posix()}"


def _function_call(record: RecordedCall) -> Iterator[str]:
    """Yield the call of the function alone, as a comment: the program above repeats it already."""
    call = record.call
    if call.fn_module == "__main__" or not _IDENTIFIER.fullmatch(
        f"{call.fn_module}.{call.fn_name}"
    ):
        return
    if record.unnamed_parameters:
        names = ", ".join(record.unnamed_parameters)
        yield _comment(f"the function cannot be called alone: {names} cannot be named in a call")
        return
    try:
        values = ", ".join(f"{a.name}={_literal(a, record)}" for a in call.arguments)
    except ValueError as error:
        yield _comment(f"the function cannot be called alone: {error}")
        return
    first = call.fn_name.partition(".")[0]
    imports = f"from pathlib import Path; from {call.fn_module} import {first}"
    code = f"{imports}; {call.fn_name}({values})"
    yield _comment("or only the function:")
    yield _comment(shlex.join(["python", "-c", _one_line(code)]))


def _literal(argument: Argument, record: RecordedCall) -> str:
    """Return an argument as Python spells it.

    Raises:
        ValueError: the record does not contain the whole value.
    """
    name = argument.name
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError("an argument has no name")
    if argument.type.startswith("pathlib."):
        return f"Path({argument.value!r})"
    value = record.altered_parameters.get(name)
    is_literal = argument.type.removeprefix("builtins.") in _LITERALS
    # JSON has no other integers than those of 64 bits, no infinity, and texts in place of objects in lists.
    if not is_literal or digest(value) != argument.digest:
        raise ValueError(f"the record does not contain all of {name}")
    return repr(value)


def check_rerun(record: RecordedCall) -> RerunCheck:
    """Return the differences to expect if a call was repeated here and now.

    Compared are commit and file of the function, uncommitted changes, files among the arguments, Python, platform,
    packages and the recorded variables of the environment.
    """
    changes = [
        *_code_changes(record),
        *_file_changes(record),
        *_environment_changes(record),
        *_package_changes(record),
    ]
    return RerunCheck(tuple(c for c in changes if c.recorded != c.present))


def _code_changes(record: RecordedCall) -> Iterator[Change]:
    call = record.call
    if call.git_commit is None:
        yield Change("commit", "unknown", _short(_present_state(record).git_commit))
        return
    state = _present_state(record)
    yield Change("commit", _short(call.git_commit), _short(state.git_commit))
    if call.source_blob is not None:
        name = call.source_path or "source file"
        yield Change(name, _short(call.source_blob), _short(state.source_blob))
    if call.git_dirty or state.git_dirty:
        # Different changes look alike, so that any of them count.
        yield Change(
            "uncommitted changes", _yes(call.git_dirty), f"{_yes(state.git_dirty)} (today)"
        )


def _present_state(record: RecordedCall) -> Any:
    name, path = record.call.fn_module, record.source_file
    folder = (record.module or {}).get("git_working_dir")
    if path is not None and not Path(path).exists() and record.call.source_path and folder:
        # Another clone of the repository, around the current folder.
        path = str(Path.cwd() / record.call.source_path)
    return module_state(name, path).git


def _file_changes(record: RecordedCall) -> Iterator[Change]:
    for argument in record.call.arguments:
        path = argument.value
        if argument.content is None or not isinstance(path, str):
            continue
        present = "no such file"
        with suppress(OSError, ValueError):
            # A device or a pipe, which a record from elsewhere may name, may have no end.
            if (file := _recorded_path(record, path)).is_file():
                present = file_hash(file)
        yield Change(f"content of {path}", argument.content, present)


def _recorded_path(record: RecordedCall, path: str) -> Path:
    folder = record.environment.get("cwd")
    return Path(folder, path) if folder is not None else Path(path)


def _environment_changes(record: RecordedCall) -> Iterator[Change]:
    recorded = record.environment
    version = str(recorded.get("python_version", "")).partition(" ")[0]
    if version:
        yield Change("Python", version, platform.python_version())
    for key, what, present in (
        ("python_implementation", "implementation of Python", sys.implementation.name),
        ("platform_info", "platform", platform.platform()),
    ):
        if key in recorded:
            yield Change(what, str(recorded[key]), present)
    variables: Mapping[str, Any] = recorded.get("environment_variables") or {}
    for name, value in sorted(variables.items()):
        if name.startswith("SLURM") or (value is not None and MASK in str(value)):
            continue
        yield Change(f"${name}", _or_unset(value), _or_unset(os.environ.get(name)))


def _package_changes(record: RecordedCall) -> Iterator[Change]:
    if record.packages is None:
        return
    present = get_installed_packages()
    for name in sorted(record.packages.keys() | present.keys()):
        old, new = record.packages.get(name), present.get(name)
        yield Change(f"package {name}", old or "not installed", new or "not installed")


def _short(name: str | None) -> str:
    return "none" if name is None else name[:12]


def _yes(flag: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[flag]


def _or_unset(value: Any) -> str:
    return "not set" if value is None else str(value)


def _comment(text: str) -> str:
    return f"# {_one_line(text)}"


def _quote(value: Any) -> str:
    return shlex.quote(_one_line(str(value)))


def _one_line(text: str) -> str:
    """Return a text without control characters, which a record from elsewhere may contain."""
    return _CONTROL.sub(" ", text)
