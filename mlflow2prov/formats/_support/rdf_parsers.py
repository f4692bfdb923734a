"""The RDF parsers of rdflib, changed so that a graph has the literals and the prefixes of its file.

rdflib writes the numbers and times in literals anew, logs values that their datatypes do not allow, and declares some
thirty prefixes. The first two depend on settings of the whole process. So the parsers here give rdflib only datatypes
that it does not know: the IRI of a datatype in another form, which :func:`datatype_of` turns back. They create IRIs
without the check that logs invalid ones.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urljoin
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
from rdflib.term import Literal, URIRef

from mlflow2prov.errors import FormatError

MAX_REASON_LENGTH = 200
"""The maximum number of characters of a parser's message in an error."""

_BASE = "about:blank"
"""The base of relative IRIs, so that a file has one meaning wherever it is."""

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
    """The graphs of a file, and its prefixes with their IRIs."""

    dataset: Dataset
    prefixes: dict[str, str]


def parse(content: bytes, syntax: str) -> ParsedRdf:
    """Parse an RDF file.

    Args:
        content: the file.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.

    Raises:
        FormatError: the file is not valid.
    """
    dataset = Dataset()
    graph = dataset.default_graph
    graph.namespace_manager = NamespaceManager(graph, bind_namespaces="none")
    try:
        _PARSERS[syntax](content, dataset)
    except _PARSER_ERRORS as error:
        reason = " ".join(str(error).split())[:MAX_REASON_LENGTH]
        raise FormatError(reason or type(error).__name__) from error
    # N-Quads have no prefixes, but their parser declares those of rdflib.
    prefixes = {} if syntax == "nquads" else dict(graph.namespaces())
    return ParsedRdf(dataset, {prefix: str(iri) for prefix, iri in prefixes.items()})


def datatype_of(literal: Literal) -> str | None:
    """Return the IRI of a literal's datatype as in the file; None if it has none."""
    if literal.datatype is None:
        return None
    return unquote(literal.datatype.removeprefix(_DATATYPE))


def _literal(text: str, language: str | None, datatype: str | None) -> Literal:
    if datatype is None:
        return Literal(text, lang=language)
    return Literal(text, datatype=_DATATYPE + quote(datatype, safe=""))


def _iri(text: str) -> URIRef:
    return str.__new__(URIRef, text)


class _Sink(RDFSink):
    """Creates the terms that a parser of Turtle or TriG finds."""

    def newSymbol(self, *args: str) -> URIRef:  # noqa: N802
        return _iri(args[0])

    def newLiteral(  # noqa: N802
        self, s: str, dt: URIRef | None = None, lang: str | None = None
    ) -> Literal:
        return _literal(s, lang, dt)

    def normalise(self, f: Any, n: Any) -> Any:
        """Return a term for a number or a boolean without quotes."""
        match n:
            case bool():
                return _literal(str(n).lower(), None, XSD.boolean)
            case int():
                return _literal(str(n), None, XSD.integer)
            case Decimal():
                return _literal(f"{n:f}", None, XSD.decimal)
            case sfloat():
                return _literal(str(n), None, XSD.double)
        return super().normalise(f, n)


def _parse_turtle(content: bytes, dataset: Dataset) -> None:
    _run(SinkParser(_Sink(dataset.default_graph), baseURI=_BASE, turtle=True), content, dataset)


def _parse_trig(content: bytes, dataset: Dataset) -> None:
    _run(TrigSinkParser(_Sink(dataset.default_graph), baseURI=_BASE, turtle=True), content, dataset)


def _run(parser: SinkParser, content: bytes, dataset: Dataset) -> None:
    parser.loadBuf(content)
    for prefix, iri in parser._bindings.items():
        dataset.default_graph.bind(prefix, iri)


class _NQuadsParser(NQuadsParser):
    def uriref(self) -> Any:
        if not self.peek("<"):
            return False
        return _iri(_unescape_iri(self.eat(ntriples.r_uriref).group(1)))

    def literal(self) -> Any:
        if not self.peek('"'):
            return False
        text, language, datatype = self.eat(ntriples.r_literal).groups()
        return _literal(
            ntriples.unquote(text),
            language or None,
            _unescape_iri(datatype) if datatype else None,
        )


def _unescape_iri(text: str) -> str:
    return ntriples.uriquote(ntriples.unquote(text))


def _parse_nquads(content: bytes, dataset: Dataset) -> None:
    _NQuadsParser().parse(_source(content), dataset)


class _RdfXmlHandler(RDFXMLHandler):
    def absolutize(self, uri: str) -> URIRef:
        iri = urljoin(self.current.base, uri)
        return _iri(f"{iri}#" if uri.endswith("#") and not iri.endswith("#") else iri)

    def property_element_start(self, name: Any, qname: Any, attrs: Any) -> None:
        super().property_element_start(name, qname, attrs)
        if isinstance(self.current.object, Literal):
            # `rdf:parseType="Literal"`: the handler appends the XML within the property to the object.
            self.current.object = ""

    def property_element_end(self, name: Any, qname: Any) -> None:
        current = self.current
        if type(current.object) is str:
            current.object = _literal(current.object, None, RDF.XMLLiteral)
        elif current.data is not None and current.object is None and current.datatype is not None:
            current.object = _literal(current.data, None, current.datatype)
            current.data = None
        super().property_element_end(name, qname)


def _parse_rdf_xml(content: bytes, dataset: Dataset) -> None:
    reader = make_parser()
    reader.setFeature(feature_namespaces, True)
    handler: Any = _RdfXmlHandler(dataset.default_graph)
    reader.setContentHandler(handler)
    reader.parse(_source(content))


def _source(content: bytes) -> InputSource:
    source = InputSource()
    source.setPublicId(_BASE)
    source.setByteStream(io.BytesIO(content))
    return source


_PARSERS: dict[str, Callable[[bytes, Dataset], None]] = {
    "turtle": _parse_turtle,
    "trig": _parse_trig,
    "nquads": _parse_nquads,
    "xml": _parse_rdf_xml,
}
