"""To and from the ``prov`` library and NetworkX."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import networkx
from prov.constants import PROV_ATTR_ENTITY, PROV_N_MAP
from prov.identifier import Identifier, Namespace, QualifiedName
from prov.model import Literal as ProvLiteral
from prov.model import ProvBundle, ProvDocument, ProvRecord

from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.attributes import Attribute, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import ELEMENTS, KIND, ArgumentType
from mlflow2prov.prov.lexical import date_time, normal
from mlflow2prov.prov.namespaces import PROV, RESERVED, Namespaces
from mlflow2prov.prov.statement import Statement

_KINDS = {type_: name for type_, name in PROV_N_MAP.items() if name in KIND}
_TYPES = {name: type_ for type_, name in _KINDS.items()}
_MEMBER = PROV_ATTR_ENTITY


def to_prov(document: Document) -> ProvDocument:
    """Convert to a document of the ``prov`` library."""
    converted = ProvDocument()
    spaces = {p: Namespace(p, uri) for p, uri in document.namespaces.all.items()}
    for prefix, uri in document.namespaces.declared.items():
        if prefix:
            converted.add_namespace(prefix, uri)
        else:
            converted.set_default_namespace(uri)

    def name(text: str) -> QualifiedName:
        prefix, colon, local = text.partition(":")
        return spaces[prefix][local] if colon else spaces[""][text]

    bundles: dict[str, ProvBundle] = {"": converted}
    for statement in document.statements():
        if statement.bundle not in bundles:
            bundles[statement.bundle] = converted.bundle(name(statement.bundle))
        _add(bundles[statement.bundle], statement, name)
    return converted


def _add(bundle: ProvBundle, statement: Statement, name: Callable[[str], QualifiedName]) -> None:
    kind = KIND[statement.kind]
    formal = [
        (spaced(argument.name), value if argument.type is ArgumentType.TIME else name(value))
        for argument, value in zip(kind.arguments, statement.arguments, strict=True)
        if value is not None
    ]
    others = [(name(literal.key), _prov_value(literal, name)) for literal in statement.attributes]
    identifier = name(statement.id) if statement.id is not None else None
    bundle.new_record(_TYPES[statement.kind], identifier, [*formal, *others])


def spaced(term: str) -> QualifiedName:
    """Return a term of W3C's namespace for the ``prov`` library."""
    return _PROV[term]


_PROV = Namespace("prov", PROV)


def _prov_value(literal: Attribute, name: Callable[[str], QualifiedName]) -> Any:
    if literal.lang is not None:
        return ProvLiteral(literal.value, langtag=literal.lang)
    match literal.type:
        case None:
            return literal.value
        case literals.QUALIFIED_NAME:
            return name(literal.value)
        case literals.XSD_ANYURI:
            return Identifier(literal.value)
    return ProvLiteral(literal.value, name(literal.type))


def from_prov(
    document: ProvDocument,
    unescape: Callable[[str], str] | None = None,
    *,
    unescape_keys: bool = True,
    unescape_values: bool = False,
) -> Document:
    """Convert from a document of the ``prov`` library.

    ``unescape`` is done to local parts, and to values if asked, for a format that had to escape them; not to
    keys of attributes, where the library has done that.
    """
    namespaces = Namespaces()
    default = document.get_default_namespace()
    if default is not None:
        namespaces.declare("", default.uri)
    for space in sorted(document.namespaces, key=lambda space: space.prefix):
        if space.prefix not in RESERVED and namespaces.prefix_of(space.uri) is None:
            namespaces.declare(space.prefix, space.uri)
    known: dict[tuple[str, str, bool], str] = {}

    def name(qualified: QualifiedName, is_escaped: bool = True) -> str:
        space = qualified.namespace
        key = (space.uri, qualified.localpart, is_escaped)
        if key not in known:
            local = qualified.localpart
            if unescape and is_escaped:
                local = unescape(local)
            elif local == "\0":
                # The escape of a local part without characters, which is that of none.
                local = ""
            if space.prefix in RESERVED and RESERVED[space.prefix] == space.uri:
                known[key] = f"{space.prefix}:{local}"
            else:
                known[key] = namespaces.name(space.uri, local, space.prefix or "ns")
        return known[key]

    def attribute(key: QualifiedName, value: Any) -> AttributeTuple:
        found = _attribute(name(key, unescape_keys), value, name)
        if not unescape or not unescape_values or found[2] == literals.QUALIFIED_NAME:
            return found
        return found[0], unescape(found[1]), *found[2:]

    builder = Builder(namespaces)
    for bundle in (document, *document.bundles):
        inside = name(bundle.identifier) if bundle.identifier is not None else ""
        for record in bundle.records:
            _take(record, inside, name, attribute, builder)
    return builder.finish()


