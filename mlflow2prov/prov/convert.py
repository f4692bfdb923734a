"""Documents to and from the ``prov`` library, and to NetworkX."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import networkx
from prov.constants import PROV_ATTR_ENTITY, PROV_N_MAP
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import Literal as ProvLiteral
from prov.model import ProvBundle, ProvDocument, ProvRecord

from mlflow2prov.errors import ConfigurationError
from mlflow2prov.prov.attributes import (
    QUALIFIED_NAME,
    XSD_ANYURI,
    XSD_BOOLEAN,
    XSD_DATETIME,
    XSD_DOUBLE,
    Attribute,
    AttributeTuple,
    integer_type,
    number_text,
)
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import ELEMENTS, KIND, ArgumentType
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import PROV, RESERVED, Namespaces
from mlflow2prov.prov.statement import Statement

_KIND_NAMES = {prov_type: name for prov_type, name in PROV_N_MAP.items() if name in KIND}
_PROV_TYPES = {name: prov_type for prov_type, name in _KIND_NAMES.items()}
_PROV = Namespace("prov", PROV)

MAX_RESOLVED_NAMES = 100_000
"""The number of names of the library that are kept with the names that they became."""


def to_prov(document: Document) -> ProvDocument:
    """Convert to a document of the ``prov`` library.

    Raises:
        NamespaceError: a name uses a prefix that the document does not declare.
    """
    result = ProvDocument()
    namespaces = {prefix: Namespace(prefix, uri) for prefix, uri in document.namespaces.all.items()}
    for prefix, uri in document.namespaces.declared.items():
        if prefix:
            result.add_namespace(prefix, uri)
        else:
            result.set_default_namespace(uri)

    def qualified(name: str) -> QualifiedName:
        prefix, colon, local = name.partition(":")
        if colon and prefix in namespaces:
            return namespaces[prefix][local]
        document.namespaces.split(name)
        return namespaces[""][name]

    bundles: dict[str, ProvBundle] = {"": result}
    for statement in document.statements():
        if statement.bundle not in bundles:
            bundles[statement.bundle] = result.bundle(qualified(statement.bundle))
        _add_record(bundles[statement.bundle], statement, qualified)
    return result


def _add_record(
    bundle: ProvBundle, statement: Statement, qualified: Callable[[str], QualifiedName]
) -> None:
    formal = [
        (
            _prov_term(argument.name),
            value if argument.type is ArgumentType.TIME else qualified(value),
        )
        for argument, value in zip(KIND[statement.kind].arguments, statement.arguments, strict=True)
        if value is not None
    ]
    others = [
        (qualified(attribute.key), _prov_value(attribute, qualified))
        for attribute in statement.attributes
    ]
    identifier = qualified(statement.id) if statement.id is not None else None
    bundle.new_record(_PROV_TYPES[statement.kind], identifier, [*formal, *others])


def _prov_term(term: str) -> QualifiedName:
    """Return a term of the PROV namespace for the ``prov`` library."""
    return _PROV[term]


def _prov_value(attribute: Attribute, qualified: Callable[[str], QualifiedName]) -> Any:
    if attribute.lang is not None:
        return ProvLiteral(attribute.value, langtag=attribute.lang)
    if attribute.type is None:
        return attribute.value
    if attribute.type == QUALIFIED_NAME:
        return qualified(attribute.value)
    if attribute.type == XSD_ANYURI:
        return Identifier(attribute.value)
    return ProvLiteral(attribute.value, qualified(attribute.type))


def from_prov(
    document: ProvDocument,
    unescape: Callable[[str], str] | None = None,
    *,
    unescape_keys: bool = True,
    unescape_values: bool = False,
) -> Document:
    """Convert a document of the ``prov`` library.

    Args:
        document: the document.
        unescape: restores local parts that a format escapes.
        unescape_keys: also restore the keys of attributes, which the library restores in some formats.
        unescape_values: also restore the values of attributes.

    Raises:
        NamespaceError: a prefix or a URI is not valid.
        FormatError: a time or a language tag is not valid.
        ConfigurationError: the argument is not a ProvDocument.
    """
    if not isinstance(document, ProvDocument):
        raise ConfigurationError(f"{type(document).__name__} is not a ProvDocument")
    reader = RecordReader(
        document, unescape, unescape_keys=unescape_keys, unescape_values=unescape_values
    )
    for bundle in (document, *document.bundles):
        reader.add(bundle.records, bundle.identifier)
    return reader.finish()


class RecordReader:
    """Collects records of the ``prov`` library into a Document."""

    def __init__(
        self,
        document: ProvDocument,
        unescape: Callable[[str], str] | None = None,
        *,
        unescape_keys: bool = True,
        unescape_values: bool = False,
    ) -> None:
        """Declare the namespaces of a document; the other arguments are those of :func:`from_prov`.

        Raises:
            NamespaceError: a prefix or a URI is not valid.
        """
        self._namespaces = _namespaces_of(document)
        self._builder = Builder(self._namespaces)
        self._unescape = unescape
        self._unescape_keys = unescape_keys
        self._unescape_values = unescape_values
        self._names: dict[tuple[str, str, bool], str] = {}

    def add(self, records: Iterable[ProvRecord], bundle: QualifiedName | None) -> None:
        """Add the records of a bundle, or of the document itself.

        Raises:
            NamespaceError: a prefix or a URI is not valid.
            FormatError: a time or a language tag is not valid.
        """
        bundle_name = self._name(bundle) if bundle is not None else ""
        for record in records:
            _add_statements(record, bundle_name, self._name, self._attribute, self._builder)

    def finish(self) -> Document:
        """Return the document with all statements.

        Raises:
            FormatError: a language tag is not valid.
        """
        return self._builder.finish()

    def _name(self, qualified: QualifiedName, is_escaped: bool = True) -> str:
        key = (qualified.namespace.uri, qualified.localpart, is_escaped)
        name = self._names.get(key)
        if name is None:
            if len(self._names) >= MAX_RESOLVED_NAMES:
                self._names.clear()
            name = self._names[key] = self._resolve(qualified, is_escaped)
        return name

    def _resolve(self, qualified: QualifiedName, is_escaped: bool) -> str:
        namespace, local = qualified.namespace, qualified.localpart
        if self._unescape and is_escaped:
            local = self._unescape(local)
        elif local == "\0":
            # The library has restored the escape of an empty local part to this character.
            local = ""
        if RESERVED.get(namespace.prefix) == namespace.uri:
            return f"{namespace.prefix}:{local}"
        return self._namespaces.name(namespace.uri, local, namespace.prefix or "ns")

    def _attribute(self, key: QualifiedName, value: Any) -> AttributeTuple:
        result = _attribute(self._name(key, self._unescape_keys), value, self._name)
        if not self._unescape or not self._unescape_values or result[2] == QUALIFIED_NAME:
            return result
        return result[0], self._unescape(result[1]), *result[2:]


def _namespaces_of(document: ProvDocument) -> Namespaces:
    namespaces = Namespaces()
    default = document.get_default_namespace()
    if default is not None:
        namespaces.declare("", default.uri)
    for namespace in sorted(document.namespaces, key=lambda namespace: namespace.prefix):
        if namespace.prefix not in RESERVED and namespaces.prefix_of(namespace.uri) is None:
            namespaces.declare(namespace.prefix, namespace.uri)
    return namespaces


def _add_statements(
    record: ProvRecord,
    bundle: str,
    name: Callable[[QualifiedName], str],
    attribute: Callable[[QualifiedName, Any], AttributeTuple],
    builder: Builder,
) -> None:
    """Add the statement of a record; a record of several members of a collection is several statements."""
    kind = KIND[_KIND_NAMES[record.get_type()]]
    formal = {key.localpart: value for key, value in record.formal_attributes if value is not None}
    attributes = [attribute(key, value) for key, value in record.extra_attributes]
    identifier = name(record.identifier) if record.identifier is not None else None
    members = [value for key, value in record.attributes if key == PROV_ATTR_ENTITY]
    has_members = kind.name == "hadMember" and members
    for member in [{"entity": member} for member in members] if has_members else [{}]:
        values = {**formal, **member}
        arguments = [
            _argument(values.get(argument.name), argument.type, name) for argument in kind.arguments
        ]
        builder.add(bundle, kind.name, identifier, arguments, attributes)


def _argument(
    value: Any, argument_type: ArgumentType, name: Callable[[QualifiedName], str]
) -> str | None:
    if value is None:
        return None
    if argument_type is ArgumentType.TIME:
        return value.isoformat() if isinstance(value, datetime) else str(value)
    return name(value)


def _attribute(key: str, value: Any, name: Callable[[QualifiedName], str]) -> AttributeTuple:
    match value:
        case QualifiedName():
            return key, name(value), QUALIFIED_NAME, None
        case Identifier():
            return key, value.uri, XSD_ANYURI, None
        case bool():
            return key, str(value).lower(), XSD_BOOLEAN, None
        case int():
            return key, str(value), integer_type(value), None
        case float():
            return key, number_text(value), XSD_DOUBLE, None
        case datetime():
            return key, value.isoformat(), XSD_DATETIME, None
        case ProvLiteral():
            if value.langtag:
                return key, value.value, None, value.langtag
            datatype = name(value.datatype) if value.datatype is not None else None
            return key, *declared(str(value.value), datatype), None
    return key, str(value), None, None


def to_networkx(document: Document) -> networkx.MultiDiGraph[str]:
    """Return the graph of a document: elements are nodes, relations are edges from effect to cause.

    Nodes and edges have ``kind`` and the attributes of the statement; several values of a key are a
    list. An edge goes from the first formal argument to the next one that is given, and has the others
    by name. An element that is only referred to is a node without ``kind``. A relation with one end is
    left out.
    """
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    elements = {kind.name for kind in ELEMENTS}
    for statement in document.statements():
        data: dict[str, Any] = {"kind": statement.kind, **_values_by_key(statement)}
        if statement.bundle:
            data["bundle"] = statement.bundle
        formal = {
            argument: value
            for argument, value in zip(
                KIND[statement.kind].arguments, statement.arguments, strict=True
            )
            if value is not None
        }
        values = {argument.name: value for argument, value in formal.items()}
        if statement.kind in elements:
            graph.add_node(str(statement.id), **data, **values)
            continue
        ends = [argument.name for argument in formal if argument.type is not ArgumentType.TIME][:2]
        if len(ends) == 2:
            others = {name: value for name, value in values.items() if name not in ends}
            graph.add_edge(values[ends[0]], values[ends[1]], **data, **others)
    return graph


def _values_by_key(statement: Statement) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for attribute in statement.attributes:
        values.setdefault(attribute.key, []).append(attribute.value)
    return {key: texts[0] if len(texts) == 1 else texts for key, texts in values.items()}
