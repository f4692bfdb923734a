"""How values of each type are expanded for the walk: Python's own types here, arrays and tables in ``arrays``.

The expander of a type is looked up once: by the exact type or, for libraries that may not be imported, by the name of
the type or of one of its bases.
"""

from __future__ import annotations

import copyreg
import datetime
import decimal
import enum
import functools
import pathlib
import re
import types
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from mlflow2prov.capture.errors import UnhashableError
from mlflow2prov.capture.hashing.walk import LEAVES, Alias, Expander, Node, in_order

ALIASES: set[type] = set()
"""The types of proxies and artifacts, which :mod:`mlflow2prov.capture.proxies` adds."""

_EXPANDERS: dict[type, Expander] = {}
_cache: dict[type, Expander] = {}

_ARRAYS = "mlflow2prov.capture.hashing.arrays"
_MODULES = {
    "numpy": _ARRAYS,
    "pandas": _ARRAYS,
    "scipy": _ARRAYS,
    "torch": _ARRAYS,
    "polars": "mlflow2prov.capture.hashing.arrow",
    "pyarrow": "mlflow2prov.capture.hashing.arrow",
}
"""The modules with the expanders of each library, by the first part of the names of its types."""


class ValueRepr:
    """A generic function that returns the value of an object, by its class.

    ``@value_repr.register(Model)`` declares a function of one argument. Its result is hashed in place of the object,
    together with the name of the class. A method ``value_repr`` of a class does the same.
    """

    def __init__(self) -> None:
        self._functions = functools.singledispatch(_no_value)

    def __call__(self, value: Any) -> Any:
        """Return the value of ``value``, which is the object itself if its class declares nothing."""
        function = self.dispatch(type(value))
        return function(value) if function is not None else value

    def register(self, cls: Any, function: Callable[[Any], Any] | None = None) -> Any:
        """Register a function for a class, directly or as a decorator."""
        _cache.clear()
        return self._functions.register(cls, function)

    def dispatch(self, cls: type) -> Callable[[Any], Any] | None:
        """Return the function for a class, or None if nothing is declared for it."""
        function = self._functions.dispatch(cls)
        if function is not _no_value:
            return function
        return getattr(cls, "value_repr", None)


def _no_value(value: Any) -> Any:
    return value


value_repr = ValueRepr()
"""The registry of functions that declare the values of classes."""


def register(*classes: type) -> Callable[[Expander], Expander]:
    """Register the expander of types, exactly."""

    def decorate(expander: Expander) -> Expander:
        for cls in classes:
            _EXPANDERS[cls] = expander
            _cache.pop(cls, None)
        return expander

    return decorate


def expander_for(cls: type) -> Expander:
    """Return the function that expands the values of a class."""
    try:
        return _cache[cls]
    except KeyError:
        expander = _cache[cls] = _find_expander(cls)
        return expander


def _find_expander(cls: type) -> Expander:
    if cls in _EXPANDERS:
        return _EXPANDERS[cls]
    if value_repr.dispatch(cls) is not None:
        return _expand_declared
    for base in cls.__mro__[:-1]:
        module = _MODULES.get(base.__module__.partition(".")[0])
        if module and (expander := import_module(module).expander_for(base)):
            return expander  # type: ignore[no-any-return]
    if issubclass(cls, enum.Enum):
        return _expand_enum
    if issubclass(cls, pathlib.PurePath):
        return _expand_path
    if issubclass(cls, datetime.tzinfo):
        return _expand_time_zone
    if issubclass(cls, type):
        return _expand_global
    return _expand_object


def type_name(cls: type) -> str:
    """Return the name of a class with its module."""
    return f"{cls.__module__}:{cls.__qualname__}"


def _expand_declared(value: Any) -> Node:
    return Node(b"declared", [type_name(type(value)), value_repr(value)])


@register(list)
def _expand_list(value: list[Any]) -> Node:
    return Node(b"list", value)


@register(tuple)
def _expand_tuple(value: tuple[Any, ...]) -> Node:
    return Node(b"tuple", value)


@register(dict)
def _expand_dict(value: dict[Any, Any]) -> Node:
    types = {*map(type, value)}
    if types <= LEAVES:
        keys = in_order(value, types)
        return Node(b"dict", [*keys, *map(value.__getitem__, keys)])
    return Node(b"items", [part for item in value.items() for part in item], group=2)


@register(types.MappingProxyType)
def _expand_mapping_proxy(value: Mapping[Any, Any]) -> Node:
    return Node(b"mappingproxy", [dict(value)])


@register(set)
def _expand_set(value: set[Any]) -> Node:
    return Node(b"set", list(value), group=1)


@register(frozenset)
def _expand_frozenset(value: frozenset[Any]) -> Node:
    return Node(b"frozenset", list(value), group=1)


@register(bytearray)
def _expand_bytearray(value: bytearray) -> Node:
    return Node(b"bytearray", [bytes(value)])


@register(memoryview)
def _expand_memoryview(value: memoryview) -> Node:
    return Node(b"memoryview", [value.format, value.shape, value.tobytes()])


@register(range)
def _expand_range(value: range) -> Node:
    return Node(b"range", [value.start, value.stop, value.step])


@register(slice)
def _expand_slice(value: slice) -> Node:
    return Node(b"slice", [value.start, value.stop, value.step])


