"""Reading the statements of one RDF graph: the table of PROV-O's terms decides the meaning of each triple."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.blank_nodes import BlankNodeDigests, Quad
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.iri_names import BLANK_NODES, IriNames
from mlflow2prov.formats._support.provo_graph import Graph, Properties, predicates, term
from mlflow2prov.formats._support.rdf_parsers import datatype_of, iri_term
from mlflow2prov.prov import KIND
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import Argument, ArgumentType
from mlflow2prov.prov.lexical import declared

_TYPE = URIRef(provo.TYPE)
_IN_BUNDLE = term("asInBundle")
ELEMENTS = {term(name): kind for kind, name in provo.ELEMENTS.items()}
_ELEMENT_TIMES = {argument: term(name) for argument, name in provo.ELEMENT_TIMES.items()}
IMPLIED_KINDS = {term(name): kind for name, kind in provo.IMPLIED_KINDS.items()}
_DOMAINS = {term(name): kind for name, kind in provo.DOMAINS.items()}
RANGES = {term(name): kind for name, kind in provo.RANGES.items()}
_CLASSES = {term(name) for name in provo.CLASSES}
_PLAIN = {term(kind): kind for kind in provo.RELATIONS}
_DERIVATIONS = {term(name): subtype for subtype, name in provo.DERIVATIONS.items()}
_EVENTS = [term("hadGeneration"), term("hadUsage")]
"""The properties whose values are nodes of other relations."""


@dataclass(frozen=True)
class _Link:
    """A property that leads to the node of a relation.

    Attributes:
        kind: the kind of the relation.
        subtype: the type of a derivation.
        object: the property of the node for the second argument.
        others: the properties of the node for further arguments, by the name of the argument.
    """

    kind: str
    subtype: str | None
    object: URIRef
    others: Mapping[str, URIRef]


def _link(kind: str, relation: provo.Relation, subtype: str | None = None) -> _Link:
    others = {argument: term(name) for argument, name in relation.others.items()}
    return _Link(kind, subtype, term(relation.object), others)


LINKS = {
    **{
        term(relation.qualifies): _link(kind, relation)
        for kind, relation in (*provo.RELATIONS.items(), *provo.EXTENSIONS)
        if relation.qualifies
    },
    **{
        term(f"qualified{subtype}"): _link(
            "wasDerivedFrom", provo.RELATIONS["wasDerivedFrom"], subtype
        )
        for subtype in provo.DERIVATIONS
    },
}
_KEYS = {URIRef(iri): key for key, iri in provo.ATTRIBUTES.items()} | {_TYPE: "prov:type"}
_NOT_ATTRIBUTES = {*_PLAIN, *_DERIVATIONS, *LINKS, _IN_BUNDLE, *_ELEMENT_TIMES.values()}


class ResourceNames(IriNames):
    """The names of resources in a document: IRIs, and blank nodes by what is stated about them.

    Attributes:
        blank_entities: the blank nodes that have become entities because they are values, by bundle.
    """

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        super().__init__(prefixes)
        self._digests = BlankNodeDigests()
        self.blank_entities: set[tuple[str, BNode]] = set()

    def describe(self, graphs: Mapping[Identifier | None, Graph]) -> None:
        """Take the statements about the blank nodes of which names follow."""
        self._digests.describe(lambda: _quads(graphs))

    def resource(self, resource: Identifier) -> str:
        """Return the name of an IRI or of a blank node.

        Raises:
            FormatError: it is a literal.
        """
        if isinstance(resource, BNode):
            return self.name(f"{BLANK_NODES}b{self._digests.of(resource)}")
        if isinstance(resource, Literal):
            raise FormatError(f"the value {str(resource)[:80]!r} is a literal, not a resource")
        return self.name(resource)


def _quads(graphs: Mapping[Identifier | None, Graph]) -> Iterator[Quad]:
    for name, graph in graphs.items():
        for subject, properties in graph.items():
            for predicate, values in properties.items():
                for value in values:
                    yield subject, predicate, value, name


class GraphReader:
    """Reads the statements of one graph."""

    def __init__(
        self,
        graph: Graph,
        bundle: str,
        names: ResourceNames,
        builder: Builder,
        unescape_values: bool,
    ) -> None:
        self._graph = graph
        self._bundle = bundle
        self._iri = names.name
        self._name = names.resource
        self._blank_entities = names.blank_entities
        self._builder = builder
        self._unescape_values = unescape_values
        self._predicates = predicates(graph)
        self._links = {key: link for key, link in LINKS.items() if key in self._predicates}
        self._plain = {key: kind for key, kind in _PLAIN.items() if key in self._predicates}
        self._derivations = {k: v for k, v in _DERIVATIONS.items() if k in self._predicates}
        self._nodes = set(self._values_of(self._links))
        self._referenced_nodes = set(self._values_of(_EVENTS))
        self._implied: Mapping[Identifier, Sequence[str]] = {}
        self._blank_values: list[BNode] = []

    def read(
        self,
        subjects: Iterable[Identifier],
        nodes: Set[Identifier] = frozenset(),
        implied: Mapping[Identifier, Sequence[str]] | None = None,
    ) -> None:
        """Read resources of the graph.

        Args:
            subjects: the resources.
            nodes: those of them that are nodes of relations in other parts of the file.
            implied: the properties whose values the resources are in other parts of the file.
        """
        self._nodes |= nodes
        self._implied = implied or {}
        for subject in subjects:
            properties = self._graph.get(subject)
            if properties is None:  # a list, whose items have replaced it
                continue
            if subject not in self._nodes:
                self._read_element(subject, properties)
            qualified = self._read_qualified(subject, properties)
            self._read_plain(subject, properties, qualified)
            self._read_derivations(subject, properties, qualified)
        self._read_blank_values()

    def _values_of(self, terms: Iterable[URIRef]) -> Iterator[Identifier]:
        """Yield the values of properties."""
        for predicate in self._predicates.intersection(terms):
            for properties in self._graph.values():
                yield from properties.get(predicate, ())

    def _read_element(self, subject: Identifier, properties: Properties) -> None:
        """Read the elements that a resource is; it may be several."""
        for kind in sorted(self._kinds(subject, properties)):
            self._add_element(kind, subject, properties)

    def _kinds(self, subject: Identifier, properties: Properties) -> set[str]:
        """Return the kinds of the elements that a resource is by its classes, or else by its properties."""
        types = {value for value in properties.get(_TYPE, ()) if isinstance(value, URIRef)}
        kinds = {ELEMENTS[value] for value in types & ELEMENTS.keys()}
        kinds = kinds or {IMPLIED_KINDS[value] for value in types & IMPLIED_KINDS.keys()}
        return kinds or self._kinds_by_properties(subject, properties)

    def _add_element(self, kind: str, subject: Identifier, properties: Properties) -> None:
        attributes = self._attributes(properties, _NOT_ATTRIBUTES)
        arguments = self._arguments(KIND[kind].arguments, _ELEMENT_TIMES, properties)
        for row in _rows(arguments):
            self._add(kind, row, attributes, self._name(subject))

    def _kinds_by_properties(self, subject: Identifier, properties: Properties) -> set[str]:
        """Return the kinds of a resource by the domains and ranges of properties (PROV-O section 3).

        A resource without attributes and times needs no element: the relations that name it state as much.
        """
        is_described = not properties.keys() <= _NOT_ATTRIBUTES or not properties.keys().isdisjoint(
            _ELEMENT_TIMES.values()
        )
        if not is_described:
            return set()
        kinds = {_DOMAINS[predicate] for predicate in properties if predicate in _DOMAINS}
        implied = self._implied.get(subject, ())
        kinds |= {RANGES[iri_term(predicate)] for predicate in implied}
        return kinds | self._kinds_by_ranges[subject]

    @cached_property
    def _kinds_by_ranges(self) -> Mapping[Identifier, set[str]]:
        kinds: dict[Identifier, set[str]] = defaultdict(set)
        for predicate in self._predicates & RANGES.keys():
            for value in self._values_of([predicate]):
                kinds[value].add(RANGES[predicate])
        return kinds

    def _read_blank_values(self) -> None:
        """Read the blank nodes that are values of attributes as entities, because they have no other description."""
        while self._blank_values:
            node = self._blank_values.pop()
            properties = self._graph.get(node)
            if properties is None or node in self._nodes or self._kinds(node, properties):
                continue
            if (self._bundle, node) not in self._blank_entities:
                self._blank_entities.add((self._bundle, node))
                self._add_element("entity", node, properties)

    def _read_qualified(
        self, subject: Identifier, properties: Properties
    ) -> set[tuple[str, Identifier]]:
        """Read the relations of a subject that have nodes; return their kinds and second arguments."""
        qualified: set[tuple[str, Identifier]] = set()
        for predicate, link in self._links.items():
            for node in properties.get(predicate, ()):
                description = self._graph.get(node, {})
                objects = description.get(link.object, ())
                arguments: list[Sequence[str | None]] = [
                    [self._name(subject)],
                    self._sorted_names(objects),
                    *self._arguments(KIND[link.kind].arguments[2:], link.others, description),
                ]
                attributes = self._attributes(description, {link.object, *link.others.values()})
                if link.subtype is not None:
                    attributes.append(_derivation_type(link.subtype))
                rows = list(_rows(arguments))
                identifier = self._node_identifier(node, is_repeated=len(rows) > 1)
                for row in rows:
                    self._add(link.kind, row, attributes, identifier)
                qualified.update((link.kind, value) for value in objects)
        return qualified

    def _node_identifier(self, node: Identifier, *, is_repeated: bool) -> str | None:
        """Return the identifier of a relation. A blank node needs one if a derivation or several statements name it."""
        is_anonymous = isinstance(node, BNode) and not is_repeated
        return None if is_anonymous and node not in self._referenced_nodes else self._name(node)

    def _read_plain(
        self,
        subject: Identifier,
        properties: Properties,
        qualified: set[tuple[str, Identifier]],
    ) -> None:
        """Read the relations of a subject that are one triple, unless a node qualifies them."""
        for predicate, kind in self._plain.items():
            for value in properties.get(predicate, ()):
                if isinstance(value, Literal):
                    raise FormatError(
                        f"{kind} of {subject}: the value {str(value)[:80]!r} is a literal, not a resource"
                    )
                if (kind, value) in qualified:
                    continue
                arguments: list[Sequence[str | None]] = [[self._name(subject)], [self._name(value)]]
                if kind == "mentionOf":
                    arguments.append(self._sorted_names(properties.get(_IN_BUNDLE, ())))
                for row in _rows(arguments):
                    self._add(kind, row)

    def _read_derivations(
        self,
        subject: Identifier,
        properties: Properties,
        qualified: set[tuple[str, Identifier]],
    ) -> None:
        for predicate, subtype in self._derivations.items():
            for value in properties.get(predicate, ()):
                if not isinstance(value, Literal) and ("wasDerivedFrom", value) not in qualified:
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
    ) -> list[Sequence[str | None]]:
        """Return the values of formal arguments, whose properties are ``terms`` by the name of the argument."""
        choices: list[Sequence[str | None]] = []
        for argument in arguments:
            values = properties.get(terms[argument.name], ())
            is_time = argument.type is ArgumentType.TIME
            choices.append(
                sorted(map(str, values)) or [None] if is_time else self._sorted_names(values)
            )
        return choices

    def _sorted_names(self, resources: Iterable[Identifier]) -> Sequence[str | None]:
        """Return the names of an argument's values, or None in place of them if there are none."""
        return sorted(map(self._name, resources)) or [None]

    def _attributes(
        self, properties: Properties, formal_arguments: set[URIRef]
    ) -> list[AttributeTuple]:
        """Return the properties of a resource that are not its formal arguments."""
        attributes = []
        for predicate, values in properties.items():
            if predicate in formal_arguments:
                continue
            key = _KEYS.get(predicate) or self._iri(predicate)
            attributes += [
                self._attribute(key, value)
                for value in values
                if not (predicate == _TYPE and value in _CLASSES)
            ]
        return attributes

    def _attribute(self, key: str, value: Identifier) -> AttributeTuple:
        if not isinstance(value, Literal):
            if isinstance(value, BNode):
                self._blank_values.append(value)
            return key, self._name(value), QUALIFIED_NAME, None
        text = unescape(str(value)) if self._unescape_values else str(value)
        if value.language:
            return key, text, None, value.language
        if datatype := datatype_of(value):
            return key, *declared(text, self._iri(datatype)), None
        return key, text, None, None


def _rows(arguments: Sequence[Sequence[str | None]]) -> Iterator[list[str | None]]:
    """Yield formal arguments, once for each value of the argument that has most. The others repeat their last value.

    PROV allows one value. Several statements keep all of them, and validation reports them.
    """
    for row in range(max(map(len, arguments), default=1)):
        yield [values[min(row, len(values) - 1)] for values in arguments]


def _derivation_type(subtype: str) -> AttributeTuple:
    return "prov:type", f"prov:{subtype}", QUALIFIED_NAME, None
