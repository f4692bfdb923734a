"""SQL for the RDF terms of a document's rows, in one syntax.

DuckDB spells plain names. A name with characters to escape goes to Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import EngineError, NamespaceError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.rdf_names import key_iri, name_iri
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.sql_expressions import (
    ATTRIBUTE_KEY,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_VALUE,
    IS_NAME,
    FrequentNames,
    frequent_names,
    is_plain_name,
    replaced,
)
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import PROV


def spell_name(name: str, syntax: Syntax) -> str:
    """Return a name of the document as a subject or a value."""
    return syntax.spell(name_iri(name, syntax.prefixes))


def spell_attribute_key(name: str, syntax: Syntax) -> str:
    """Return the key of an attribute as a property."""
    return syntax.spell_key(key_iri(name, syntax.prefixes))


def annotate(datatype: str, syntax: Syntax) -> str:
    """Return the annotation of a literal for its datatype, a name of the document."""
    return syntax.annotation(name_iri(datatype, syntax.prefixes))


def spell_term(term: str, syntax: Syntax) -> Sql:
    """Return a term of PROV-O as a property."""
    return literal(syntax.spell_key(PROV + term))


def optional(column: Sql, expression: Sql) -> Sql:
    """Return ``expression``, or NULL where ``column`` is NULL."""
    return Sql(f"CASE WHEN {column} IS NOT NULL THEN {expression} END")


class Terms:
    """Returns SQL for the names and attributes of a document. :func:`document_terms` makes it.

    Args:
        syntax: the syntax.
        frequent: the names that are spelled before the query.
        functions: the SQL functions for :func:`spell_name`, :func:`spell_attribute_key` and :func:`annotate`.
    """

    def __init__(self, syntax: Syntax, frequent: FrequentNames, functions: tuple[Sql, ...]) -> None:
        self._syntax = syntax
        self._frequent = frequent
        self._spell_name, self._spell_key, self._annotate = functions

    def name(self, column: Sql) -> Sql:
        """Return the SQL for a name as a subject or a value; NULL stays NULL."""
        branches = []
        for prefix in self._syntax.prefixes:
            before, after = map(literal, self._syntax.name_affixes(prefix))
            if prefix:
                local = f"substr({column}, {len(prefix) + 2})"
                has_prefix = f"starts_with({column}, {literal(prefix + ':')})"
                branches.append(f"WHEN {has_prefix} THEN concat({before}, {local}, {after})")
            else:
                has_no_prefix = f"NOT contains({column}, ':')"
                branches.insert(0, f"WHEN {has_no_prefix} THEN concat({before}, {column}, {after})")
        return Sql(
            f"CASE WHEN {column} IS NULL THEN NULL "
            f"WHEN NOT ({is_plain_name(column)}) THEN {self._spell_name}({column}) "
            f"{' '.join(branches)} ELSE {self._spell_name}({column}) END"
        )

    def attribute(self, subject: Sql) -> Sql:
        """Return the SQL for the property that an attribute of a statement becomes."""
        key, type_key = self._keys()
        annotation = Sql(
            f"CASE WHEN {ATTRIBUTE_LANGUAGE} IS NOT NULL "
            f"THEN {self._syntax.language(ATTRIBUTE_LANGUAGE)} "
            f"WHEN {ATTRIBUTE_TYPE} IS NULL THEN '' ELSE {self._annotation()} END"
        )
        is_type = f"{ATTRIBUTE_KEY} = 'prov:type'"
        name_key = Sql(f"CASE WHEN {is_type} THEN {type_key} ELSE {key} END")
        literal_key = Sql(
            f"CASE WHEN {is_type} THEN {spell_term('type', self._syntax)} ELSE {key} END"
        )
        name = self._syntax.reference(subject, name_key, self.name(ATTRIBUTE_VALUE))
        text = self._syntax.literal(subject, literal_key, ATTRIBUTE_VALUE, annotation)
        return Sql(f"CASE WHEN {IS_NAME} THEN {name} ELSE {text} END")

    def _keys(self) -> tuple[Sql, Sql]:
        """Return the property for the key of an attribute, and the property for a name as ``prov:type``.

        The latter is ``rdf:type``, unless the class would determine a kind.
        """
        key = replaced(
            ATTRIBUTE_KEY,
            {name: spell_attribute_key(name, self._syntax) for name in self._frequent.keys},
            Sql(f"{self._spell_key}({ATTRIBUTE_KEY})"),
        )
        classes = ", ".join(literal(f"prov:{name}") for name in sorted(provo.CLASSES))
        type_key = Sql(
            f"CASE WHEN {ATTRIBUTE_VALUE} IN ({classes}) THEN {spell_term('type', self._syntax)} "
            f"ELSE {literal(self._syntax.spell_key(provo.TYPE))} END"
        )
        return key, type_key

    def _annotation(self) -> Sql:
        return replaced(
            ATTRIBUTE_TYPE,
            {name: annotate(name, self._syntax) for name in self._frequent.types},
            Sql(f"{self._annotate}({ATTRIBUTE_TYPE})"),
        )


@contextmanager
def document_terms(document: Document, syntax: Syntax) -> Iterator[Terms]:
    """Yield the terms of a document, whose SQL is valid within the block.

    Raises:
        NamespaceError: a name in the document has a prefix that is not declared.
    """
    errors: list[NamespaceError] = []

    def speller(spell: Callable[[str, Syntax], str]) -> Callable[[str], str]:
        @cache
        def spell_in_syntax(name: str) -> str:
            try:
                return spell(name, syntax)
            except NamespaceError as error:
                errors.append(error)
                raise

        return spell_in_syntax

    spellers = (speller(spell_name), speller(spell_attribute_key), speller(annotate))
    with engine.functions(*spellers) as functions:
        try:
            yield Terms(syntax, frequent_names(document), functions)
        except EngineError:
            # DuckDB reports an error of a Python function as one of its own.
            if errors:
                raise errors[0] from None
            raise
