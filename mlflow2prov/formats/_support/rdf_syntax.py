"""RDF's terms out of a Document's names, and what a syntax is that spells them.

A :class:`Syntax` says how terms, properties and descriptions are spelled; :class:`Terms` gives the SQL
for what a document's rows hold, so spelled.
"""

from __future__ import annotations

import itertools
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.names import (
    PLAIN,
    Frequent,
    ascii_name,
    cases,
    frequent,
    iri_part,
)
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.namespaces import PROV, Namespaces

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_numbers = itertools.count(1)


class Syntax(ABC):
    """How an RDF syntax spells things.

    IRIs that are known before any row is seen are Python's; what depends on a row is SQL. Properties
    are of a subject in the column ``subject``; a property whose value is NULL is NULL or empty.
    """

    def __init__(self, namespaces: Namespaces) -> None:
        self.namespaces = namespaces
        self.prefixes = output_prefixes(namespaces)

    @abstractmethod
    def spell(self, iri: str) -> str:
        """Spell an IRI as a subject or a value."""

    @abstractmethod
    def spell_key(self, iri: str) -> str:
        """Spell an IRI as a property."""

    @abstractmethod
    def around(self, prefix: str) -> tuple[str, str]:
        """Return what stands before and after a plain local part, for a prefix of the document."""

    @abstractmethod
    def annotation(self, datatype: str) -> str:
        """Spell the datatype (an IRI) of a literal, as it stands beside its text."""

    @abstractmethod
    def language(self, tag: str) -> str:
        """Return the SQL for the language of a literal; ``tag`` is SQL too, maybe NULL."""

    def node(self, label: str, told_by: Sequence[str]) -> str:
        """Return the SQL for a node without a name, one of those called ``label``.

        ``told_by`` is the SQL for what tells it from all others in the bundle; here its place does.
        """
        return f"concat('_:{label}', place)"

    @abstractmethod
    def reference(self, subject: str, key: str, value: str) -> str:
        """Return the SQL for a property whose value is a resource; all arguments are SQL."""

    @abstractmethod
    def literal(self, subject: str, key: str, value: str, annotation: str) -> str:
        """Return the SQL for a property whose value is a literal; all arguments are SQL."""

    @abstractmethod
    def description(
        self, rows: str, subject: str, of: str, properties: list[str], attribute: str = ""
    ) -> list[str]:
        """Return the queries for a description of each ``subject`` of ``rows``.

        ``of`` is its class in PROV's namespace, empty for none; ``attribute`` is the SQL for the
        property that an attribute ``a`` of the row is, empty where rows have none.
        """

    @abstractmethod
    def qualified(
        self, rows: str, triple: str, link: str, of: str, properties: list[str], attribute: str
    ) -> list[str]:
        """Return the queries for blank nodes and for what leads to them.

        The subject ``s`` has the property ``triple`` too, unless that is empty; ``link`` (spelled)
        leads from it to the node, which is labelled ``n``; the rest is as in :meth:`description`.
        """


def optional(column: str, spelled: str) -> str:
    """Return the SQL for a property, NULL where ``column`` is."""
    return f"CASE WHEN {column} IS NOT NULL THEN {spelled} END"


def output_prefixes(namespaces: Namespaces) -> dict[str, tuple[str, str]]:
    """Return the prefix and the IRI that a file declares, for each prefix of a document.

    A prefix that the syntaxes take for something else is replaced; in an IRI, what none may hold is
    escaped as in names.

    Raises:
        FormatError: a namespace is no absolute IRI, so that its names are none.
    """
    taken = {*namespaces.all, "rdf", "rdfs"}
    chosen: dict[str, tuple[str, str]] = {}
    for prefix, uri in namespaces.all.items():
        if not _SCHEME.match(uri):
            raise FormatError(
                f"the namespace {uri[:100]!r} of the prefix {prefix[:100]!r} is no absolute IRI, "
                "which RDF needs; save as json"
            )
        meant = {"rdf": provo.RDF, "rdfs": provo.RDFS}.get(prefix, uri)
        fresh = prefix
        if meant != uri or prefix.lower().startswith("xml"):
            fresh = next(p for n in itertools.count(1) if (p := f"ns{n}") not in taken)
            taken.add(fresh)
        chosen[prefix] = (fresh, iri_part(uri))
    return chosen


def spelled(name: str, syntax: Syntax) -> str:
    """Spell one name of the document."""
    return syntax.spell(iri(name, syntax.prefixes))


