"""PROV-O read into a Document: rdflib parses, the table of :mod:`~mlflow2prov.formats._support.provo` tells."""

from __future__ import annotations

import io
import logging
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from xml.sax import SAXException

import rdflib
from rdflib.exceptions import ParserError
from rdflib.namespace import NamespaceManager
from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.names import unescape
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.attributes import AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType
from mlflow2prov.prov.lexical import date_time, normal
from mlflow2prov.prov.namespaces import PROV, RESERVED, Namespaces

# What files declare and no name of a document uses; ``xml`` is declared by rdflib.
_OURS = {
    "rdf": provo.RDF,
    "rdfs": provo.RDFS,
    "xml": "http://www.w3.org/XML/1998/namespace",
}
_TYPE = URIRef(provo.TYPE)
_IN_BUNDLE = URIRef(PROV + "asInBundle")
_ELEMENTS = {URIRef(PROV + term): kind for kind, term in provo.ELEMENTS.items()}
_CLASSES = {URIRef(PROV + term) for term in provo.CLASSES}
_PLAIN = {URIRef(PROV + kind): kind for kind in provo.RELATIONS}
_INVERSE = {URIRef(PROV + term): kind for term, kind in provo.INVERSES.items()}
_DERIVED = {URIRef(PROV + term): name for name, term in provo.DERIVATIONS.items()}
_QUALIFIES: dict[URIRef, tuple[str, str | None]] = {
    **{
        URIRef(PROV + r.qualifies): (kind, None)
        for kind, r in provo.RELATIONS.items()
        if r.qualifies
    },
    **{URIRef(f"{PROV}qualified{name}"): ("wasDerivedFrom", name) for name in provo.DERIVATIONS},
}
_KEYS = {URIRef(iri): key for key, iri in provo.ATTRIBUTES.items()} | {_TYPE: "prov:type"}
_ELEMENT_TIMES = {URIRef(PROV + term): argument for argument, term in provo.ELEMENT_TIMES.items()}
_IMPLIED = {URIRef(PROV + term): kind for term, kind in provo.IMPLIED.items()}
_RELATIONAL = {*_PLAIN, *_INVERSE, *_DERIVED, *_QUALIFIES, _IN_BUNDLE, *_ELEMENT_TIMES}
# What rdflib's parsers raise at files that are none, besides their own errors.
_RAISED = (
    ParserError,
    SAXException,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
)
_LOCAL = re.compile(r"[^/#]*$")

Properties = dict[URIRef, list[Identifier]]


def read_rdf(
    content: bytes,
    syntax: str,
    title: str,
    prefixes: Mapping[str, str] | None = None,
    *,
    unescape_values: bool = False,
) -> Document:
    """Read what ``content`` says of PROV, in the ``syntax`` that rdflib calls so.

    Args:
        content: the file's bytes.
        syntax: rdflib's name of the parser.
        title: what to call it in an error.
        prefixes: those of the document, where the syntax has none.
        unescape_values: whether values are escaped like names, for what XML cannot carry.

    Raises:
        FormatError: it cannot be parsed, or says nothing of PROV.
    """
    dataset = rdflib.Dataset()
    dataset.namespace_manager = NamespaceManager(dataset, bind_namespaces="none")
    with _as_written():
        try:
            dataset.parse(io.BytesIO(content), format=syntax, publicID="about:blank")
        except _RAISED as error:
            reason = " ".join(str(error).split())[:200]
            raise FormatError(f"not {title}: {reason or type(error).__name__}") from error
    declared = _declared(dataset, content) | dict(prefixes or {})
    names = _Names({p: u for p, u in declared.items() if _OURS.get(p) != u and p not in RESERVED})
    builder = Builder(names.namespaces)
    for graph in sorted(dataset.graphs(), key=lambda graph: str(graph.identifier)):
        identifier = graph.identifier
        is_default = identifier == dataset.default_graph.identifier or isinstance(identifier, BNode)
        bundle = "" if is_default else names(URIRef(identifier))
        _GraphReader(graph, bundle, names, builder, unescape_values).read()
    document = builder.finish()
    if not len(document) and len(dataset):
        raise FormatError(f"the {title} says nothing in PROV-O's terms")
    return document


