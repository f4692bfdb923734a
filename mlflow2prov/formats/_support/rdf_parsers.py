"""The RDF parsers of rdflib, changed so that a graph has the literals and the prefixes of its file.

rdflib writes the numbers and times in literals anew, logs values that their datatypes do not allow, and declares some
thirty prefixes. The first two depend on settings of the whole process. So the parsers here give rdflib only datatypes
that it does not know: the IRI of a datatype in another form, which :func:`datatype_of` turns back. They create IRIs
without the check that logs invalid ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote, unquote
from xml.sax import SAXException, make_parser
from xml.sax.handler import feature_namespaces

from rdflib import Dataset
from rdflib.exceptions import ParserError
from rdflib.namespace import RDF, XSD, NamespaceManager
from rdflib.parser import InputSource
from rdflib.plugins.parsers import ntriples
from rdflib.plugins.parsers.notation3 import RDFSink, SinkParser, sfloat
from rdflib.plugins.parsers.nquads import NQuadsParser
from rdflib.plugins.parsers.rdfxml import RDFXMLHandler
from rdflib.plugins.parsers.trig import TrigSinkParser
from rdflib.plugins.stores.memory import Memory
from rdflib.term import Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.iri_references import resolve

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


def parse(content: bytes, syntax: str, base: str) -> ParsedRdf:
    """Parse an RDF file.

    Args:
        content: the file.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.
        base: the IRI of the file, against which relative IRIs are resolved.

    Raises:
        FormatError: the file is not valid.
    """
    parsed = parse_with(lambda dataset: _PARSERS[syntax](content, dataset, base))
    # N-Quads have no prefixes, but their parser declares those of rdflib.
    return parsed._replace(prefixes={}) if syntax == "nquads" else parsed


def parse_with(parser: Callable[[Dataset], None]) -> ParsedRdf:
    """Return the additions of a parser to a dataset.

    Raises:
        FormatError: the parser fails.
    """
    store = _QuadStore()
    dataset = Dataset(store=store)
    graph = dataset.default_graph
    graph.namespace_manager = NamespaceManager(graph, bind_namespaces="none")
    try:
        parser(dataset)
    except _PARSER_ERRORS as error:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
        raise FormatError(reason or type(error).__name__) from error
    default = graph.identifier
    quads = [(s, p, o, None if g == default else g) for s, p, o, g in store.quads]
    return ParsedRdf(quads, {prefix: str(iri) for prefix, iri in graph.namespaces()})


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


def _parse_turtle(content: bytes, dataset: Dataset, base: str) -> None:
    _run(SinkParser(_Sink(dataset.default_graph), baseURI=base, turtle=True), content, dataset)


def _parse_trig(content: bytes, dataset: Dataset, base: str) -> None:
    _run(TrigSinkParser(_Sink(dataset.default_graph), baseURI=base, turtle=True), content, dataset)


def _run(parser: SinkParser, content: bytes, dataset: Dataset) -> None:
    parser.loadBuf(content)
    for prefix, iri in parser._bindings.items():
        dataset.default_graph.bind(prefix, iri)


class _NQuadsParser(NQuadsParser):
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


def _parse_nquads(content: bytes, dataset: Dataset, base: str) -> None:
    _NQuadsParser().parse(_source(content, base), dataset)


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


def _parse_rdf_xml(content: bytes, dataset: Dataset, base: str) -> None:
    reader = make_parser()
    reader.setFeature(feature_namespaces, True)
    handler: Any = _RdfXmlHandler(dataset.default_graph)
    reader.setContentHandler(handler)
    reader.parse(_source(content, base))


def _source(content: bytes, base: str) -> InputSource:
    source = InputSource()
    source.setPublicId(base)
    source.setByteStream(io.BytesIO(content))
    return source


_PARSERS: dict[str, Callable[[bytes, Dataset, str], None]] = {
    "turtle": _parse_turtle,
    "trig": _parse_trig,
    "nquads": _parse_nquads,
    "xml": _parse_rdf_xml,
}
