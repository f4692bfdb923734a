"""RDF out of a Document, as SQL: what all four syntaxes share.

For every statement there is a *subject* with properties, and for a relation that says more than its two
main arguments a *node* with properties. A :class:`Syntax` says how terms, properties and descriptions
are spelled; the rest is written once, here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from mlflow2prov import database
from mlflow2prov.database import text
from mlflow2prov.document import Document
from mlflow2prov.document.kinds import KINDS, Kind, Refers
from mlflow2prov.document.literals import QUALIFIED_NAME, XSD_DATETIME
from mlflow2prov.document.namespaces import PROV, Namespaces
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import provo
from mlflow2prov.formats.names import ascii_name, iri_part, name_sql
from mlflow2prov.formats.streaming import write_text


class Syntax(Protocol):
    """How an RDF syntax spells things; all arguments and results are SQL expressions."""

    def resource(self, iri: str) -> str:
        """Spell an IRI as the object of a property."""

    def blank(self, label: str) -> str:
        """Spell a blank node as the object of a property."""

    def literal(self, value: str, datatype: str, language: str) -> str:
        """Spell a literal; ``datatype`` (an IRI) and ``language`` are SQL, NULL where there is none."""

    def property(self, subject: str, key: str, value: str) -> str:
        """Spell a property of ``subject``; ``key`` is the SQL of an IRI."""

    def description(self, subject: str, properties: str) -> str:
        """Spell the description of a subject from the SQL list of its properties."""


def plain_iri(uri: str) -> str:
    """Return ``uri`` with what no IRI may hold percent-encoded (RFC 3987)."""
    return re.sub(
        r"[\x00-\x20<>\"{}|^`\\]",
        lambda found: "".join(f"%{b:02X}" for b in found[0].encode()),
        uri,
    )


@dataclass(frozen=True)
class Iris:
    """SQL for the IRIs of a document's names."""

    namespaces: Namespaces

    def of(self, name: str) -> str:
        """Return the SQL for the IRI of a name."""
        return self._expanded(name_sql(name, iri_part))

    def of_key(self, name: str) -> str:
        """Return the SQL for the IRI of an attribute's name, which RDF/XML makes an element's name."""
        return self._expanded(name_sql(name, ascii_name))

    def _expanded(self, name: str) -> str:
        cases = [
            f"WHEN starts_with(n, {text(prefix + ':')}) THEN {text(plain_iri(uri))} || "
            f"substr(n, {len(prefix) + 2})"
            for prefix, uri in self.namespaces.all.items()
            if prefix
        ]
        default = text(plain_iri(self.namespaces.all.get("", "")))
        # A list of one is DuckDB's way to name an expression that is used more than once.
        expansion = f"CASE {' '.join(cases)} ELSE {default} || n END"
        return f"list_transform([{name}], lambda n: {expansion})[1]"


def write(document: Document, bundle: str, syntax: Syntax, stream: BinaryIO) -> None:
    """Write the statements of ``bundle`` (``""``: of the document itself)."""
    _refuse_attributes_without_place(document)
    iris = Iris(document.namespaces)
    for kind in document.kinds(bundle):
        query = _element if kind.element else _relation
        write_text(query(kind, document.rows_of(kind, bundle), iris, syntax), stream)


def refuse_bundles(document: Document, what: str) -> None:
    """Raise :class:`FormatError` if there are bundles: a syntax of one graph cannot keep them apart."""
    if bundles := document.bundles():
        raise FormatError(
            f"{what} holds one graph and cannot tell {len(bundles)} bundles apart; "
            "save as trig, nquads or jsonld"
        )


def _refuse_attributes_without_place(document: Document) -> None:
    unidentified = ", ".join(text(kind.name) for kind in KINDS if not kind.identified)
    found = database.rows(
        f"SELECT DISTINCT kind FROM {document.table} WHERE kind IN ({unidentified}) "
        "AND (id IS NOT NULL OR len(attributes) > 0)"
    )
    if found:
        raise FormatError(
            f"PROV-O has no place for an identifier or attributes of {found[0][0]}; save as json"
        )


def _element(kind: Kind, rows: str, iris: Iris, syntax: Syntax) -> str:
    subject = iris.of("id")
    properties = [
        syntax.property("s", _rdf("type"), syntax.resource(_prov(provo.ELEMENTS[kind.name])))
    ]
    for argument in kind.arguments:
        time = syntax.literal(
            kind.column(argument.name), _datatype(iris, XSD_DATETIME), "NULL::VARCHAR"
        )
        properties.append(syntax.property("s", _prov(provo.ELEMENT_TIMES[argument.name]), time))
    listed = f"list_concat([{', '.join(properties)}], {_attributes('s', iris, syntax)})"
    return f"SELECT {syntax.description('s', _given(listed))} FROM (SELECT *, {subject} AS s FROM ({rows}))"