def _declared(dataset: rdflib.Dataset, content: bytes) -> dict[str, str]:
    """Return the prefixes of a file, but for those that rdflib's parsers declare by themselves."""
    return {
        prefix: str(uri)
        for prefix, uri in dataset.namespace_manager.namespaces()
        if (prefix, str(uri)) not in _OF_RDFLIB
        or re.search(rb"(?i)(?:prefix\s+|xmlns:)%s\s*[:=]" % re.escape(prefix.encode()), content)
    }


_OF_RDFLIB = {(prefix, str(uri)) for prefix, uri in rdflib.Graph().namespaces()}


@contextmanager
def _as_written() -> Iterator[None]:
    """Keep rdflib from rewriting literals, and from logging what it thinks of them."""
    logger = logging.getLogger("rdflib")
    before, level = rdflib.NORMALIZE_LITERALS, logger.level
    rdflib.NORMALIZE_LITERALS = False
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        rdflib.NORMALIZE_LITERALS = before
        logger.setLevel(level)


class _Names:
    """Names of IRIs: by the longest namespace that is declared, else cut at the last ``/`` or ``#``."""

    def __init__(self, prefixes: dict[str, str]) -> None:
        self.namespaces = Namespaces()
        for prefix, uri in sorted(prefixes.items()):
            if self.namespaces.prefix_of(unescape(uri)) is None:
                self.namespaces.declare(prefix, unescape(uri))
        spaces = {*prefixes.values(), *RESERVED.values()} - {""}
        self._spaces = sorted(spaces, key=lambda space: (-len(space), space))
        self._known: dict[str, str] = {}

    def __call__(self, iri: Identifier) -> str:
        text = str(iri)
        if text not in self._known:
            self._known[text] = self._name(text)
        return self._known[text]

    def _name(self, iri: str) -> str:
        space = next((uri for uri in self._spaces if iri.startswith(uri)), None)
        if space is None:
            space = _LOCAL.sub("", iri) or iri
        local = unescape(iri[len(space) :])
        reserved = next((p for p, uri in RESERVED.items() if uri == space), None)
        return f"{reserved}:{local}" if reserved else self.namespaces.name(unescape(space), local)


