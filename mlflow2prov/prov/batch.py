"""A batch of statements of one kind: the rows that Python adds to a statement table at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import TYPE_CHECKING

import orjson

from mlflow2prov import engine
from mlflow2prov.lazy_module import LazyModule
from mlflow2prov.prov.attributes import Attribute, AttributeTuple
from mlflow2prov.prov.kinds import ArgumentType, Kind

if TYPE_CHECKING:
    import pyarrow as pa
else:
    pa = LazyModule("pyarrow")


@dataclass
class Batch:
    """Statements of one kind.

    Attributes:
        kind: the kind.
        keys: the values of :attr:`Kind.key_columns`, a tuple for each statement.
        attributes: the attributes of all statements, one statement after another.
        offsets: where the attributes of each statement begin, and where those of the last end.
    """

    kind: Kind
    keys: list[tuple[str | None, ...]] = field(default_factory=list)
    attributes: list[AttributeTuple] = field(default_factory=list)
    offsets: list[int] = field(default_factory=lambda: [0])

    def add(self, key: tuple[str | None, ...], attributes: Iterable[AttributeTuple]) -> None:
        """Add a statement."""
        self.keys.append(key)
        self.attributes.extend(attributes)
        self.offsets.append(len(self.attributes))

    def sort(self) -> None:
        """Put the statements into canonical order."""
        keys, attributes, offsets = self.keys, self.attributes, self.offsets
        self.keys, self.attributes, self.offsets = [], [], [0]
        for place in sorted(range(len(keys)), key=lambda place: _order(keys[place])):
            self.add(keys[place], attributes[offsets[place] : offsets[place + 1]])

    def has_repetitions(self) -> bool:
        """Return whether two statements may be the same, if all are in canonical order.

        Times are compared by their values, and elements by bundle and identifier alone (:mod:`mlflow2prov.prov.unify`).
        Times are the last of the arguments, so neighbours differ in another one if their times do not matter.
        """
        arguments = () if self.kind.element else self.kind.arguments
        width = 2 + sum(argument.type is not ArgumentType.TIME for argument in arguments)
        return any(key[:width] == following[:width] for key, following in pairwise(self.keys))

    def to_json(self) -> bytes:
        """Return the statements as JSON: a list of objects, whose members are :attr:`Kind.columns`.

        Raises:
            UnicodeEncodeError: a text contains a lone surrogate.
            TypeError: a value is not a text.
        """
        attributes = [
            dict(zip(Attribute._fields, attribute, strict=True)) for attribute in self.attributes
        ]
        lists = (attributes[start:end] for start, end in pairwise(self.offsets))
        for text in chain.from_iterable([*self.keys, *self.attributes]):
            if not (text is None or isinstance(text, str)):
                raise TypeError(f"{text!r:.80} is not a text")
        try:
            return orjson.dumps(
                [
                    dict(zip(self.kind.columns, (*key, values), strict=True))
                    for key, values in zip(self.keys, lists, strict=True)
                ]
            )
        except TypeError:
            for text in filter(None, chain.from_iterable([*self.keys, *self.attributes])):
                text.encode()
            raise

    def to_arrow(self) -> pa.Table:
        """Return the statements as an Arrow table with :attr:`Kind.columns`."""
        fields = zip(*self.attributes, strict=True) if self.attributes else [()] * 4
        structs = pa.StructArray.from_arrays(
            [engine.text_array(field) for field in fields], Attribute._fields
        )
        columns = {
            name: engine.text_array(values)
            for name, values in zip(
                self.kind.key_columns, zip(*self.keys, strict=True), strict=True
            )
        }
        lists = pa.ListArray.from_arrays(engine.integer_array(self.offsets, pa.int32()), structs)
        return pa.table({**columns, "attributes": lists})


def _order(key: tuple[str | None, ...]) -> list[tuple[bool, str]]:
    """Return a key by which Python orders statements as DuckDB does: null values are last."""
    return [(value is None, value or "") for value in key]
