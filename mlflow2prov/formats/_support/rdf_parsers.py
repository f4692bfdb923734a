"""The RDF parsers of rdflib, changed so that a graph has the literals and the prefixes of its file.

rdflib writes the numbers and times in literals anew, logs values that their datatypes do not allow, and declares some
thirty prefixes. The first two depend on settings of the whole process. So the parsers here give rdflib only datatypes
that it does not know: the IRI of a datatype in another form, which :func:`datatype_of` turns back. They create IRIs
without the check that logs invalid ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote, unquote
from xml.sax import SAXException, make_parser
from xml.sax.handler import feature_namespaces

from rdflib import Dataset
from rdflib.exceptions import ParserError
from rdflib.graph import DATASET_DEFAULT_GRAPH_ID
from rdflib.namespace import RDF, XSD, NamespaceManager
from rdflib.parser import InputSource
from rdflib.plugins.parsers import ntriples
from rdflib.plugins.parsers.notation3 import RDFSink, SinkParser, sfloat
from rdflib.plugins.parsers.nquads import NQuadsParser
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler
from rdflib.plugins.parsers.trig import TrigSinkParser
from rdflib.plugins.stores.memory import Memory
from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.iri_references import resolve
from mlflow2prov.formats._support.turtle_parts import turtle_parts
from mlflow2prov.formats._support.utf8_blocks import utf8_blocks

MAX_REASON_LENGTH = 200
"""The maximum number of characters of a parser's message in an error."""

_DATATYPE = "datatype:"
"""The scheme of the IRIs that replace those of datatypes."""

