"""What two programs keep of a document: what they do not is taken away before documents are compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from mlflow2prov.prov import KIND, Document, Statement
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_DATETIME, Attribute
from mlflow2prov.prov.kinds import ArgumentType


def at_instants(document: Document) -> Document:
    """Return ``document`` with its times in UTC and whole milliseconds, which is what ProvToolbox keeps of them."""

    def change(statement: Statement) -> Statement:
        arguments = KIND[statement.kind].arguments
        return statement._replace(
            arguments=tuple(
                _instant(value) if value and argument.type is ArgumentType.TIME else value
                for argument, value in zip(arguments, statement.arguments, strict=True)
            ),
            attributes=tuple(
                literal._replace(value=_instant(literal.value))
                if literal.type == XSD_DATETIME
                else literal
                for literal in statement.attributes
            ),
        )

    return Document.from_statements(map(change, document.statements()), document.namespaces)


def _instant(written: str) -> str:
    time = datetime.fromisoformat(written)
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000).isoformat()


def without_their_escapes(document: Document) -> Document:
    """Return ``document`` with the names that ProvToolbox escapes in PROV-XML: ``__`` for ``_``, ``_5B`` for ``[``."""
    return _renamed(document, _unescape_theirs)


def _unescape_theirs(name: str) -> str:
    prefix, colon, local = name.rpartition(":")
    found = re.sub(r"_(?:_|([0-9A-F]{2}))", lambda m: chr(int(m[1], 16)) if m[1] else "_", local)
    # A name must not begin with what only comes later in XML's names: it begins with the escape of nothing.
    return prefix + colon + (found.removeprefix("_") if re.match(r"_[^A-Za-z_]", local) else found)


def _renamed(document: Document, rename: Callable[[str], str]) -> Document:
    def literal(one: Attribute) -> Attribute:
        value = rename(one.value) if one.type == QUALIFIED_NAME else one.value
        return one._replace(key=rename(one.key), value=value)

    def change(statement: Statement) -> Statement:
        return statement._replace(
            id=statement.id and rename(statement.id),
            arguments=tuple(
                rename(value) if value and argument.type is not ArgumentType.TIME else value
                for argument, value in zip(
                    KIND[statement.kind].arguments, statement.arguments, strict=True
                )
            ),
            attributes=tuple(sorted(map(literal, statement.attributes), key=str)),
            bundle=rename(statement.bundle),
        )

    return Document.from_statements(map(change, document.statements()), document.namespaces)
