"""Items: the elements and values that results of an audit consist of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload


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


class Items(Sequence[Item]):
    """The items of an answer, each created when it is used: the calls of a run may have many thousand arguments.

    It is equal to a tuple of the same items.

    Args:
        keys: the keys of ``about``.
        rows: for each item its label, its identifier and the values of the keys.
    """

    def __init__(self, keys: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        self._keys, self._rows = keys, rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, position: int) -> Item: ...

    @overload
    def __getitem__(self, position: slice) -> tuple[Item, ...]: ...

    def __getitem__(self, position: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(position, slice):
            return tuple(map(self._item, self._rows[position]))
        return self._item(self._rows[position])

    def __iter__(self) -> Iterator[Item]:
        return map(self._item, self._rows)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | Items) and tuple(self) == tuple(other)

    def __repr__(self) -> str:
        return repr(tuple(self))

    def values(self, *keys: str) -> Iterator[tuple[str, ...]]:
        """Yield the values that :func:`item_values` yields, without creating items."""
        positions = [2 + self._keys.index(key) for key in keys]
        for row in self._rows:
            yield row[0], *[row[position] or "" for position in positions]

    def _item(self, row: tuple[Any, ...]) -> Item:
        return Item(row[0], row[1], non_empty(dict(zip(self._keys, row[2:], strict=True))))


def item_values(items: Sequence[Item], *keys: str) -> Iterator[tuple[str, ...]]:
    """Yield the label of each item and the values of keys in its ``about``, empty without a value."""
    if isinstance(items, Items):
        yield from items.values(*keys)
        return
    for item in items:
        yield item.label, *[item.about.get(key, "") for key in keys]