_PARSER_ERRORS = (
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
"""The errors that rdflib's parsers raise for invalid files: their own, and those that they fail to catch."""


AddQuad = Callable[[Identifier, URIRef, Identifier, Identifier | None], None]
"""A function that takes the subject, the property, the value and the graph of a statement."""


class _RdfFile(NamedTuple):
    """A file, from its beginning; its text in parts, for the parsers of Turtle and TriG; and its IRI."""

    content: BinaryIO
    parts: Iterator[str] | Iterator[bytes]
    base: str


class ParsedRdf(NamedTuple):
    """The statements of a file in its order, each once: subject, property, value and graph. And its prefixes.

    The default graph is None.
    """

    quads: Sequence[tuple[Identifier, URIRef, Identifier, Identifier | None]]
    prefixes: dict[str, str]


class _QuadStore(Memory):
    """Keeps the statements in the order of the file, without the indexes of rdflib."""

    def __init__(self) -> None:
        super().__init__()
        self.quads: dict[Any, None] = {}

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        self.quads[*triple, context.identifier] = None


class _QuadSink(Memory):
    """Hands over the statements, and keeps none."""

    def __init__(self, add: AddQuad) -> None:
        super().__init__()
        self._add = add

    def add(self, triple: Any, context: Any, quoted: bool = False) -> None:
        subject, predicate, value = triple
        graph = context.identifier
        self._add(subject, predicate, value, None if graph == DATASET_DEFAULT_GRAPH_ID else graph)


def parse(content: bytes, syntax: str, base: str) -> ParsedRdf:
    """Parse an RDF file.

    Args:
        content: the file.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.
        base: the IRI of the file, against which relative IRIs are resolved.

    Raises:
        FormatError: the file is not valid.
    """
    file = _RdfFile(io.BytesIO(content), iter([content]), base)
    parsed = parse_with(lambda dataset: _PARSERS[syntax](file, dataset))
    # N-Quads have no prefixes, but their parser declares those of rdflib.
    return parsed._replace(prefixes={}) if syntax == "nquads" else parsed


def parse_file(file: BinaryIO, syntax: str, base: str, add: AddQuad) -> dict[str, str]:
    """Parse a large RDF file like :func:`parse`, a part at a time, and return its prefixes.

    Args:
        file: the file, from its beginning.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.
        base: the IRI of the file, against which relative IRIs are resolved.
        add: called with each statement, which may be repeated.

    Raises:
        FormatError: the file is not valid.
    """
    rdf_file = _RdfFile(file, turtle_parts(utf8_blocks(file)), base)
    prefixes = _run_parser(lambda dataset: _PARSERS[syntax](rdf_file, dataset), _QuadSink(add))
    return {} if syntax == "nquads" else prefixes


def parse_with(parser: Callable[[Dataset], None]) -> ParsedRdf:
    """Return the additions of a parser to a dataset.

    Raises:
        FormatError: the parser fails.
    """
    store = _QuadStore()
    prefixes = _run_parser(parser, store)
    default = DATASET_DEFAULT_GRAPH_ID
    quads = [(s, p, o, None if g == default else g) for s, p, o, g in store.quads]
    return ParsedRdf(quads, prefixes)


def _run_parser(parser: Callable[[Dataset], None], store: Memory) -> dict[str, str]:
    """Let a parser add statements to a store, and return the prefixes.

    Raises:
        FormatError: the parser fails.
    """
    dataset = Dataset(store=store)
    graph = dataset.default_graph
    graph.namespace_manager = NamespaceManager(graph, bind_namespaces="none")
    try:
        parser(dataset)
    except _PARSER_ERRORS as error:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
        raise FormatError(reason or type(error).__name__) from error
    return {prefix: str(iri) for prefix, iri in graph.namespaces()}


def datatype_of(literal: Literal) -> str | None:
    """Return the IRI of a literal's datatype as in the file; None if it has none."""
    if literal.datatype is None:
        return None
    return unquote(literal.datatype.removeprefix(_DATATYPE))


def literal_term(text: str, language: str | None, datatype: str | None) -> Literal:
    """Return a literal that rdflib does not change."""
    if datatype is None:
        return Literal(text, lang=language)
    return Literal(text, datatype=_DATATYPE + quote(datatype, safe=""))


def iri_term(text: str) -> URIRef:
    """Return an IRI without a check."""
    return str.__new__(URIRef, text)


class _Sink(RDFSink):
    """Creates the terms that a parser of Turtle or TriG finds."""

    def newSymbol(self, *args: str) -> URIRef:  # noqa: N802
        return iri_term(args[0])

    def newLiteral(  # noqa: N802
        self, s: str, dt: URIRef | None = None, lang: str | None = None
    ) -> Literal:
        return literal_term(s, lang, dt)

    def normalise(self, f: Any, n: Any) -> Any:
        """Return a term for a number or a boolean without quotes."""
        match n:
            case bool():
                return literal_term(str(n).lower(), None, XSD.boolean)
            case int():
                return literal_term(str(n), None, XSD.integer)
            case Decimal():
                return literal_term(f"{n:f}", None, XSD.decimal)
            case sfloat():
                return literal_term(str(n), None, XSD.double)
        return super().normalise(f, n)


def _parse_turtle(file: _RdfFile, dataset: Dataset) -> None:
    _run(
        SinkParser(_Sink(dataset.default_graph), baseURI=file.base, turtle=True),
        file.parts,
        dataset,
    )


def _parse_trig(file: _RdfFile, dataset: Dataset) -> None:
    _run(
        TrigSinkParser(_Sink(dataset.default_graph), baseURI=file.base, turtle=True),
        file.parts,
        dataset,
    )


def _run(parser: SinkParser, parts: Iterator[str] | Iterator[bytes], dataset: Dataset) -> None:
    parser.startDoc()
    for part in parts:
        parser.feed(part)
    parser.endDoc()
    for prefix, iri in parser._bindings.items():
        dataset.default_graph.bind(prefix, iri)


class _NQuadsParser(NQuadsParser):
    def nodeid(self, bnode_context: Any = None) -> Any:
        # The labels of a file are distinct, so they need not be translated by a table that holds all of them.
        return BNode(self.eat(ntriples.r_nodeid).group(1)) if self.peek("_") else False

    def uriref(self) -> Any:
        if not self.peek("<"):
            return False
        return iri_term(_unescape_iri(self.eat(ntriples.r_uriref).group(1)))

    def literal(self) -> Any:
        if not self.peek('"'):
            return False
        text, language, datatype = self.eat(ntriples.r_literal).groups()
        return literal_term(
            ntriples.unquote(text),
            language or None,
            _unescape_iri(datatype) if datatype else None,
        )


def _unescape_iri(text: str) -> str:
    return ntriples.uriquote(ntriples.unquote(text))


def _parse_nquads(file: _RdfFile, dataset: Dataset) -> None:
    _NQuadsParser().parse(_source(file), dataset)


class _RdfXmlHandler(RDFXMLHandler):
    def absolutize(self, uri: str) -> URIRef:
        return iri_term(resolve(uri, self.current.base))

    def property_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        super().property_element_start(name, qname, attrs)
        if isinstance(self.current.object, Literal):
            # `rdf:parseType="Literal"`: the handler appends the XML within the property to the object.
            self.current.object = ""

    def property_element_end(self, name: Any, qname: Any) -> None:
        current = self.current
        if type(current.object) is str:
            current.object = literal_term(current.object, None, RDF.XMLLiteral)
        elif current.data is not None and current.object is None and current.datatype is not None:
            current.object = literal_term(current.data, None, current.datatype)
            current.data = None
        super().property_element_end(name, qname)


def _parse_rdf_xml(file: _RdfFile, dataset: Dataset) -> None:
    reader = make_parser()
    reader.setFeature(feature_namespaces, True)
    handler: Any = _RdfXmlHandler(dataset.default_graph)
    reader.setContentHandler(handler)
    reader.parse(_source(file))


def _source(file: _RdfFile) -> InputSource:
    source = InputSource()
    source.setPublicId(file.base)
    source.setByteStream(file.content)
    return source


_PARSERS: dict[str, Callable[[_RdfFile, Dataset], None]] = {
    "turtle": _parse_turtle,
    "trig": _parse_trig,
    "nquads": _parse_nquads,
    "xml": _parse_rdf_xml,
}
