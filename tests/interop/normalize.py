"""Normal forms of documents, without the details that ProvToolbox does not preserve."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from mlflow2prov.prov import KIND, Document, Statement
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_DATETIME, Attribute
from mlflow2prov.prov.kinds import ArgumentType


def with_times_in_utc(document: Document) -> Document:
    """Return ``document`` with all times in UTC and whole milliseconds, the precision that ProvToolbox keeps."""

    def normalize_attribute(attribute: Attribute) -> Attribute:
        if attribute.type != XSD_DATETIME:
            return attribute
        return attribute._replace(value=_in_utc(attribute.value))

    def normalize(statement: Statement) -> Statement:
        arguments = KIND[statement.kind].arguments
        return statement._replace(
            arguments=tuple(
                _in_utc(value) if value and argument.type is ArgumentType.TIME else value
                for argument, value in zip(arguments, statement.arguments, strict=True)
            ),
            attributes=tuple(map(normalize_attribute, statement.attributes)),
        )

    return Document.from_statements(map(normalize, document.statements()), document.namespaces)


def _in_utc(text: str) -> str:
    time = datetime.fromisoformat(text)
    time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000).isoformat()


def without_xml_escapes(document: Document) -> Document:
    """Return ``document`` with the names that ProvToolbox escaped in PROV-XML: ``__`` for ``_``, ``_5B`` for ``[``."""
    return _rename_all(document, _unescape)


def _unescape(name: str) -> str:
    prefix, colon, local = name.rpartition(":")
    text = re.sub(r"_(?:_|([0-9A-F]{2}))", lambda m: chr(int(m[1], 16)) if m[1] else "_", local)
    # A name whose first character XML allows only in later positions is escaped with a leading underscore.
    is_prefixed = re.match(r"_[^A-Za-z_]", local) is not None
    return prefix + colon + (text.removeprefix("_") if is_prefixed else text)


def _rename_all(document: Document, rename: Callable[[str], str]) -> Document:
    def rename_attribute(attribute: Attribute) -> Attribute:
        is_name = attribute.type == QUALIFIED_NAME
        value = rename(attribute.value) if is_name else attribute.value
        return attribute._replace(key=rename(attribute.key), value=value)

    def rename_statement(statement: Statement) -> Statement:
        arguments = KIND[statement.kind].arguments
        return statement._replace(
            id=statement.id and rename(statement.id),
            arguments=tuple(
                rename(value) if value and argument.type is not ArgumentType.TIME else value
                for argument, value in zip(arguments, statement.arguments, strict=True)
            ),
            attributes=tuple(sorted(map(rename_attribute, statement.attributes), key=str)),
            bundle=rename(statement.bundle),
        )

    statements = map(rename_statement, document.statements())
    return Document.from_statements(statements, document.namespaces)
