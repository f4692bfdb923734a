"""Signatures: which values a call gives to which parameters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

_VARIABLE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass
class FunctionInfo:
    """A function without the partial applications around it, and the arguments that these bind."""

    function: Callable[..., Any]
    module: str
    name: str
    parameters: list[inspect.Parameter]
    varargs: tuple[Any, ...] = ()
    kargs: dict[str, Any] = field(default_factory=dict)

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the function."""
        return inspect.Signature(self.parameters)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call, ``{"kargs": {name: value}, "varargs": (value, ...)}``, with defaults.

        Raises:
            TypeError: the function does not take these arguments.
        """
        bound = self.signature.bind(*self.varargs, *args, **{**self.kargs, **kwargs})
        bound.apply_defaults()
        kargs: dict[str, Any] = {}
        varargs: tuple[Any, ...] = ()
        for parameter in self.parameters:
            value = bound.arguments[parameter.name]
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                varargs = tuple(value)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                kargs |= value
            else:
                kargs[parameter.name] = value
        return {"kargs": kargs, "varargs": varargs}

    def defaults(self) -> dict[str, Any]:
        """Return the default values of the parameters."""
        empty = inspect.Parameter.empty
        return {p.name: p.default for p in self.parameters if p.default is not empty}


def function_info(function: Callable[..., Any]) -> FunctionInfo:
    """Return the function behind partial and curried functions, and the arguments that these bind."""
    varargs: tuple[Any, ...] = ()
    kargs: dict[str, Any] = {}
    while (inner := getattr(function, "func", None)) is not None and hasattr(function, "args"):
        varargs = (*function.args, *varargs)
        kargs = {**(function.keywords or {}), **kargs}  # type: ignore[attr-defined]
        function = inner
    module = getattr(function, "__module__", None) or "__main__"
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    parameters = list(inspect.signature(function).parameters.values())
    return FunctionInfo(
        function, module, name.rpartition("<locals>.")[2], parameters, varargs, kargs
    )


def with_merged_defaults(
    *names: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Merge dictionaries that are passed as arguments over the dictionaries that are the defaults.

    Args:
        *names: the parameters; all whose default is a dictionary, if none is named.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        info = function_info(function)
        merged = merged_parameters(info, list(names) or True)

        @functools.wraps(function)
        def call(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            bound = info.signature.bind(*args, **kwargs)
            merge(bound.arguments, merged)
            return function(*bound.args, **bound.kwargs)

        return call

    return decorate


def merged_parameters(
    info: FunctionInfo, choice: bool | Sequence[str] | None
) -> dict[str, dict[str, Any]]:
    """Return the default dictionaries of the parameters that are merged."""
    if not choice:
        return {}
    defaults = {name: value for name, value in info.defaults().items() if isinstance(value, dict)}
    if choice is True:
        return defaults
    return {name: defaults[name] for name in choice if name in defaults}


def merge(arguments: dict[str, Any], defaults: Mapping[str, dict[str, Any]]) -> None:
    """Merge each dictionary among the arguments over its default, in place."""
    for name, default in defaults.items():
        if isinstance(arguments.get(name), dict):
            arguments[name] = {**default, **arguments[name]}
