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
from mlflow2prov.capture.redaction import is_secret, redact_text, remember_secret, without_secrets
from mlflow2prov.secrets import MASK

MAX_TEXT = 1000
"""The length of the longest text, in characters."""
MAX_MEMBERS = 50
"""The number of members of a list, a set or a dictionary."""
MAX_DEPTH = 6
MAX_INT = 1 << 63
"""The bound of numbers that are not walked; those beyond may be too long for JSON."""

_ELLIPSIS = "..."


def preview(value: Any) -> Any:
    """Return a value as JSON: text, numbers, lists and dictionaries are abbreviated, others described."""
    return preview_and_secrecy(value)[0]


def preview_and_secrecy(value: Any) -> tuple[Any, bool]:
    """Return a value as JSON, and whether secrets in it were masked."""
    if value is None or type(value) is bool or (type(value) is int and -MAX_INT < value < MAX_INT):
        return value, False
    walk = _Walk()
    try:
        return walk.preview(value, 0), walk.has_secrets
    except Exception:  # noqa: BLE001 - methods of the value may raise anything
        return _type_name(value), walk.has_secrets


class _Walk:
    """The preview of one value."""

    def __init__(self) -> None:
        self.has_secrets = False

    def preview(self, value: Any, depth: int) -> Any:
        """Return a part of the value at a depth."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self._text(value)
        if kind is int:
            return value if value.bit_length() <= 64 else _big_number(value)
        if kind is float:
            return value if abs(value) < float("inf") else str(value)
        if (artifact := artifact_of(value)) is not None:
            return {"id": artifact.id, "type": kind.__name__, "name": artifact.name}
        if depth >= MAX_DEPTH:
            return _ELLIPSIS
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return list(self._mapping(dict(zip(value._fields, value, strict=True)), depth).values())
        if isinstance(value, list | tuple | set | frozenset):
            members = [self.preview(item, depth + 1) for item in islice(value, MAX_MEMBERS)]
            return [*members, _ELLIPSIS] if len(value) > MAX_MEMBERS else members
        if isinstance(value, str) and not isinstance(value, enum.Enum):
            return self._text(str.__str__(value))
        description = _describe(value)
        return self._text(description) if type(description) is str else description

    def _text(self, text: str) -> str:
        # Only the beginning is shown; a secret that is masked in it may be longer.
        head = text[: 4 * MAX_TEXT]
        redacted = redact_text(head)
        self.has_secrets |= redacted != head
        return _cut(redacted if len(head) == len(text) else redacted[:MAX_TEXT] + _ELLIPSIS)

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        members: dict[str, Any] = {}
        for key, item in value.items():
            if len(members) == MAX_MEMBERS:
                members[_ELLIPSIS] = _ELLIPSIS
                break
            name = _cut(str(key))
            if is_secret(name, item):
                self.has_secrets = True
                remember_secret(item)
                members[name] = MASK
            else:
                members[name] = self.preview(item, depth + 1)
        return members


def _big_number(value: int) -> str:
    # Python refuses to write numbers with more digits than sys.get_int_max_str_digits().
    return _cut(str(value)) if value.bit_length() <= 10_000 else f"{value.bit_length()} bits"


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
    if isinstance(value, int | float):
        return preview(int(value) if isinstance(value, int) else float(value))
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


def json_able(value: Any) -> Any:
    """Return a value of which JSON represents all parts; others are described."""
    if value is None or value == {}:
        return value
    from mlflow2prov.capture.serializers import is_json

    if is_json(value):
        return without_secrets(value)
    return {
        str(key): MASK if is_secret(str(key), item) else preview(item)
        for key, item in value.items()
    }


def _cut(text: str) -> str:
    text = text.encode("utf-8", "replace").decode().replace("\0", " ")
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + _ELLIPSIS
