"""The artifacts of results that were returned as plain values.

A plain value has no room for its artifact. It is recognized by its identity while it lives or, if it is large, by its
digest: it is unlikely that a large value of the same content has come about in another way.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any

MIN_MEMBERS = 16
"""The length from which a value is recognized by its digest."""

MAX_DIGESTS = 10_000

_identities: dict[int, tuple[weakref.ref[Any], str]] = {}
_digests: OrderedDict[str, str] = OrderedDict()


def remember(value: Any, artifact: Any) -> None:
    """Remember which artifact a plain value is."""
    try:
        key = id(value)
        reference = weakref.ref(value, lambda _: _identities.pop(key, None))
        _identities[key] = reference, artifact.id
    except TypeError:
        pass
    if _is_large(value):
        _digests[artifact.value_id] = artifact.id
        if len(_digests) > MAX_DIGESTS:
            _digests.popitem(last=False)


def find_artifact(value: Any, digest: str) -> str | None:
    """Return the identifier of the artifact that a plain value is, or None."""
    if not _digests and not _identities:
        return None
    found = _identities.get(id(value))
    if found is not None and found[0]() is value:
        return found[1]
    return _digests.get(digest) if _is_large(value) else None


def _is_large(value: Any) -> bool:
    try:
        return len(value) >= MIN_MEMBERS
    except TypeError:
        return False
