"""Items: the elements and values that results of an audit consist of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Item:
    """An element of a document, or a value, in a result of an audit.

    Attributes:
        label: the text that a person reads: a name, a path, a hash or a time.
        identifier: the identifier of the element in the document. None for values such as times, and for a commit of
            which the document contains only the hash.
        about: attributes of the element by their keys in the vocabulary (``uri``, ``digest``, ``status``, ...), and
            in some results ``aliases``, ``deleted_at`` and ``inferred``, the method of an inference; ``missing`` is the
            identifier of an element that the document refers to without describing it. Unknown attributes are left
            out.
    """

    label: str
    identifier: str | None = None
    about: dict[str, str] = field(default_factory=dict)

    @property
    def is_inferred(self) -> bool:
        """Whether the element is only probable as an answer."""
        return "inferred" in self.about

    def to_dict(self) -> dict[str, Any]:
        """Return the item as JSON values: ``label``, ``identifier`` and, unless it is empty, ``about``."""
        about = {"about": self.about} if self.about else {}
        return {"label": self.label, "identifier": self.identifier, **about}


def non_empty(attributes: Mapping[str, str | None]) -> dict[str, str]:
    """Return ``attributes`` without those that are None or empty."""
    return {key: value for key, value in attributes.items() if value}
