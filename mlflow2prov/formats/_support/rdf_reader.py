"""Reading PROV-O into a Document: rdflib parses, and the table of PROV-O's terms decides what each triple means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rdflib import Graph
from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.rdf_parsers import datatype_of, parse
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import Argument, ArgumentType
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import PROV, RESERVED, Namespaces

# Files declare these prefixes, but no name of a document uses them.
_SYNTAX_PREFIXES = {
    "rdf": provo.RDF,
    "rdfs": provo.RDFS,
    "xml": "http://www.w3.org/XML/1998/namespace",
}


def _term(name: str) -> URIRef:
    return URIRef(PROV + name)


_TYPE = URIRef(provo.TYPE)
_IN_BUNDLE = _term("asInBundle")
_ELEMENTS = {_term(name): kind for kind, name in provo.ELEMENTS.items()}
_ELEMENT_TIMES = {argument: _term(name) for argument, name in provo.ELEMENT_TIMES.items()}
_IMPLIED_KINDS = {_term(name): kind for name, kind in provo.IMPLIED_KINDS.items()}
_CLASSES = {_term(name) for name in provo.CLASSES}
_PLAIN = {_term(kind): kind for kind in provo.RELATIONS}
_INVERSES = {_term(name): kind for name, kind in provo.INVERSES.items()}
_DERIVATIONS = {_term(name): subtype for subtype, name in provo.DERIVATIONS.items()}
_QUALIFIES: dict[URIRef, tuple[str, str | None]] = {
    **{
        _term(relation.qualifies): (kind, None)
        for kind, relation in provo.RELATIONS.items()
        if relation.qualifies
    },
    **{_term(f"qualified{subtype}"): ("wasDerivedFrom", subtype) for subtype in provo.DERIVATIONS},
}
"""The properties that lead to nodes: the kind of relation, and the type of a derivation."""

_KEYS = {URIRef(iri): key for key, iri in provo.ATTRIBUTES.items()} | {_TYPE: "prov:type"}
_NOT_ATTRIBUTES = {
    *_PLAIN,
    *_INVERSES,
    *_DERIVATIONS,
    *_QUALIFIES,
    _IN_BUNDLE,
    *_ELEMENT_TIMES.values(),
}

Properties = dict[URIRef, list[Identifier]]


def read_rdf(
    content: bytes,
    syntax: str,
    title: str,
    prefixes: Mapping[str, str] | None = None,
    *,
    unescape_values: bool = False,
) -> Document:
    """Read the statements that an RDF file makes in PROV-O.

    Args:
        content: the file.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.
        title: the name of the format in an error.
        prefixes: the prefixes of the document in a syntax without prefixes.
        unescape_values: whether values are escaped like names, because the syntax is XML.

    Raises:
        FormatError: the file is not valid, or makes no statement in PROV-O.
    """
    try:
        parsed = parse(content, syntax)
    except FormatError as error:
        raise FormatError(f"not {title}: {error}") from error
    names = _IriNames(parsed.prefixes | dict(prefixes or {}))
    builder = Builder(names.namespaces)
    default = parsed.dataset.default_graph.identifier
    for graph in sorted(parsed.dataset.graphs(), key=lambda graph: str(graph.identifier)):
        is_default = graph.identifier == default or isinstance(graph.identifier, BNode)
        bundle = "" if is_default else names.name(graph.identifier)
        _GraphReader(graph, bundle, names, builder, unescape_values).read()
    document = builder.finish()
    if not len(document) and len(parsed.dataset):
        raise FormatError(f"{title} without a statement in the terms of PROV-O")
    return document


class _IriNames:
    """The names of IRIs in a document.

    An IRI begins with the longest namespace that is declared; an IRI without one is cut after its last ``/`` or ``#``.
    """

    def __init__(self, prefixes: dict[str, str]) -> None:
        self.namespaces = Namespaces()
        uris = {
            prefix: uri
            for prefix, uri in prefixes.items()
            if _SYNTAX_PREFIXES.get(prefix) != uri and prefix not in RESERVED
        }
        for prefix, uri in sorted(uris.items()):
            if self.namespaces.prefix_of(unescape(uri)) is None:
                self.namespaces.declare(prefix, unescape(uri))
        candidates = {*uris.values(), *RESERVED.values()} - {""}
        self._longest_first = sorted(candidates, key=lambda uri: (-len(uri), uri))
        self._reserved_prefixes = {uri: prefix for prefix, uri in RESERVED.items()}
        self._names: dict[str, str] = {}

    def name(self, iri: str) -> str:
        # An IRI of rdflib is not equal to the same text.
        text = str(iri)
        if text not in self._names:
            self._names[text] = self._name(text)
        return self._names[text]

    def _name(self, iri: str) -> str:
        uri = next((uri for uri in self._longest_first if iri.startswith(uri)), None)
        if uri is None:
            uri = iri[: max(iri.rfind("/"), iri.rfind("#")) + 1] or iri
        local = unescape(iri[len(uri) :])
        if prefix := self._reserved_prefixes.get(uri):
            return f"{prefix}:{local}"
        return self.namespaces.name(unescape(uri), local)


class _GraphReader:
    """Reads the statements of one graph."""

    def __init__(
        self,
        graph: Graph,
        bundle: str,
        names: _IriNames,
        builder: Builder,
        unescape_values: bool,
    ) -> None:
        self._bundle = bundle
        self._name = names.name
        self._builder = builder
        self._unescape_values = unescape_values
        self._properties: dict[Identifier, Properties] = defaultdict(lambda: defaultdict(list))
        triples: Any = graph
        for subject, predicate, value in triples:
            self._properties[subject][predicate].append(value)

    def read(self) -> None:
        nodes = {
            node
            for properties in self._properties.values()
            for predicate in _QUALIFIES
            for node in properties.get(predicate, ())
        }
        for subject, properties in self._properties.items():
            if subject not in nodes and not isinstance(subject, BNode):
                self._read_element(subject, properties)
            qualified = self._read_qualified(subject, properties)
            self._read_plain(subject, properties, qualified)
            self._read_inverses(subject, properties)
            self._read_derivations(subject, properties, qualified)

    def _read_element(self, subject: Identifier, properties: Properties) -> None:
        """Read the elements that a resource is by its classes, which may be of several kinds."""
        types = {value for value in properties.get(_TYPE, ()) if isinstance(value, URIRef)}
        kinds = {_ELEMENTS[value] for value in types & _ELEMENTS.keys()}
        kinds = kinds or {_IMPLIED_KINDS[value] for value in types & _IMPLIED_KINDS.keys()}
        for kind in sorted(kinds):
            arguments = self._arguments(KIND[kind].arguments, _ELEMENT_TIMES, properties)
            attributes = self._attributes(properties, _NOT_ATTRIBUTES)
            self._add(kind, arguments, attributes, self._name(subject))

    def _read_qualified(
        self, subject: Identifier, properties: Properties
    ) -> set[tuple[str, Identifier | None]]:
        """Read the relations of a subject that have nodes; return their kinds and second arguments."""
        qualified: set[tuple[str, Identifier | None]] = set()
        for predicate, (kind, subtype) in _QUALIFIES.items():
            relation = provo.RELATIONS[kind]
            for node in properties.get(predicate, ()):
                node_properties = self._properties.get(node, {})
                second = _first(node_properties.get(_term(relation.object), ()))
                terms = {argument: _term(name) for argument, name in relation.others.items()}
                arguments = [
                    self._name(subject),
                    None if second is None else self._name(second),
                    *self._arguments(KIND[kind].arguments[2:], terms, node_properties),
                ]
                attributes = self._attributes(
                    node_properties, {_term(relation.object), *terms.values()}
                )
                if subtype is not None:
                    attributes.append(_derivation_type(subtype))
                identifier = None if isinstance(node, BNode) else self._name(node)
                self._add(kind, arguments, attributes, identifier)
                qualified.add((kind, second))
        return qualified

    def _read_plain(
        self,
        subject: Identifier,
        properties: Properties,
        qualified: set[tuple[str, Identifier | None]],
    ) -> None:
        """Read the relations of a subject that are one triple, unless a node qualifies them."""
        for predicate, kind in _PLAIN.items():
            for value in properties.get(predicate, ()):
                if isinstance(value, Literal):
                    raise FormatError(
                        f"{kind} of {subject}: the value {str(value)[:80]!r} is a literal, not a resource"
                    )
                if (kind, value) in qualified:
                    continue
                arguments: list[str | None] = [self._name(subject), self._name(value)]
                if kind == "mentionOf":
                    bundle = _first(properties.get(_IN_BUNDLE, ()))
                    arguments.append(None if bundle is None else self._name(bundle))
                self._add(kind, arguments)

    def _read_inverses(self, subject: Identifier, properties: Properties) -> None:
        for predicate, kind in _INVERSES.items():
            for value in _resources(properties.get(predicate, ())):
                self._add(kind, [self._name(value), self._name(subject)])

    def _read_derivations(
        self,
        subject: Identifier,
        properties: Properties,
        qualified: set[tuple[str, Identifier | None]],
    ) -> None:
        for predicate, subtype in _DERIVATIONS.items():
            for value in _resources(properties.get(predicate, ())):
                if ("wasDerivedFrom", value) not in qualified:
                    arguments = [self._name(subject), self._name(value)]
                    self._add("wasDerivedFrom", arguments, [_derivation_type(subtype)])

    def _add(
        self,
        kind: str,
        arguments: Sequence[str | None],
        attributes: Iterable[AttributeTuple] = (),
        identifier: str | None = None,
    ) -> None:
        self._builder.add(self._bundle, kind, identifier, arguments, attributes)

    def _arguments(
        self, arguments: Iterable[Argument], terms: Mapping[str, URIRef], properties: Properties
    ) -> list[str | None]:
        """Return the values of formal arguments, whose properties are ``terms`` by the name of the argument."""
        values: list[str | None] = []
        for argument in arguments:
            value = _first(properties.get(terms[argument.name], ()))
            if value is None:
                values.append(None)
            elif argument.type is ArgumentType.TIME:
                values.append(str(value))
            else:
                values.append(self._name(value))
        return values

    def _attributes(
        self, properties: Properties, formal_arguments: set[URIRef]
    ) -> list[AttributeTuple]:
        """Return the properties of a resource that are not its formal arguments."""
        attributes = []
        for predicate, values in properties.items():
            if predicate in formal_arguments:
                continue
            key = _KEYS.get(predicate) or self._name(predicate)
            attributes += [
                self._attribute(key, value)
                for value in values
                if not (predicate == _TYPE and value in _CLASSES)
            ]
        return attributes

    def _attribute(self, key: str, value: Identifier) -> AttributeTuple:
        if isinstance(value, URIRef):
            return key, self._name(value), QUALIFIED_NAME, None
        text = unescape(str(value)) if self._unescape_values else str(value)
        if isinstance(value, Literal):
            if value.language:
                return key, text, None, value.language
            if datatype := datatype_of(value):
                return key, *declared(text, self._name(datatype)), None
        return key, text, None, None


def _first(values: Iterable[Identifier]) -> Identifier | None:
    return next(iter(values), None)


def _resources(values: Iterable[Identifier]) -> Iterator[URIRef]:
    return (value for value in values if isinstance(value, URIRef))


def _derivation_type(subtype: str) -> AttributeTuple:
    return "prov:type", f"prov:{subtype}", QUALIFIED_NAME, None
