"""JSON as every command prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def to_json(value: Any) -> str:
    """Return ``value`` as JSON: indented by one space, non-ASCII characters as they are, a final line end."""
    import json

    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def results_to_json(results: Sequence[dict[str, Any]]) -> str:
    """Return a single result as a JSON object, and any other number of results as an array."""
    return to_json(results[0] if len(results) == 1 else results)
