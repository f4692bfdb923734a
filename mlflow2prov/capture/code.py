"""The identity of code: the source of a function, and of the functions, classes and constants that it uses.

A source is compared as its syntax tree, written out without comments, docstrings and decorators, so that neither
a comment nor a changed option of a decorator counts as a change. The file on disk may have changed since it was
imported: its compiled form is compared with the code that runs, and if they differ, the bytecode is the identity. The
same holds for functions without a file, such as those of an interactive session.
"""

from __future__ import annotations

import ast
import builtins
import copy
import dis
import linecache
import sysconfig
import time
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

from mlflow2prov.capture.errors import InvalidOptionError, UnhashableError
from mlflow2prov.errors import unknown_choice

Invalidation = Literal["version", "source", "dependencies"]
"""The changes of code after which a result is computed again."""

INVALIDATIONS: tuple[str, ...] = get_args(Invalidation)


def check_invalidation(name: Invalidation) -> Invalidation:
    """Return one of the words for changes of code.

    Raises:
        InvalidOptionError: it is another word.
    """
    if name not in INVALIDATIONS:
        raise InvalidOptionError(unknown_choice("invalidate_on", name, INVALIDATIONS))
    return name


MAIN_MODULES = ("__main__", "__mp_main__")
"""The names of the module of the program itself; multiprocessing gives it the second one."""

CONSTANTS = (bool, int, float, complex, str, bytes)

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def function_identity(function: types.FunctionType) -> list[Any]:
    """Return the values that identify a function as an argument of another one.

    A function of an installed package is identified by its name. A function of the user's code is also identified by
    its source, its defaults and the variables it encloses; functions without a name only by these.
    """
    function = plain_function(function)
    name = f"{function.__module__}:{function.__qualname__}"
    is_local = "<" in function.__qualname__
    if not is_local and not is_user_code(function.__module__):
        return [name]
    variables = [_cell_content(cell) for cell in function.__closure__ or ()]
    defaults = [function.__defaults__, function.__kwdefaults__]
    return ["" if is_local else name, source_of(function.__code__), *defaults, variables]


def plain_function(function: Any) -> Any:
    """Return the function that a chain of decorators wraps."""
    while (inner := getattr(function, "__wrapped__", None)) is not None and inner is not function:
        function = inner
    return function


def has_lasting_name(function: Any) -> bool:
    """Return whether module and name lead to a function later on: not to lambdas, nor to those of a session."""
    function = plain_function(function)
    if "<lambda>" in getattr(function, "__qualname__", ""):
        return False
    return function.__module__ not in MAIN_MODULES or _program(function) is not None


def place(function: Any) -> str | None:
    """Return what tells a function from others with its module and name, or None if there can be no others.

    It is the function around a local one. It is the file of a program, as all programs have the module ``__main__``:
    relative to the working tree of Git if the file is in one.
    """
    from mlflow2prov.capture.environment import repository_root

    function = plain_function(function)
    name = getattr(function, "__qualname__", "")
    scope = name if "<locals>" in name else None
    program = _program(function) if function.__module__ in MAIN_MODULES else None
    if program is None:
        return scope
    root = repository_root(program.parent)
    path = program if root is None else program.relative_to(root)
    return f"{path.as_posix()}:{scope or ''}"


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
    variables = zip(code.co_freevars, map(_cell_content, cells), strict=True)
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
        for nested in _nested_code(code)
        for instruction in dis.get_instructions(nested)
        if instruction.opname in ("STORE_DEREF", "DELETE_DEREF")
    )


