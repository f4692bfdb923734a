"""What tells a function from others: its module and name, its place, and the constants around it."""

from __future__ import annotations

import dis
import sys
import sysconfig
import types
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

MAIN_MODULES = ("__main__", "__mp_main__")
"""The names of the module of the program itself; multiprocessing gives it the second one."""

MAX_DECORATORS = 100
"""How many decorators are followed; an object may invent attributes for ever."""

CONSTANTS = (bool, int, float, complex, str, bytes)


def plain_function(function: Any) -> Any:
    """Return the function that a chain of decorators wraps."""
    for _ in range(MAX_DECORATORS):
        inner = getattr(function, "__wrapped__", None)
        if inner is None or inner is function:
            break
        function = inner
    return function


def is_user_code(module_name: str | None) -> bool:
    """Return whether a module is neither part of Python nor of an installed package."""
    return not module_name or _is_user_module(module_name)


@cache
def _is_user_module(module_name: str) -> bool:
    if module_name == "builtins" or module_name.partition(".")[0] == "mlflow2prov":
        return False
    module = sys.modules.get(module_name)
    filename = getattr(module, "__file__", None)
    if filename is None:
        return module_name.partition(".")[0] not in sys.stdlib_module_names
    if "site-packages" in filename or "dist-packages" in filename:
        return False
    return not filename.startswith((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")))


def has_lasting_name(function: Any) -> bool:
    """Return whether module and name lead to a function later on: not to lambdas, nor to those of a session."""
    function = plain_function(function)
    if "<lambda>" in getattr(function, "__qualname__", ""):
        return False
    return not _is_of_program(function) or _program(function) is not None


def place(function: Any) -> str | None:
    """Return what tells a function from others with its module and name, or None if there can be no others.

    It is the function around a local one. It is the file of a program, as all programs have the module ``__main__``:
    relative to the working tree of Git if the file is in one.
    """
    from mlflow2prov.capture.environment import repository_root

    function = plain_function(function)
    name = getattr(function, "__qualname__", "")
    scope = name if "<locals>" in name else None
    program = _program(function) if _is_of_program(function) else None
    if program is None:
        return scope
    root = repository_root(program.parent)
    path = program if root is None else program.relative_to(root)
    return f"{path.as_posix()}:{scope or ''}"


def _is_of_program(function: Any) -> bool:
    return getattr(function, "__module__", None) in MAIN_MODULES


def _program(function: Any) -> Path | None:
    """Return the file of the program that a function is from; None in a session."""
    code = getattr(function, "__code__", None)
    path = Path(code.co_filename) if code is not None else None
    return path.resolve() if path is not None and path.is_file() else None


def enclosed_constants(function: Any) -> dict[str, Any]:
    """Return the numbers and texts around a function that it reads and does not assign."""
    function = plain_function(function)
    cells = getattr(function, "__closure__", None)
    if not cells:
        return {}
    code = function.__code__
    variables = zip(code.co_freevars, map(cell_content, cells), strict=True)
    assigned = _assigned_variables(code)
    return {
        name: value
        for name, value in variables
        if type(value) in CONSTANTS and name not in assigned
    }


@lru_cache(maxsize=4096)
def _assigned_variables(code: types.CodeType) -> frozenset[str]:
    return frozenset(
        instruction.argval
        for nested in nested_code(code)
        for instruction in dis.get_instructions(nested)
        if instruction.opname in ("STORE_DEREF", "DELETE_DEREF")
    )


def cell_content(cell: types.CellType) -> Any:
    """Return the value of an enclosed variable; None if it is not assigned yet."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def nested_code(code: types.CodeType) -> Iterator[types.CodeType]:
    """Yield a code object, and those of the functions and classes in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from nested_code(constant)