def _relation(kind: Kind, rows: str, iris: Iris, syntax: Syntax) -> str:
    terms = provo.RELATIONS[kind.name]
    first, second = kind.arguments[0], kind.arguments[1]
    others = list(kind.arguments[2:])
    object_ = syntax.resource("o")
    plain = syntax.property("s", _prov(kind.name), object_)
    named = ", ".join(
        f"{iris.of(kind.column(a.name))} AS r{place}"
        for place, a in enumerate(others)
        if a.refers is not Refers.TIME
    )
    base = (
        f"SELECT *, {iris.of(kind.column(first.name))} AS s, {iris.of(kind.column(second.name))} AS o"
        f"{', ' + named if named else ''}, row_number() OVER () AS number"
    )
    if not terms.qualifies:
        extra = [
            syntax.property("s", _prov(terms.others[a.name]), syntax.resource(f"r{place}"))
            for place, a in enumerate(others)
        ]
        listed = f"[{', '.join([plain, *extra])}]"
        return f"SELECT {syntax.description('s', _given(listed))} FROM ({base} FROM ({rows}))"
    # A relation that says no more than its triple has a node where another one has the same triple.
    alone = (
        f"count(*) OVER (PARTITION BY {kind.column(first.name)}, {kind.column(second.name)}) = 1"
    )
    more = " OR ".join(f"{kind.column(a.name)} IS NOT NULL" for a in others)
    is_more = f"(id IS NOT NULL OR len(attributes) > 0 OR o IS NULL{' OR ' + more if more else ''})"
    label = f"'{kind.name}' || number"
    node = f"CASE WHEN id IS NULL THEN {syntax.blank(label)} ELSE {syntax.resource('i')} END"
    about = f"CASE WHEN id IS NULL THEN '_:' || {label} ELSE i END"
    properties = [
        syntax.property("n", _rdf("type"), syntax.resource(_prov(terms.influence))),
        syntax.property("n", _prov(terms.object), object_),
    ]
    for place, argument in enumerate(others):
        key = _prov(terms.others[argument.name])
        if argument.refers is Refers.TIME:
            value = syntax.literal(
                kind.column(argument.name), _datatype(iris, XSD_DATETIME), "NULL::VARCHAR"
            )
        else:
            value = syntax.resource(f"r{place}")
        properties.append(syntax.property("n", key, value))
    node_properties = f"list_concat([{', '.join(properties)}], {_attributes('n', iris, syntax)})"
    link = syntax.property("s", _prov(terms.qualifies), node)
    subject = syntax.description("s", _given(f"[{plain}, CASE WHEN is_qualified THEN {link} END]"))
    described = syntax.description("n", _given(node_properties))
    return f"""
        SELECT {subject} || CASE WHEN is_qualified THEN {described} ELSE '' END FROM (
            SELECT *, {about} AS n, ({is_more} OR NOT is_alone) AS is_qualified
            FROM (SELECT *, {iris.of("id")} AS i FROM ({base}, {alone} AS is_alone FROM ({rows})))
            ORDER BY number
        )
    """


def _attributes(subject: str, iris: Iris, syntax: Syntax) -> str:
    """Return the SQL list of the properties that a statement's attributes are."""
    is_name = f"a.type = {text(QUALIFIED_NAME)}"
    classes = ", ".join(text(f"prov:{name}") for name in sorted(provo.CLASSES))
    known = " ".join(
        f"WHEN a.key = {text(k)} THEN {text(iri)}" for k, iri in provo.ATTRIBUTES.items()
    )
    key = (
        f"CASE WHEN a.key = 'prov:type' AND {is_name} AND a.value NOT IN ({classes}) THEN {_rdf('type')} "
        f"{known} ELSE {iris.of_key('a.key')} END"
    )
    value = (
        f"CASE WHEN {is_name} THEN {syntax.resource(iris.of('a.value'))} "
        f"ELSE {syntax.literal('a.value', iris.of('a.type'), 'a.lang')} END"
    )
    return f"list_transform(attributes, lambda a: {syntax.property(subject, key, value)})"


def _given(listed: str) -> str:
    return f"list_filter({listed}, lambda p: p IS NOT NULL)"


def _prov(term: str) -> str:
    return text(PROV + term)


def _rdf(term: str) -> str:
    return text(provo.RDF + term)


def _datatype(iris: Iris, name: str) -> str:
    return text(iris.namespaces.uri(name))
