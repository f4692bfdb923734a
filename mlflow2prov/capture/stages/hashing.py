"""The identity of parameter sets: a digest over their fields, by name and value.

Fields that are None do not count, so that a new parameter with this default leaves the digests of old sets as they are.
``hash_representations`` decides for single fields: None leaves a field out, and a function of the set and the value
returns what is hashed in its place.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from mlflow2prov.capture.hashing import hash as digest
from mlflow2prov.capture.previews import preview

IGNORED = frozenset(("name", "hash", "overwrite", "hash_representations"))
"""The fields of a parameter set that never count."""

SKIPPED = "SKIPPED"
"""How the explanation of a field begins that does not count."""

Representations = Mapping[str, Callable[[Any, Any], Any] | None]
"""For the names of fields: a function of the parameter set and the value, or None to leave the field out."""


def set_hash_functions(representations: Representations | None = None, **fields: Any) -> Any:
    """Return a field of a parameter set: ``hash_representations: dict = set_hash_functions(path=None)``.

    Args:
        representations: for the names of fields, a function of the parameter set and the value, which returns what
            is hashed, or None to leave the field out.
        **fields: the same, by keyword.
    """
    return dataclasses.field(default_factory=lambda: {**(representations or {}), **fields})


def params_hash(params: Any, dry: bool = False) -> Any:
    """Return the digest of a parameter set, as 64 hexadecimal digits of SHA-256.

    Args:
        params: a dataclass.
        dry: return instead, by field, how it counts and the value that is hashed.
    """
    if dry:
        return {name: (how, shown) for name, how, shown in _explain(params)}
    return digest(_identity(params)).removeprefix("sha256:")


def combination_hash(params: Any, others: Iterable[str]) -> str:
    """Return the digest of an aggregate: of its parameter set and, in any order, of the records that it aggregates.

    Args:
        params: the parameter set of the aggregating record, or None.
        others: the digests of the other records.
    """
    own = None if params is None else params_hash(params)
    return digest(["aggregate", own, sorted(others)]).removeprefix("sha256:")


def parameter_registry(params: Any) -> dict[str, Any]:
    """Return the entry of a parameter set in the registry: as text, the fields that count, and the others."""
    counted: dict[str, Any] = {}
    ignored: dict[str, Any] = {}
    for name, how, shown in _explain(params):
        value = getattr(params, name)
        entry = parameter_registry(value) if _is_dataclass(value) else shown
        (ignored if how.startswith(SKIPPED) else counted)[name] = entry
    return {
        "name": getattr(params, "name", type(params).__name__),
        **counted,
        "IGNORED_PARAMS": ignored,
    }


def _identity(params: Any) -> dict[str, Any]:
    """Return the fields that count, those of nested dataclasses likewise."""
    representations = getattr(params, "hash_representations", None) or {}
    counted: dict[str, Any] = {}
    for name, value in _fields(params):
        if name in representations:
            function = representations[name]
            if function is not None:
                counted[name] = function(params, value)
        elif value is not None:
            counted[name] = _value(value)
    return counted


def _value(value: Any) -> Any:
    if _is_dataclass(value):
        return [type(value).__qualname__, _identity(value)]
    return value


def _is_dataclass(value: Any) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type)


def _explain(params: Any) -> Iterator[tuple[str, str, Any]]:
    representations = getattr(params, "hash_representations", None) or {}
    for field in dataclasses.fields(params):
        name, value = field.name, getattr(params, field.name)
        if name in IGNORED:
            yield name, f"{SKIPPED}: blacklist", None
        elif name in representations:
            function = representations[name]
            if function is None:
                yield name, f"{SKIPPED}: set to None in hash_representations", _shown(value)
            else:
                how = f"hash_representations['{name}'](self, {name})"
                yield name, how, str(function(params, value))
        elif value is None:
            yield name, f"{SKIPPED}: value is None", None
        elif _is_dataclass(value):
            yield name, "params_hash", params_hash(value, dry=True)
        else:
            yield name, f"hash({name})", _shown(value)


def _shown(value: Any) -> str:
    shown = preview(value)
    return shown if isinstance(shown, str) else repr(shown)


def _fields(params: Any) -> Iterator[tuple[str, Any]]:
    for field in dataclasses.fields(params):
        if field.name not in IGNORED:
            yield field.name, getattr(params, field.name)