def _take(
    record: ProvRecord,
    bundle: str,
    name: Callable[[QualifiedName], str],
    attribute: Callable[[QualifiedName, Any], AttributeTuple],
    builder: Builder,
) -> None:
    kind = KIND[_KINDS[record.get_type()]]
    given = {key.localpart: value for key, value in record.formal_attributes if value is not None}
    attributes = [attribute(key, value) for key, value in record.extra_attributes]
    identifier = name(record.identifier) if record.identifier is not None else None
    # PROV-XML and PROV-JSON name several members of a collection in one statement.
    members = [value for key, value in record.attributes if key == _MEMBER]
    for one in [{"entity": m} for m in members] if kind.name == "hadMember" and members else [{}]:
        found = {**given, **one}
        arguments = [
            _argument(found.get(argument.name), argument.type, name) for argument in kind.arguments
        ]
        builder.add(bundle, kind.name, identifier, arguments, attributes)


def _argument(
    value: Any, argument_type: ArgumentType, name: Callable[[QualifiedName], str]
) -> str | None:
    if value is None:
        return None
    if argument_type is ArgumentType.TIME:
        return value.isoformat() if isinstance(value, datetime) else date_time(str(value))
    return name(value)


def _attribute(key: str, value: Any, name: Callable[[QualifiedName], str]) -> AttributeTuple:
    match value:
        case QualifiedName():
            return key, name(value), literals.QUALIFIED_NAME, None
        case Identifier():
            return key, value.uri, literals.XSD_ANYURI, None
        case bool():
            return key, str(value).lower(), literals.XSD_BOOLEAN, None
        case int():
            return key, str(value), literals.integer_type(value), None
        case float():
            return key, literals.number_text(value), literals.XSD_DOUBLE, None
        case datetime():
            return key, value.isoformat(), literals.XSD_DATETIME, None
        case ProvLiteral():
            if value.langtag:
                return key, value.value, None, value.langtag
            datatype = name(value.datatype) if value.datatype is not None else None
            return key, *normal(str(value.value), datatype), None
    return key, str(value), None, None


def to_networkx(document: Document) -> networkx.MultiDiGraph[str]:
    """Return the graph of a document: elements are nodes, relations edges, from effect to cause.

    Nodes and edges have ``kind`` and the attributes (a list where there are several values to a key);
    an edge goes from the first formal argument to the next that is given, and has the others by name. What
    is only referred to is a node without kind; a relation to nothing is no edge.
    """
    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
    elements = {kind.name for kind in ELEMENTS}
    for statement in document.statements():
        about: dict[str, Any] = {"kind": statement.kind, **_values(statement)}
        if statement.bundle:
            about["bundle"] = statement.bundle
        named = zip(KIND[statement.kind].arguments, statement.arguments, strict=True)
        formal = {argument.name: value for argument, value in named if value is not None}
        if statement.kind in elements:
            graph.add_node(str(statement.id), **about, **formal)
            continue
        kinds = {a.name: a.type for a in KIND[statement.kind].arguments}
        ends = [name for name in formal if kinds[name] is not ArgumentType.TIME][:2]
        if len(ends) == 2:
            rest = {name: value for name, value in formal.items() if name not in ends}
            graph.add_edge(formal[ends[0]], formal[ends[1]], **about, **rest)
    return graph


def _values(statement: Statement) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for literal in statement.attributes:
        if literal.key in values:
            earlier = values[literal.key]
            values[literal.key] = (
                [*earlier, literal.value]
                if isinstance(earlier, list)
                else [
                    earlier,
                    literal.value,
                ]
            )
        else:
            values[literal.key] = literal.value
    return values
