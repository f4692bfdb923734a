"""Signatures: which values a call gives to which parameters."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar, cast

from mlflow2prov.capture import code
from mlflow2prov.capture.errors import InvalidOptionError
from mlflow2prov.errors import unknown_choice

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

PLACEHOLDER: Any = getattr(functools, "Placeholder", object())
"""The position that a partial function leaves to its caller, since Python 3.14."""


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
    def place(self) -> str | None:
        """What tells the function from others with its module and name; None if there can be no others."""
        return code.place(self.function)

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the function."""
        return inspect.Signature(self.parameters)

    def bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call, ``{"kargs": {name: value}, "varargs": (value, ...)}``, with defaults.

        Raises:
            TypeError: the function does not take these arguments.
        """
        if (kargs := self._bind_by_name(args, kwargs)) is not None:
            return {"kargs": kargs, "varargs": ()}
        bound = self.bind_in_order(args, kwargs)
        bound.apply_defaults()
        kargs = {}
        varargs: tuple[Any, ...] = ()
        for parameter in self.parameters:
            value = bound.arguments[parameter.name]
            if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
                varargs = tuple(value)
            elif parameter.kind is inspect.Parameter.VAR_KEYWORD:
                # A keyword may have the name of a positional-only parameter.
                kargs |= {f"**{name}" if name in kargs else name: value[name] for name in value}
            else:
                kargs[parameter.name] = value
        return {"kargs": kargs, "varargs": varargs}

    def _bind_by_name(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Return the arguments of a call by name, with defaults; None if this takes Python's own rules.

        :mod:`inspect` takes ten times as long.
        """
        names = self._names
        if names is None or len(args) > len(names):
            return None
        kargs = dict(zip(names, args, strict=False))
        if kwargs.keys() & kargs.keys() or not kwargs.keys() <= set(names):
            return None
        for name in names[len(args) :]:
            if name in kwargs:
                kargs[name] = kwargs[name]
            elif name in self._defaults:
                kargs[name] = self._defaults[name]
            else:
                return None
        return kargs

    @functools.cached_property
    def _names(self) -> tuple[str, ...] | None:
        """The names of the parameters, if each may be passed by position and by name, and nothing is bound."""
        kinds = {parameter.kind for parameter in self.parameters}
        if self.varargs or self.kargs or kinds - {inspect.Parameter.POSITIONAL_OR_KEYWORD}:
            return None
        return tuple(parameter.name for parameter in self.parameters)

    @functools.cached_property
    def _defaults(self) -> dict[str, Any]:
        return self.defaults()

    def bind_in_order(
        self, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> inspect.BoundArguments:
        """Return the arguments of a call as Python binds them.

        Raises:
            TypeError: the function does not take these arguments.
        """
        remaining = list(args)
        filled = [
            remaining.pop(0) if value is PLACEHOLDER and remaining else value
            for value in self.varargs
        ]
        return self.signature.bind(*filled, *remaining, **{**self.kargs, **kwargs})

    def check_names(self, **names: Iterable[str]) -> None:
        """Check that options name parameters of the function.

        Raises:
            InvalidOptionError: there is no such parameter.
        """
        if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in self.parameters):
            return
        known = [parameter.name for parameter in self.parameters]
        for option, chosen in names.items():
            for name in chosen:
                if name not in known:
                    raise InvalidOptionError(
                        f"{option}: {unknown_choice('parameter', name, known)}"
                    )

    def defaults(self) -> dict[str, Any]:
        """Return the default values of the parameters."""
        empty = inspect.Parameter.empty
        return {p.name: p.default for p in self.parameters if p.default is not empty}


def function_info(function: Callable[..., Any]) -> FunctionInfo:
    """Return the function behind partial and curried functions, bound methods and objects that can be called.

    The arguments that these bind, and the object, are arguments of it.
    """
    varargs: tuple[Any, ...] = ()
    kargs: dict[str, Any] = {}
    name = None
    while True:
        if hasattr(function, "func") and hasattr(function, "args"):
            varargs = (*function.args, *varargs)
            kargs = {**(function.keywords or {}), **kargs}  # type: ignore[attr-defined]
            function = function.func
        elif isinstance(function, types.MethodType):
            varargs = (function.__self__, *varargs)
            function = function.__func__
        elif (method := _call_method(function)) is not None:
            varargs = (function, *varargs)
            name = type(function).__qualname__
            function = method
        else:
            break
    module = getattr(function, "__module__", None) or "__main__"
    if module in code.MAIN_MODULES:
        module = "__main__"
    name = name or getattr(function, "__qualname__", None) or type(function).__qualname__
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:  # a function in C
        parameters = list(inspect.signature(_any_arguments).parameters.values())
    return FunctionInfo(
        function, module, name.rpartition("<locals>.")[2], parameters, varargs, kargs
    )


def _call_method(function: Any) -> types.FunctionType | None:
    """Return the method that calls an object, if it is written in Python."""
    if isinstance(function, type):
        return None
    method = inspect.getattr_static(type(function), "__call__", None)
    return method if isinstance(method, types.FunctionType) else None


def _any_arguments(*args: Any, **kwargs: Any) -> None:
    """The signature of functions that have none."""


def wrap(function: Callable[Parameters, Result], call: Callable[..., Any]) -> Any:
    """Return ``call`` with the names and the signature of ``function``; for a coroutine function, as one."""
    if not inspect.iscoroutinefunction(function):
        return functools.wraps(function)(call)

    async def awaited(*args: Any, **kwargs: Any) -> Any:
        return await call(*args, **kwargs)

    return functools.wraps(function)(awaited)


def with_merged_defaults(
    *names: str,
) -> Callable[[Callable[Parameters, Result]], Callable[Parameters, Result]]:
    """Merge dictionaries that are passed as arguments over the dictionaries that are the defaults.

    Args:
        *names: the parameters; all whose default is a dictionary, if none is named.
    """

    def decorate(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        info = function_info(function)
        info.check_names(with_merged_defaults=names)
        merged = merged_parameters(info, list(names) or True)

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = info.bind_in_order(args, kwargs)
            merge(bound.arguments, merged)
            return info.function(*bound.args, **bound.kwargs)

        return cast("Callable[Parameters, Result]", wrap(function, call))

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
