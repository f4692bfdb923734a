"""JSON, for values that it represents exactly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MAX_JSON_DEPTH = 100
"""The depth of values up to which JSON is used."""


def is_json(value: Any) -> bool:
    """Return whether JSON represents a value exactly: its types, and all of its content."""
    level = [value]
    for _ in range(MAX_JSON_DEPTH):
        inner: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is list:
                inner += item
            elif kind is dict:
                if any(type(key) is not str for key in item):
                    return False
                inner += item.values()
            elif kind is float:
                if item != item or item in (float("inf"), float("-inf")):
                    return False
            elif kind is int:
                if item.bit_length() > 1000:
                    return False  # Python limits the digits of numbers in text
            elif item is not None and kind is not str and kind is not bool:
                return False
        if not inner:
            return True
        level = inner
    return False


def dump_json(value: Any, filename: str) -> None:
    """Write a value as JSON in ASCII."""
    Path(filename).write_text(json.dumps(value, allow_nan=False), encoding="ascii")


def load_json(filename: str) -> Any:
    """Return the value of a JSON file."""
    return json.loads(Path(filename).read_bytes())
