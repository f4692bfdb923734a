"""The functions, classes and constants of the user's code that a function uses."""

from __future__ import annotations

import builtins
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from mlflow2prov.capture.code.names import cell_content, is_user_code, nested_code, plain_function
from mlflow2prov.capture.code.sources import digest_of_code, source_digest
from mlflow2prov.capture.errors import UnhashableError


def dependencies(function: Callable[..., Any]) -> dict[str, str]:
    """Return the digests of the user's functions, classes and constants that a function uses, by their names.

    Names are looked up when this function is called. A captured function also has its version. A value that cannot
    be hashed is represented by its type; an object of an installed package by the name and version of the package.
    """
    digests: dict[str, str] = {}
    pending = [plain_function(function)]
    visited = set()
    while pending:
        current = pending.pop()
        if id(current) in visited:
            continue
        visited.add(id(current))
        for name, value in _references(current):
            version = getattr(value, "_provenance_metadata", {}).get("version")
            value = plain_function(value)
            digests[name] = _dependency_digest(value)
            if version:
                digests[f"{name} version"] = str(version)
            if isinstance(value, types.FunctionType) and is_user_code(value.__module__):
                pending.append(value)
            elif isinstance(value, type) and is_user_code(value.__module__):
                pending += _functions_of(value)
    return dict(sorted(digests.items()))


def _references(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the globals, enclosed variables and attributes of modules that code uses."""
    if not isinstance(function, types.FunctionType):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        yield f"{function.__qualname__}.{name}", cell_content(cell)
    names = {name for code in nested_code(function.__code__) for name in code.co_names}
    for name in sorted(names):
        if name not in function.__globals__ or hasattr(builtins, name):
            continue
        value = function.__globals__[name]
        if not isinstance(value, types.ModuleType):
            yield _qualified(function.__module__, name, value), value
        elif is_user_code(value.__name__):
            for attribute in sorted(names & vars(value).keys()):
                content = vars(value)[attribute]
                yield _qualified(value.__name__, attribute, content), content


def _qualified(module: str, name: str, value: Any) -> str:
    if isinstance(value, type | types.FunctionType):
        return f"{value.__module__}.{value.__qualname__}"
    return f"{module}.{name}"


def _dependency_digest(value: Any) -> str:
    from mlflow2prov.capture.hashing import hash as digest

    module = getattr(value, "__module__", None)
    if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType):
        if not is_user_code(module):
            return f"{module}=={_version(str(module).partition('.')[0])}"
        if isinstance(value, types.FunctionType):
            return digest_of_code(value.__code__)
        if isinstance(value, type):
            return digest([source_digest(function) for function in _functions_of(value)])
    try:
        return digest(value)
    except UnhashableError:
        return f"type:{type(value).__module__}.{type(value).__qualname__}"


def _functions_of(cls: type) -> list[Any]:
    members = (getattr(member, "__func__", member) for member in vars(cls).values())
    functions = (plain_function(getattr(member, "fget", member)) for member in members)
    return [member for member in functions if isinstance(member, types.FunctionType)]


@cache
def _version(package: str) -> str:
    from importlib import metadata

    if package in sys.stdlib_module_names:
        return ".".join(map(str, sys.version_info[:2]))
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"
