"""Annotations: what users attach to calls and to sets of results for searching, as facts.

Records keep them as JSON, which may be of any shape and size. Secrets are masked, as in arguments.
"""

from __future__ import annotations

import json
from typing import Any

from mlflow2prov.capture.previews import preview

MAX_VALUE_LENGTH = 1000
"""Longer values of fields are cut to this many characters of JSON."""

_TAGS = "tags"


def split_tags(custom_fields: Any) -> tuple[list[str], str | None]:
    """Return the tags among the custom fields of a call, and the other fields as JSON; None if there are none."""
    fields = _preview(custom_fields)
    tags = fields.get(_TAGS)
    if isinstance(tags, str):
        tags = [tags]
    if not isinstance(tags, list):
        return [], _to_json(fields)
    fields.pop(_TAGS)
    words = (tag if isinstance(tag, str) else _encode(tag) for tag in tags)
    return list(dict.fromkeys(filter(None, words))), _to_json(fields)


def name_and_labels(labels: Any) -> tuple[str | None, str | None]:
    """Return the name among the labels of a set, and all labels as JSON; None for what is unknown."""
    fields = _preview(labels)
    name = fields.get("name")
    return name if isinstance(name, str) and name else None, _to_json(fields)


def _preview(fields: Any) -> dict[str, Any]:
    """Return a JSON object without secrets, and with few members; an empty one in place of anything else."""
    return preview(fields) if isinstance(fields, dict) else {}


def _to_json(fields: dict[str, Any]) -> str | None:
    if not fields:
        return None
    return _encode({name: _abbreviate(value) for name, value in fields.items()})


def _abbreviate(value: Any) -> Any:
    text = value if isinstance(value, str) else _encode(value)
    return value if len(text) <= MAX_VALUE_LENGTH else text[:MAX_VALUE_LENGTH]


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