def source_digest(function: Callable[..., Any]) -> str:
    """Return the digest of a function's source, as ``sha256:<hex>``."""
    from mlflow2prov.capture.hashing import hash as digest

    function = plain_function(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return digest(getattr(function, "__qualname__", type(function).__qualname__))
    return _source_digest(code)


@lru_cache(maxsize=4096)
def _source_digest(code: types.CodeType) -> str:
    from mlflow2prov.capture.hashing import hash as digest

    return digest(source_of(code))


@lru_cache(maxsize=4096)
def source_of(code: types.CodeType) -> str:
    """Return the normalized source of a function, or a description of its bytecode if no source matches it."""
    filename = code.co_filename
    linecache.checkcache(filename)
    lines = linecache.getlines(filename)
    if lines:
        module = _parse("".join(lines), filename)
        if module is not None and (node := _find_node(module, code)) is not None:
            with suppress(RecursionError):
                return _normalize(node)
    return _describe(code)


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


def is_user_code(module_name: str | None) -> bool:
    """Return whether a module is neither part of Python nor of an installed package."""
    return not module_name or _is_user_module(module_name)


@cache
def _is_user_module(module_name: str) -> bool:
    import sys

    if module_name == "builtins" or module_name.partition(".")[0] == "mlflow2prov":
        return False
    module = sys.modules.get(module_name)
    filename = getattr(module, "__file__", None)
    if filename is None:
        return module_name.partition(".")[0] not in sys.stdlib_module_names
    if "site-packages" in filename or "dist-packages" in filename:
        return False
    return not filename.startswith((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")))


def _references(function: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of the globals, enclosed variables and attributes of modules that code uses."""
    if not isinstance(function, types.FunctionType):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        yield f"{function.__qualname__}.{name}", _cell_content(cell)
    names = {name for code in _nested_code(function.__code__) for name in code.co_names}
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
            return _source_digest(value.__code__)
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
    import sys
    from importlib import metadata

    if package in sys.stdlib_module_names:
        return ".".join(map(str, sys.version_info[:2]))
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "unknown"


def _cell_content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None  # the variable is not assigned yet


def _nested_code(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested_code(constant)


class _Module:
    """The syntax tree of a file, and the code that it compiles to."""

    def __init__(self, source: str, filename: str) -> None:
        self.tree = ast.parse(source)
        self.code = {
            (code.co_qualname, code.co_firstlineno, code.co_code)
            for code in _nested_code(compile(source, filename, "exec", dont_inherit=True))
        }
        self.functions = [node for node in ast.walk(self.tree) if isinstance(node, _FunctionNode)]


_MAX_ATTEMPTS = 100


@lru_cache(maxsize=64)
def _parse(source: str, filename: str) -> _Module | None:
    for _ in range(_MAX_ATTEMPTS):
        try:
            return _Module(source, filename)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None  # a cell with the commands of a notebook
        except SystemError:
            time.sleep(
                0.001
            )  # another thread parses at the same time (github.com/python/cpython/issues/106905)
    return None


def _find_node(module: _Module, code: types.CodeType) -> _FunctionNode | None:
    if (code.co_qualname, code.co_firstlineno, code.co_code) not in module.code:
        return None
    for node in module.functions:
        if isinstance(node, ast.Lambda):
            if code.co_name == "<lambda>" and _spans(node.body, code):
                return node
        elif node.name == code.co_name and _first_line(node) == code.co_firstlineno:
            return node
    return None


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _spans(body: ast.expr, code: types.CodeType) -> bool:
    span = (body.lineno, body.end_lineno, body.col_offset, body.end_col_offset)
    return any(position == span for position in code.co_positions())


def _normalize(node: _FunctionNode) -> str:
    """Return the source of a function without comments, docstrings, decorators and its own name."""
    if isinstance(node, ast.Lambda):
        return ast.unparse(node)
    node = copy.deepcopy(node)
    node.decorator_list = []
    node.name = "_"
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            _remove_docstring(inner)
    return ast.unparse(node)


def _remove_docstring(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    if ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:] or [ast.Pass()]


def _describe(code: types.CodeType) -> str:
    """Return a text that differs whenever the bytecode differs; it depends on the version of Python."""
    from mlflow2prov.capture.hashing import hash as digest

    constants = [
        _describe(constant) if isinstance(constant, types.CodeType) else constant
        for constant in code.co_consts
    ]
    return digest([code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars])
