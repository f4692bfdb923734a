"""Values as JSON for records: abbreviated, and without secrets.

A record can be read by all who can read the database. Its values are for searching and for display; the values
themselves are in blobs.
"""

from __future__ import annotations

import datetime
import enum
import os
import uuid
from collections.abc import Mapping
from itertools import islice
from typing import Any

from mlflow2prov.capture.proxies import artifact_of
from mlflow2prov.secrets import MASK, is_secret_name, urls_without_credentials

MAX_TEXT = 1000
"""The length of the longest text, in characters."""
MAX_MEMBERS = 50
"""The number of members of a list, a set or a dictionary."""
MAX_DEPTH = 6

_ELLIPSIS = "..."


def preview(value: Any) -> Any:
    """Return a value as JSON: text, numbers, lists and dictionaries are abbreviated, others described."""
    try:
        return _preview(value, 0)
    except Exception:  # noqa: BLE001 - methods of the value may raise anything
        return _type_name(value)


def _preview(value: Any, depth: int) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _cut(urls_without_credentials(value))
    if kind is int:
        return value if value.bit_length() <= 64 else _big_number(value)
    if kind is float:
        return value if abs(value) < float("inf") else str(value)
    if (artifact := artifact_of(value)) is not None:
        return {"id": artifact.id, "type": kind.__name__, "name": artifact.name}
    if depth >= MAX_DEPTH:
        return _ELLIPSIS
    if isinstance(value, Mapping):
        return _preview_mapping(value, depth)
    if isinstance(value, list | tuple | set | frozenset):
        members = [_preview(item, depth + 1) for item in islice(value, MAX_MEMBERS)]
        return [*members, _ELLIPSIS] if len(value) > MAX_MEMBERS else members
    return _describe(value)


def _big_number(value: int) -> str:
    # Python refuses to write numbers with more digits than sys.get_int_max_str_digits().
    return _cut(str(value)) if value.bit_length() <= 10_000 else f"{value.bit_length()} bits"


def _preview_mapping(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for key, item in value.items():
        if len(members) == MAX_MEMBERS:
            members[_ELLIPSIS] = _ELLIPSIS
            break
        name = _cut(str(key))
        members[name] = MASK if is_secret_name(name) else _preview(item, depth + 1)
    return members


def _describe(value: Any) -> Any:
    kind = type(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, enum.Enum):
        return f"{kind.__qualname__}.{value.name}"
    if isinstance(value, os.PathLike):
        return _cut(os.fspath(value) if isinstance(os.fspath(value), str) else repr(value))
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str | int | float):
        return preview(next(base(value) for base in (str, int, float) if isinstance(value, base)))
    library = kind.__module__.partition(".")[0]
    if library == "numpy" and getattr(value, "shape", None) == ():
        return preview(value.item()) if not isinstance(value.item(), kind) else str(value)
    if hasattr(value, "shape") and library in ("numpy", "pandas", "polars", "torch", "scipy"):
        return _describe_table(value)
    if callable(value) and hasattr(value, "__qualname__"):
        return f"{getattr(value, '__module__', kind.__module__)}.{value.__qualname__}"
    return _type_name(value)


def _type_name(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _describe_table(value: Any) -> dict[str, Any]:
    description: dict[str, Any] = {"type": type(value).__name__, "shape": list(value.shape)}
    if (dtype := getattr(value, "dtype", None)) is not None:
        description["dtype"] = str(dtype)
    if (columns := getattr(value, "columns", None)) is not None:
        description["columns"] = [str(name) for name in list(columns)[:MAX_MEMBERS]]
    return description


def without_secrets(value: Any) -> Any:
    """Return a value with the secrets in its texts and dictionaries masked; the value itself stays as it is."""
    kind = type(value)
    if kind is str:
        return urls_without_credentials(value)
    if kind is dict:
        return {
            key: MASK if isinstance(key, str) and is_secret_name(key) else without_secrets(item)
            for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return kind(map(without_secrets, value))
    return value


def json_able(value: Any) -> Any:
    """Return a value of which JSON represents all parts; others are described."""
    from mlflow2prov.capture.serializers import is_json

    if value is None or is_json(value):
        return without_secrets(value)
    return {str(key): preview(item) for key, item in value.items()}


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode().replace("\0", " ")
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + _ELLIPSIS
