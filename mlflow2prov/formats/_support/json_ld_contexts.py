"""The contexts of JSON-LD files (JSON-LD 1.1, section 3.1), without a network.

A context is given in the file, or by its address. No address is opened: the context of PROV-JSONLD is known by all
addresses that it has had, and any other address is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlflow2prov.errors import FormatError

_PROV_JSONLD = re.compile(
    r"https?://(?:www\.)?openprovenance\.org/"
    r"(?:prov\.jsonld|prov-jsonld\.json(?:ld)?|prov-jsonld/context(?:-[0-9-]+)?\.json(?:ld)?)"
    r"|https?://www\.w3\.org/submissions/(?:2024/SUBM-)?prov-jsonld(?:-20240825)?/context\.json(?:ld)?"
)
"""The addresses of PROV-JSONLD's context: the submission's, and those that ProvToolbox wrote before and after it."""

_NAMESPACE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.*[/#:?=_-]|urn:.*", re.S)
_MAX_DEPTH = 200


def is_prov_jsonld(address: str) -> bool:
    """Return whether an address is one of PROV-JSONLD's context."""
    return bool(_PROV_JSONLD.fullmatch(address))


def unknown_context(address: str) -> str:
    """Return the message on a context that only its address names."""
    return f"the context {address[:100]} is not fetched; copy its content into the file"


def with_known_contexts(data: Any) -> Any:
    """Return JSON-LD with the content of contexts in place of their addresses.

    Raises:
        FormatError: the address of a context is not known, or the file is nested too deeply.
    """
    return _map_contexts(data, 0)


def _map_contexts(data: Any, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        raise FormatError(f"nested more than {_MAX_DEPTH} times")
    if isinstance(data, list):
        return [_map_contexts(item, depth + 1) for item in data]
    if not isinstance(data, dict):
        return data
    if "@import" in data:
        raise FormatError("a context that imports another; copy that into the file")
    return {
        key: _context(value, depth + 1) if key == "@context" else _map_contexts(value, depth + 1)
        for key, value in data.items()
    }


def _context(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_context(item, depth) for item in value]
    if not isinstance(value, str):
        return _map_contexts(value, depth)
    if is_prov_jsonld(value):
        from prov.serializers.provjsonld import load_vendored_context

        return load_vendored_context()
    raise FormatError(unknown_context(value))


def prefixes(data: Any) -> dict[str, str]:
    """Return the prefixes that the contexts of a file declare, ``""`` for ``@vocab``. The first of a name counts."""
    declared: dict[str, str] = {}
    for context in _contexts(data):
        for key, value in context.items():
            iri = value.get("@id") if isinstance(value, dict) and value.get("@prefix") else value
            if (
                isinstance(iri, str)
                and _NAMESPACE.fullmatch(iri)
                and iri.partition(":")[0] not in context
            ):
                if key == "@vocab":
                    declared.setdefault("", iri)
                elif not key.startswith("@"):
                    declared.setdefault(key, iri)
    return declared


def _contexts(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the contexts in a file that are objects, but not the definitions of terms in them."""
    stack = [data]
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            stack += reversed(item)
        elif isinstance(item, dict):
            context = item.get("@context")
            for part in context if isinstance(context, list) else [context]:
                if isinstance(part, dict):
                    yield part
            stack += [value for key, value in reversed(item.items()) if key != "@context"]
