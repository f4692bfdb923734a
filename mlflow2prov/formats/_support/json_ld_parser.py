"""The JSON-LD parser of rdflib, changed so that it keeps the literals of the file and opens no address."""

from __future__ import annotations

from typing import Any

from rdflib import Dataset
from rdflib.namespace import XSD
from rdflib.plugins.parsers.jsonld import Parser
from rdflib.plugins.shared.jsonld.context import UNDEF, Context
from rdflib.term import BNode, Literal

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import json_ld_contexts
from mlflow2prov.formats._support.iri_references import resolve
from mlflow2prov.formats._support.rdf_parsers import (
    ParsedRdf,
    iri_term,
    literal_term,
    parse_with,
)

_NAMES = ("@id", "@vocab", "@json")
"""The types of terms whose values are not literals, or are literals of a special form."""


def parse_json_ld(data: Any, base: str) -> ParsedRdf:
    """Parse JSON-LD.

    Args:
        data: the JSON of the file.
        base: the IRI of the file, against which relative IRIs are resolved.

    Raises:
        FormatError: the file is not valid, or a context is not known.
    """
    prefixes = json_ld_contexts.prefixes(data)
    local = json_ld_contexts.with_known_contexts(data)

    def run(dataset: Dataset) -> None:
        _Parser().parse(local, Context(base=base), dataset)

    return parse_with(run)._replace(prefixes=prefixes)


class _Parser(Parser):
    """Creates terms as the other parsers do, and resolves IRIs of any scheme."""

    def _to_rdf_id(self, context: Context, id_val: str) -> Any:
        if id_val.startswith("_:"):
            return BNode(id_val.removeprefix("_:"))
        iri = context.resolve(id_val) if id_val else ""
        return iri_term(iri if ":" in iri else resolve(id_val, context.base or ""))

    def _to_object(
        self, dataset: Any, graph: Any, context: Context, term: Any, node: Any, inlist: bool = False
    ) -> Any:
        coercion = term.type if term and term.type is not UNDEF else None
        match node:
            case tuple():
                value, language = node
                return _literal(value, language, None)
            case dict():
                datatype = context.get_type(node)
                is_value = context.get_value(node) is not None
                if not is_value or datatype in context.get_keys("@json"):
                    return super()._to_object(dataset, graph, context, term, node, inlist)
                datatype = context.expand(datatype) if isinstance(datatype, str) else None
                return _literal(context.get_value(node), context.get_language(node), datatype)
            case str() if coercion == "@id":
                return self._to_rdf_id(context, node)
            case str() | bool() | int() | float() if coercion not in _NAMES:
                has_language = term and term.language is not UNDEF
                language = term.language if has_language else context.language
                return _literal(node, None if coercion else language, coercion)
        return super()._to_object(dataset, graph, context, term, node, inlist)


def _literal(value: Any, language: str | None, datatype: str | None) -> Literal | None:
    """Return the literal of a JSON value (JSON-LD 1.1 API, section 8.2.2)."""
    match value:
        case None:
            return None
        case bool():
            return literal_term(str(value).lower(), None, datatype or XSD.boolean)
        case int():
            return literal_term(str(value), None, datatype or XSD.integer)
        case float():
            is_integer = value.is_integer() and abs(value) < 1e21 and datatype is None
            text = str(int(value)) if is_integer else repr(value)
            return literal_term(text, None, datatype or (XSD.integer if is_integer else XSD.double))
        case str():
            return literal_term(value, language or None, None if language else datatype)
    raise FormatError(f"the value {str(value)[:80]} is neither text, a number nor a boolean")