def iri(name: str, prefixes: Mapping[str, tuple[str, str]]) -> str:
    """Return the IRI of a name."""
    prefix, colon, local = name.partition(":")
    if not colon:
        prefix, local = "", name
    return prefixes[prefix][1] + iri_part(local)


def key_iri(name: str, prefixes: Mapping[str, tuple[str, str]]) -> str:
    """Return the IRI of an attribute's name, which RDF/XML makes an element's name."""
    prefix, colon, local = name.partition(":")
    if not colon:
        prefix, local = "", name
    found = prefixes[prefix][1] + ascii_name(local)
    if found in provo.STRUCTURE:
        found = f"{prefixes[prefix][1]}_x{ord(local[0]):04X}_{local[1:]}"
    return found


class Terms:
    """SQL for the terms that a document's rows hold, spelled in a syntax."""

    def __init__(self, syntax: Syntax, functions: tuple[str, str, str], known: Frequent) -> None:
        self._syntax = syntax
        self._spell, self._spell_key, self._annotate = functions
        self._known = known

    def name(self, column: str) -> str:
        """Return the SQL for a name as a subject or value; NULL stays NULL."""
        is_plain = (
            f"regexp_full_match({column}, '({PLAIN}:)?{PLAIN}') AND NOT contains({column}, '_x')"
        )
        whens = []
        for prefix in self._syntax.prefixes:
            before, after = (literal(t) for t in self._syntax.around(prefix))
            begins = f"starts_with({column}, {literal(prefix + ':')})"
            if prefix:
                local = f"substr({column}, {len(prefix) + 2})"
                whens.append(f"WHEN {begins} THEN concat({before}, {local}, {after})")
            else:
                whole = f"concat({before}, {column}, {after})"
                whens.insert(0, f"WHEN NOT contains({column}, ':') THEN {whole}")
        return (
            f"CASE WHEN {column} IS NULL THEN NULL WHEN NOT ({is_plain}) "
            f"THEN {self._spell}({column}) {' '.join(whens)} END"
        )

    def attribute(self, subject: str, element: str = "a") -> str:
        """Return the SQL for the property that an attribute of a statement is."""
        a, syntax = element, self._syntax
        is_type = f"{a}.key = 'prov:type'"
        classes = ", ".join(literal(f"prov:{name}") for name in sorted(provo.CLASSES))
        own = literal(syntax.spell_key(PROV + "type"))
        of_class = f"CASE WHEN {a}.value IN ({classes}) THEN {own} ELSE {literal(syntax.spell_key(provo.TYPE))} END"
        key = cases(
            f"{a}.key",
            {name: syntax.spell_key(self._key(name)) for name in self._known.keys},
            f"{self._spell_key}({a}.key)",
        )
        datatype = cases(
            f"{a}.type",
            {name: syntax.annotation(iri(name, syntax.prefixes)) for name in self._known.types},
            f"{self._annotate}({a}.type)",
        )
        annotation = (
            f"CASE WHEN {a}.lang IS NOT NULL THEN {syntax.language(a + '.lang')} "
            f"WHEN {a}.type IS NULL THEN '' ELSE {datatype} END"
        )
        named = f"CASE WHEN {is_type} THEN {of_class} ELSE {key} END"
        typed = f"CASE WHEN {is_type} THEN {own} ELSE {key} END"
        return (
            f"CASE WHEN {a}.type = {literal(QUALIFIED_NAME)} "
            f"THEN {syntax.reference(subject, named, self.name(a + '.value'))} "
            f"ELSE {syntax.literal(subject, typed, a + '.value', annotation)} END"
        )

    def _key(self, name: str) -> str:
        return provo.ATTRIBUTES.get(name) or key_iri(name, self._syntax.prefixes)


@contextmanager
def spelling(document: Document, syntax: Syntax) -> Iterator[Terms]:
    """Give the terms of ``document``: by the database where names are plain, else by Python.

    Few keys and datatypes occur in many attributes: these are spelled once.
    """
    prefixes = syntax.prefixes
    spellers: list[Callable[[str], str]] = [
        cache(lambda name: syntax.spell(iri(name, prefixes))),
        cache(lambda name: syntax.spell_key(provo.ATTRIBUTES.get(name) or key_iri(name, prefixes))),
        cache(lambda name: syntax.annotation(iri(name, prefixes))),
    ]
    with engine.functions(*spellers) as (name, key, annotation):
        yield Terms(syntax, (name, key, annotation), frequent(document))
