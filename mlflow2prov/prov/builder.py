"""Building a Document from the statements that a reader finds, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlflow2prov.prov.attributes import AttributeTuple
from mlflow2prov.prov.batch import Batch
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import KIND, KINDS, ArgumentType
from mlflow2prov.prov.lexical import language, time
from mlflow2prov.prov.namespaces import Namespaces

BATCH_ROWS = 50_000
"""Statements that are collected before they are inserted."""

_TIME_PLACES = {
    kind.name: [
        place for place, argument in enumerate(kind.arguments) if argument.type is ArgumentType.TIME
    ]
    for kind in KINDS
}


class Builder:
    """Collects statements into a Document.

    Readers of files and of other libraries' objects add statements whose names use the prefixes of
    ``namespaces``.
    """

    def __init__(self, namespaces: Namespaces) -> None:
        self.document = Document(namespaces)
        self._batches: dict[str, Batch] = {}
        self._rows = 0

    def add(
        self,
        bundle: str,
        kind: str,
        id: str | None,  # noqa: A002
        arguments: Sequence[str | None],
        attributes: Iterable[AttributeTuple],
    ) -> None:
        """Add a statement.

        Args:
            bundle: the bundle that contains it, empty for the document itself.
            kind: the name of its kind.
            id: its identifier, if it has one.
            arguments: its formal arguments in PROV-DM's order; arguments at the end may be left
                out.
            attributes: its attributes in any order, with values as documents keep them
                (:func:`~mlflow2prov.prov.lexical.declared`).

        Raises:
            FormatError: a time is not an ``xsd:dateTime``.
        """
        values = [*arguments, *(None,) * (len(KIND[kind].arguments) - len(arguments))]
        for place in _TIME_PLACES[kind]:
            if (value := values[place]) is not None:
                values[place] = time(value)
        batch = self._batches.setdefault(kind, Batch(KIND[kind]))
        batch.add((bundle, id, *values), attributes)
        self._rows += 1
        if self._rows >= BATCH_ROWS:
            self._flush()

    def finish(self) -> Document:
        """Return the document with all statements.

        Raises:
            FormatError: a language tag is not valid.
        """
        self._flush()
        return self.document

    def _flush(self) -> None:
        for batch in self._batches.values():
            for tag in {tag for *_, tag in batch.attributes if tag is not None}:
                language(tag)
            self.document.tables.insert_batch(batch)
        self._batches = {}
        self._rows = 0
