"""Reading PROV-O into a Document: rdflib parses, and the statements are read at once or in parts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.provo_graph import in_own_terms, term
from mlflow2prov.formats._support.rdf_graph_reader import (
    ELEMENTS,
    IMPLIED_KINDS,
    LINKS,
    RANGES,
    GraphReader,
    ResourceNames,
)
from mlflow2prov.formats._support.rdf_parsers import ParsedRdf, parse, parse_file
from mlflow2prov.formats._support.rdf_part import RdfPart
from mlflow2prov.formats._support.rdf_table import InseparableError, RdfTable, Terms
from mlflow2prov.prov import Document
from mlflow2prov.prov.builder import Builder

_TERMS = Terms(
    links={str(link) for link in LINKS},
    ranges={str(predicate) for predicate in RANGES},
    indirect_ranges={str(term(name)) for name in ("influencer", "qualifiedInfluence")},
    classes={str(class_) for class_ in (*ELEMENTS, *IMPLIED_KINDS)},
    type=provo.TYPE,
    list_item=provo.RDF + "first",
)


def read_rdf(
    content: bytes,
    syntax: str,
    title: str,
    base: str = "",
    prefixes: Mapping[str, str] | None = None,
    *,
    unescape_values: bool = False,
) -> Document:
    """Read the statements that an RDF file makes in PROV-O.

    Args:
        content: the file.
        syntax: ``turtle``, ``trig``, ``nquads`` or ``xml``.
        title: the name of the format in an error.
        base: the IRI of the file, against which relative IRIs are resolved.
        prefixes: the prefixes of the document in a syntax without prefixes.
        unescape_values: whether values are escaped like names, because the syntax is XML.

    Raises:
        FormatError: the file is not valid, or makes no statement in PROV-O.
    """
    try:
        parsed = parse(content, syntax, base)
    except FormatError as error:
        raise FormatError(f"not {title}: {error}") from error
    parsed = parsed._replace(prefixes=parsed.prefixes | dict(prefixes or {}))
    return read_parsed(parsed, title, unescape_values=unescape_values)


def read_rdf_file(
    path: Path,
    syntax: str,
    title: str,
    base: str = "",
    prefixes: Mapping[str, str] | None = None,
    *,
    unescape_values: bool = False,
) -> Document:
    """Read a large file like :func:`read_rdf`, a part at a time.

    Raises:
        FormatError: the file is not valid, or makes no statement in PROV-O.
    """
    table = RdfTable(_TERMS)
    try:
        with path.open("rb") as file:
            declared_prefixes = parse_file(file, syntax, base, table.add)
    except FormatError as error:
        raise FormatError(f"not {title}: {error}") from error
    reader = _Reader({**declared_prefixes, **(prefixes or {})}, unescape_values)
    try:
        for part in table.parts():
            reader.read(part)
    except InseparableError:
        content = path.read_bytes()
        return read_rdf(content, syntax, title, base, prefixes, unescape_values=unescape_values)
    return reader.finish(title, has_statements=len(table) > 0)


def read_parsed(parsed: ParsedRdf, title: str, *, unescape_values: bool = False) -> Document:
    """Read the statements that a parsed file makes in PROV-O.

    Raises:
        FormatError: it makes none, or not all of them can be read.
    """
    whole = RdfPart()
    for quad in parsed.quads:
        whole.add(*quad)
    reader = _Reader(parsed.prefixes, unescape_values)
    reader.read(whole, is_whole=True)
    return reader.finish(title, has_statements=bool(parsed.quads))


class _Reader:
    """Reads the statements of a file, of which it gets one part or several."""

    def __init__(self, prefixes: Mapping[str, str], unescape_values: bool) -> None:
        self._names = ResourceNames(prefixes)
        self._builder = Builder(self._names.namespaces)
        self._unescape_values = unescape_values

    def read(self, part: RdfPart, *, is_whole: bool = False) -> None:
        """Read the resources of a part."""
        graphs = part.graphs
        for graph in graphs.values():
            in_own_terms(graph)
        self._names.describe(graphs)
        for name in sorted(graphs, key=lambda name: (name is not None, str(name))):
            bundle = "" if name is None else self._names.resource(name)
            reader = GraphReader(
                graphs[name], bundle, self._names, self._builder, self._unescape_values
            )
            if is_whole:
                reader.read(graphs[name])
            else:
                reader.read(part.subjects[name], part.nodes[name], part.implied[name])

    def finish(self, title: str, *, has_statements: bool) -> Document:
        """Return the document.

        Raises:
            FormatError: the file has statements, but none in the terms of PROV-O.
        """
        document = self._builder.finish()
        if not len(document) and has_statements:
            raise FormatError(f"{title} without a statement in the terms of PROV-O")
        return document