@register(type(Ellipsis), type(NotImplemented))
def _expand_singleton(value: Any) -> Node:
    return Node(b"singleton", [repr(value)])


@register(datetime.datetime)
def _expand_datetime(value: datetime.datetime) -> Node:
    return Node(b"datetime", [value.replace(tzinfo=None).isoformat(), value.fold, value.tzinfo])


@register(datetime.time)
def _expand_time(value: datetime.time) -> Node:
    return Node(b"time", [value.replace(tzinfo=None).isoformat(), value.fold, value.tzinfo])


@register(datetime.date)
def _expand_date(value: datetime.date) -> Node:
    return Node(b"date", [value.isoformat()])


@register(datetime.timedelta)
def _expand_timedelta(value: datetime.timedelta) -> Node:
    return Node(b"timedelta", [value.days, value.seconds, value.microseconds])


@register(datetime.timezone)
def _expand_timezone(value: datetime.timezone) -> Node:
    return Node(b"timezone", [value.utcoffset(None), value.tzname(None)])


def _expand_time_zone(value: datetime.tzinfo) -> Node:
    key = getattr(value, "key", None) or getattr(value, "zone", None)
    if isinstance(key, str):
        return Node(b"tzinfo", [type_name(type(value)), key])
    return _expand_object(value)


@register(decimal.Decimal)
def _expand_decimal(value: decimal.Decimal) -> Node:
    return Node(b"decimal", [str(value)])


@register(uuid.UUID)
def _expand_uuid(value: uuid.UUID) -> Node:
    return Node(b"uuid", [value.hex])


@register(re.Pattern)
def _expand_pattern(value: re.Pattern[Any]) -> Node:
    return Node(b"pattern", [value.pattern, value.flags])


def _expand_enum(value: enum.Enum) -> Node:
    # A combination of flags has no name.
    return Node(b"enum", [type_name(type(value)), value.name or value.value])


def _expand_path(value: pathlib.PurePath) -> Node:
    # The class tells whether a path is one of this system: both spell it alike.
    kind = "Path" if isinstance(value, pathlib.Path) else type(value).__name__
    return Node(b"path", [kind, value.as_posix()])


@register(types.ModuleType)
def _expand_module(value: types.ModuleType) -> Node:
    return Node(b"module", [value.__name__])


@register(type, types.BuiltinFunctionType)
def _expand_global(value: Any) -> Node:
    owner = getattr(value, "__self__", None)
    if owner is not None and not isinstance(owner, types.ModuleType):
        return Node(b"method", [value.__name__, owner])
    return Node(b"global", [f"{value.__module__}:{value.__qualname__}"])


@register(types.FunctionType)
def _expand_function(value: types.FunctionType) -> Node:
    from mlflow2prov.capture.code import function_identity

    return Node(b"function", function_identity(value))


@register(types.MethodType)
def _expand_method(value: types.MethodType) -> Node:
    return Node(b"method", [value.__func__, value.__self__])


@register(functools.partial)
def _expand_partial(value: functools.partial[Any]) -> Node:
    return Node(b"partial", [value.func, value.args, value.keywords])


@register(types.CodeType)
def _expand_code(value: types.CodeType) -> Node:
    constants = [const for const in value.co_consts if not isinstance(const, types.CodeType)]
    inner = [const for const in value.co_consts if isinstance(const, types.CodeType)]
    return Node(b"code", [value.co_code, constants, inner, value.co_names, value.co_varnames])


def _expand_object(value: Any) -> Node:
    """Expand an object as pickle does: by the function and the state that restore it (PEP 307)."""
    cls = type(value)
    if cls.__module__ in ("builtins", "itertools") and issubclass(cls, Iterator):
        raise UnhashableError(
            f"{cls.__module__}.{cls.__qualname__}: has no value that can be hashed (its items can be "
            "taken only once); use a list, or register the type with value_repr"
        )
    try:
        reduce = copyreg.dispatch_table.get(cls)
        reduced = reduce(value) if reduce else value.__reduce_ex__(4)
    except Exception as error:
        raise UnhashableError(
            f"{cls.__module__}.{cls.__qualname__}: has no value that can be hashed ({error}); "
            "register the type with value_repr"
        ) from error
    if isinstance(reduced, str):
        return Node(b"global", [f"{cls.__module__}:{reduced}"])
    function, arguments, state, members, items = (*reduced, None, None, None)[:5]
    if getattr(function, "__name__", "") in ("__newobj__", "_reconstructor"):
        function, arguments = arguments[0], arguments[1:]
    content = None if items is None else list(items)
    if content is not None and not isinstance(value, OrderedDict):
        content = dict(content)  # type: ignore[assignment]
    return Node(
        b"object",
        [
            _global_name(function),
            arguments,
            state,
            None if members is None else list(members),
            content,
        ],
    )


def _global_name(function: Any) -> str:
    module = getattr(function, "__module__", "")
    return f"{module}:{getattr(function, '__qualname__', type(function).__qualname__)}"


def alias(cls: type, expander: Callable[[Any], Node | Alias]) -> None:
    """Declare that the values of a class have the value of another object, or are to be noted by the walk."""
    ALIASES.add(cls)
    _EXPANDERS[cls] = expander
    _cache.pop(cls, None)
