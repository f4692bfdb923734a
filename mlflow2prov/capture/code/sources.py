"""The source of a function as its identity.

A source is compared as its syntax tree, written out without comments, docstrings and decorators, so that neither
a comment nor a changed option of a decorator counts as a change. The file on disk may have changed since it was
imported: its compiled form is compared with the code that runs, and if they differ, the bytecode is the identity. The
same holds for functions without a file, such as those of an interactive session.
"""

from __future__ import annotations

import ast
import copy
import linecache
import time
import types
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from mlflow2prov.capture.code.names import cell_content, is_user_code, nested_code, plain_function

_FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_MAX_ATTEMPTS = 100


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
    variables = [cell_content(cell) for cell in function.__closure__ or ()]
    defaults = [function.__defaults__, function.__kwdefaults__]
    return ["" if is_local else name, source_of(function.__code__), *defaults, variables]


def source_digest(function: Callable[..., Any]) -> str:
    """Return the digest of a function's source, as ``sha256:<hex>``."""
    from mlflow2prov.capture.hashing import hash as digest

    function = plain_function(function)
    code = getattr(function, "__code__", None)
    if code is None:
        return digest(getattr(function, "__qualname__", type(function).__qualname__))
    return digest_of_code(code)


@lru_cache(maxsize=4096)
def digest_of_code(code: types.CodeType) -> str:
    """Return the digest of the source of a code object."""
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


class _Module:
    """The syntax tree of a file, and the code that it compiles to."""

    def __init__(self, source: str, filename: str) -> None:
        self.tree = ast.parse(source)
        self.code = {
            (code.co_qualname, code.co_firstlineno, code.co_code)
            for code in nested_code(compile(source, filename, "exec", dont_inherit=True))
        }
        self.functions = [node for node in ast.walk(self.tree) if isinstance(node, _FunctionNode)]


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
