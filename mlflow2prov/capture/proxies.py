"""Proxies: values that carry the artifact they belong to.

A proxy behaves as its value in nearly every respect. ``isinstance`` sees the class of the value; ``type`` sees the
proxy. Functions in C that check the exact type of their arguments, such as ``json.dumps``, need the value itself:
``result.artifact.value``.
"""

from __future__ import annotations

import copy
import operator
import os
from collections.abc import Callable
from typing import Any

_OWN = ("_mlflow2prov_value", "_mlflow2prov_artifact")


class ArtifactProxy:
    """A value with the property ``artifact``.

    Args:
        value: the value.
        artifact: its artifact.
    """

    __slots__ = _OWN

    def __init__(self, value: Any, artifact: Any) -> None:
        object.__setattr__(self, "_mlflow2prov_value", value)
        object.__setattr__(self, "_mlflow2prov_artifact", artifact)

    @property
    def artifact(self) -> Any:
        """The artifact."""
        return self._mlflow2prov_artifact

    @property
    def __wrapped__(self) -> Any:
        return self._mlflow2prov_value

    def transform_value(self, function: Callable[[Any], Any]) -> Any:
        """Return a proxy of ``function(self)`` that has this artifact, such as the content of an archived file."""
        return artifact_proxy(function(self), self.artifact)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(self._mlflow2prov_value)

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]
        doc: str | None = self._mlflow2prov_value.__doc__
        return doc

    @property
    def __module__(self) -> str:  # type: ignore[override]
        return str(self._mlflow2prov_value.__module__)

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
        attributes: dict[str, Any] = self._mlflow2prov_value.__dict__
        return attributes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mlflow2prov_value, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._mlflow2prov_value, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._mlflow2prov_value, name)

    def __dir__(self) -> list[str]:
        return [*dir(self._mlflow2prov_value), "artifact", "transform_value"]

    def __repr__(self) -> str:
        return f"<provenance.ArtifactProxy({self.artifact.id}) {self._mlflow2prov_value!r} >"

    def __copy__(self) -> Any:
        return type(self)(copy.copy(self._mlflow2prov_value), self.artifact)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return type(self)(copy.deepcopy(self._mlflow2prov_value, memo), self.artifact)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return self.artifact.reduce_proxy(self._mlflow2prov_value)

    def __format__(self, specification: str) -> str:
        return format(self._mlflow2prov_value, specification)

    def __hash__(self) -> int:
        return hash(self._mlflow2prov_value)

    def __round__(self, *digits: Any) -> Any:
        return round(self._mlflow2prov_value, *digits)

    def __enter__(self) -> Any:
        return self._mlflow2prov_value.__enter__()

    def __exit__(self, *details: Any) -> Any:
        return self._mlflow2prov_value.__exit__(*details)

    def __instancecheck__(self, instance: Any) -> bool:
        return isinstance(instance, self._mlflow2prov_value)

    def __array__(self, *arguments: Any, **options: Any) -> Any:
        import numpy as np

        return np.asarray(self._mlflow2prov_value, *arguments, **options)


class CallableArtifactProxy(ArtifactProxy):
    """A proxy of a value that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the value."""
        return self._mlflow2prov_value(*args, **kwargs)


def _plain(value: Any) -> Any:
    return value._mlflow2prov_value if is_proxy(value) else value


def is_proxy(value: Any) -> bool:
    """Return whether a value is a proxy of either kind."""
    kind = type(value)
    return kind is ArtifactProxy or kind is CallableArtifactProxy


def _forward(name: str, function: Callable[..., Any]) -> None:
    """Define a method that calls ``function`` with the value in place of the proxy."""

    def method(self: Any, *arguments: Any) -> Any:
        return function(self._mlflow2prov_value, *arguments)

    method.__name__ = name
    setattr(ArtifactProxy, name, method)


def _forward_binary(name: str, function: Callable[[Any, Any], Any]) -> None:
    """Define a binary operator and its reflection."""

    def method(self: Any, other: Any) -> Any:
        return function(self._mlflow2prov_value, _plain(other))

    def reflected(self: Any, other: Any) -> Any:
        return function(_plain(other), self._mlflow2prov_value)

    setattr(ArtifactProxy, f"__{name}__", method)
    setattr(ArtifactProxy, f"__r{name}__", reflected)


def _forward_in_place(name: str, function: Callable[[Any, Any], Any]) -> None:
    """Define an augmented assignment, which returns the proxy if it changed the value itself."""

    def method(self: Any, other: Any) -> Any:
        result = function(self._mlflow2prov_value, _plain(other))
        return self if result is self._mlflow2prov_value else result

    setattr(ArtifactProxy, f"__i{name}__", method)


for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    _comparison = getattr(operator, _name)
    _forward(f"__{_name}__", lambda a, b, f=_comparison: f(a, _plain(b)))
for _name in (
    "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "pow", "lshift", "rshift", "and", "or", "xor",
):  # fmt: skip
    _operator = getattr(operator, f"{_name}_" if _name in ("and", "or") else _name)
    _forward_binary(_name, _operator)
    _forward_in_place(_name, getattr(operator, f"i{_name}"))
_forward_binary("divmod", divmod)
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "neg": operator.neg, "pos": operator.pos, "abs": abs, "invert": operator.invert, "bool": bool, "int": int,
    "float": float, "complex": complex, "index": operator.index, "len": len, "iter": iter, "next": next,
    "reversed": reversed, "str": str, "bytes": bytes, "length_hint": operator.length_hint,
    "getitem": operator.getitem, "setitem": operator.setitem, "delitem": operator.delitem,
    "contains": operator.contains, "fspath": os.fspath,
}  # fmt: skip
for _name, _function in _FUNCTIONS.items():
    _forward(f"__{_name}__", _function)
for _name in ("trunc", "floor", "ceil", "await", "aiter", "anext", "aenter", "aexit"):
    _forward(
        f"__{_name}__", lambda value, *args, n=f"__{_name}__": getattr(type(value), n)(value, *args)
    )


def artifact_proxy(value: Any, artifact: Any) -> Any:
    """Return a proxy of a value, callable if the value is."""
    return (CallableArtifactProxy if callable(value) else ArtifactProxy)(value, artifact)


def artifact_of(value: Any) -> Any:
    """Return the artifact that a value is, or is a proxy of; of others, None."""
    if is_proxy(value):
        return value.artifact
    return value if type(value) in ARTIFACT_TYPES else None


ARTIFACT_TYPES: set[type] = set()
"""The class of artifacts, once its module is imported: this function is called for every part of a value."""