class _GraphReader:
    """Reads the statements of one graph."""

    def __init__(
        self,
        graph: rdflib.Graph,
        bundle: str,
        names: _Names,
        builder: Builder,
        unescape_values: bool,
    ) -> None:
        self._bundle = bundle
        self._name = names
        self._builder = builder
        self._unescape_values = unescape_values
        self._about: dict[Identifier, Properties] = defaultdict(lambda: defaultdict(list))
        triples: Any = graph
        for subject, key, value in triples:
            self._about[subject][URIRef(key)].append(value)

    def read(self) -> None:
        """Read elements, then relations: qualified ones, then triples that no node qualifies."""
        nodes = {
            node
            for properties in self._about.values()
            for key in _QUALIFIES
            for node in properties.get(key, ())
        }
        for subject, properties in self._about.items():
            if subject not in nodes and not isinstance(subject, BNode):
                self._elements(subject, properties)
            qualified = self._qualified(subject, properties)
            self._plain(subject, properties, qualified)

    def _elements(self, subject: Identifier, properties: Properties) -> None:
        types = properties.get(_TYPE, [])
        kinds = {_ELEMENTS[t] for t in types if isinstance(t, URIRef) and t in _ELEMENTS}
        kinds = kinds or {_IMPLIED[t] for t in types if isinstance(t, URIRef) and t in _IMPLIED}
        for kind in sorted(kinds):
            times = {
                _ELEMENT_TIMES[key]: properties[key] for key in _ELEMENT_TIMES if key in properties
            }
            arguments = [
                self._time(times[argument.name][0]) if argument.name in times else None
                for argument in KIND[kind].arguments
            ]
            attributes = self._attributes(properties, _RELATIONAL)
            self._builder.add(self._bundle, kind, self._name(subject), arguments, attributes)

    def _qualified(
        self, subject: Identifier, properties: Properties
    ) -> set[tuple[str, Identifier | None]]:
        """Read what is said at nodes; returns the (kind, second argument) pairs that they cover."""
        covered: set[tuple[str, Identifier | None]] = set()
        for key, (kind, subtype) in _QUALIFIES.items():
            terms = provo.RELATIONS[kind]
            for node in properties.get(key, ()):
                about = self._about.get(node, {})
                _, _, *others = KIND[kind].arguments
                object_ = next(iter(about.get(URIRef(PROV + terms.object), ())), None)
                places = {URIRef(PROV + terms.others[a.name]): a for a in others}
                given = {a.name: about[place][0] for place, a in places.items() if about.get(place)}
                arguments = [
                    self._name(subject),
                    self._name(object_) if object_ is not None else None,
                ]
                arguments += [
                    (
                        self._time(given[a.name])
                        if a.type is ArgumentType.TIME
                        else self._name(given[a.name])
                    )
                    if a.name in given
                    else None
                    for a in others
                ]
                identifier = None if isinstance(node, BNode) else self._name(node)
                attributes = self._attributes(about, {URIRef(PROV + terms.object), *places})
                if subtype is not None:
                    attributes.append(_of_type(subtype))
                self._builder.add(self._bundle, kind, identifier, arguments, attributes)
                covered.add((kind, object_))
        return covered

    def _plain(
        self,
        subject: Identifier,
        properties: Properties,
        covered: set[tuple[str, Identifier | None]],
    ) -> None:
        for key, kind in _PLAIN.items():
            for value in properties.get(key, ()):
                if isinstance(value, Literal):
                    raise FormatError(
                        f"{kind} of {subject} leads to a text ({str(value)[:80]!r}), not to a thing"
                    )
                if (kind, value) in covered:
                    continue
                arguments: list[str | None] = [self._name(subject), self._name(value)]
                if kind == "mentionOf":
                    bundle = next(iter(properties.get(_IN_BUNDLE, ())), None)
                    arguments.append(self._name(bundle) if bundle is not None else None)
                self._builder.add(self._bundle, kind, None, arguments, ())
        for key, kind in _INVERSE.items():
            for value in properties.get(key, ()):
                if isinstance(value, URIRef):
                    arguments = [self._name(value), self._name(subject)]
                    self._builder.add(self._bundle, kind, None, arguments, ())
        for key, subtype in _DERIVED.items():
            for value in properties.get(key, ()):
                if ("wasDerivedFrom", value) not in covered and isinstance(value, URIRef):
                    arguments = [self._name(subject), self._name(value)]
                    self._builder.add(
                        self._bundle, "wasDerivedFrom", None, arguments, [_of_type(subtype)]
                    )

    def _time(self, value: Identifier) -> str:
        return date_time(str(value))

    def _attributes(self, properties: Properties, formal: set[URIRef]) -> list[AttributeTuple]:
        found = []
        for key, values in properties.items():
            if key in formal:
                continue
            name = _KEYS.get(key) or self._name(key)
            found += [
                self._attribute(name, value)
                for value in values
                if not (key == _TYPE and value in _CLASSES)
            ]
        return found

    def _attribute(self, key: str, value: Any) -> AttributeTuple:
        if isinstance(value, URIRef):
            return key, self._name(value), literals.QUALIFIED_NAME, None
        text = unescape(str(value)) if self._unescape_values else str(value)
        if isinstance(value, Literal) and value.language:
            return key, text, None, value.language
        if isinstance(value, Literal) and value.datatype is not None:
            return key, *normal(text, self._name(value.datatype)), None
        return key, text, None, None


def _of_type(name: str) -> AttributeTuple:
    return "prov:type", f"prov:{name}", literals.QUALIFIED_NAME, None
