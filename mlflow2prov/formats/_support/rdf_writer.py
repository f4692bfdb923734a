"""Writing a Document as PROV-O, for all RDF syntaxes.

Every statement becomes the description of a *subject*. A relation with more than its two main arguments also gets the
description of a *node*. This module decides which descriptions there are, from the table of
:mod:`~mlflow2prov.formats._support.provo`; a :class:`~mlflow2prov.formats._support.rdf_syntax.Syntax` spells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.progress import report_progress
from mlflow2prov.formats._support.rdf_syntax import Syntax
from mlflow2prov.formats._support.rdf_terms import (
    Terms,
    annotate,
    document_terms,
    optional,
    spell_term,
)
from mlflow2prov.formats._support.text_stream import write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_DATETIME
from mlflow2prov.prov.kinds import ELEMENTS, Argument, ArgumentType, Kind
from mlflow2prov.prov.merge import merge
from mlflow2prov.prov.namespaces import PROV
from mlflow2prov.prov.queries import QueryableTables

_LANGUAGE_TAG = "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"

_SUBJECT, _OBJECT, _NODE = Sql("subject"), Sql("object"), Sql("node")


def require_one_graph(document: Document, title: str) -> None:
    """Require that a document has no bundles, because a syntax of one graph cannot distinguish them.

    Raises:
        FormatError: there are bundles.
    """
    if bundles := document.bundles():
        raise FormatError(
            f"{title} has one graph and cannot distinguish {len(bundles)} bundles; "
            "save as trig, nquads or jsonld"
        )


def prepare(document: Document) -> Document:
    """Return a document unified, so that equal statements become one description.

    Raises:
        FormatError: PROV-O cannot express the document.
    """
    if not document.tables.is_unified:
        document = merge([document])
    for query, reason in _inexpressible(document):
        _require_no_rows(document.tables, query, reason)
    return document


def require_distinct_identifiers(tables: QueryableTables) -> None:
    """Require that no relation has the identifier of another statement.

    :func:`prepare` requires it too, of the statements of one document.

    Raises:
        FormatError: a relation has.
    """
    if tables.existing():
        _require_no_rows(tables, *_repeated_identifiers(tables))


def _require_no_rows(tables: QueryableTables, query: Sql, reason: str) -> None:
    for kind, name in tables.fetch(f"{query} LIMIT 1"):
        text = reason.format(kind=kind, name=str(name)[:100])
        raise FormatError(f"PROV-O cannot express {text}; save as json")


def write_bundle(document: Document, bundle: str, syntax: Syntax, stream: BinaryIO) -> None:
    """Write the statements of a bundle.

    Args:
        document: a document that :func:`prepare` returned.
        bundle: the bundle, empty for the document itself.
        syntax: how to spell them.
        stream: where to write.
    """
    with document_terms(document, syntax) as terms:
        for kind in document.tables.kinds(bundle):
            describe = _describe_elements if kind.element else _describe_relations
            for query in describe(document, kind, bundle, syntax, terms):
                write_text(
                    query, stream, is_short=document.tables.is_small(kind), has_statements=False
                )
            rows = document.tables.rows(kind, bundle)
            report_progress(engine.scalar(f"SELECT count(*) FROM ({rows})"))


def _inexpressible(document: Document) -> Iterator[tuple[Sql, str]]:
    """Yield queries for the kind and a name of statements that PROV-O cannot express, and the reason."""
    kinds = document.tables.existing()
    for kind in kinds:
        if not kind.element:
            yield from _inexpressible_relations(document, kind)
    if not all(kind.element for kind in kinds):
        yield _repeated_identifiers(document.tables)
    for kind in kinds:
        tags = f"SELECT unnest(attributes).lang AS tag FROM {document.tables.of(kind)}"
        yield (
            Sql(
                f"SELECT {literal(kind.name)}, tag FROM ({tags}) "
                f"WHERE tag IS NOT NULL AND NOT regexp_full_match(tag, '{_LANGUAGE_TAG}')"
            ),
            "the language {name!r}, which is not a language tag of BCP 47",
        )


def _inexpressible_relations(document: Document, kind: Kind) -> Iterator[tuple[Sql, str]]:
    table, name = document.tables.of(kind), literal(kind.name)
    first, second = map(identifier, kind.argument_columns[:2])
    if not kind.identified:
        yield (
            Sql(f"SELECT {name}, id FROM {table} WHERE id IS NOT NULL OR len(attributes) > 0"),
            "an identifier or attributes of {kind}",
        )
    has_node = bool(provo.RELATIONS[kind.name].qualifies)
    missing = f"{first} IS NULL" if has_node else f"{first} IS NULL OR {second} IS NULL"
    yield (
        Sql(f"SELECT {name}, id FROM {table} WHERE {missing}"),
        "{kind} without one of its two main arguments",
    )
    if kind.name == "mentionOf":
        yield (
            Sql(
                f"SELECT {name}, {first} FROM {table} GROUP BY bundle, {first} HAVING count(*) > 1"
            ),
            "two mentions of {name}",
        )


def _repeated_identifiers(tables: QueryableTables) -> tuple[Sql, str]:
    elements = ", ".join(literal(kind.name) for kind in ELEMENTS)
    query = f"""
        SELECT min(CASE WHEN NOT is_element THEN kind END), id
        FROM (
            SELECT bundle, kind::VARCHAR AS kind, id, kind IN ({elements}) AS is_element
            FROM {tables.union()}
            WHERE id IS NOT NULL
        )
        GROUP BY bundle, id
        HAVING count(*) > 1 AND NOT bool_and(is_element)
    """
    return Sql(query), "two statements of one identifier ({kind} {name} is one of them)"


def _describe_elements(
    document: Document, kind: Kind, bundle: str, syntax: Syntax, terms: Terms
) -> list[Sql]:
    times = [
        _time_property(
            _SUBJECT, provo.ELEMENT_TIMES[argument.name], identifier(argument.column), syntax
        )
        for argument in kind.arguments
    ]
    rows = (
        f"SELECT *, {terms.name(Sql('id'))} AS subject FROM ({document.tables.rows(kind, bundle)})"
    )
    return syntax.description(
        Sql(rows), _SUBJECT, provo.ELEMENTS[kind.name], times, terms.attribute(_SUBJECT)
    )


def _describe_relations(
    document: Document, kind: Kind, bundle: str, syntax: Syntax, terms: Terms
) -> list[Sql]:
    """Return the queries for the statements that are one triple, then for those that have a node."""
    relation = provo.RELATIONS[kind.name]
    rows = _spelled_arguments(document, kind, bundle, terms)
    triple = _property(_SUBJECT, kind.name, _OBJECT, syntax)
    if not relation.qualifies:
        others = _other_properties(_SUBJECT, kind, syntax)
        return syntax.description(rows, _SUBJECT, "", [triple, *others])
    is_plain = _is_plain(document, kind, bundle)
    plain_rows = Sql(f"{rows} WHERE {is_plain}")
    queries = syntax.description(plain_rows, _SUBJECT, "", [triple])
    subtype = _DERIVATION_CLASS if kind.name == "wasDerivedFrom" else "NULL"
    qualified_rows = f"SELECT *, {subtype} AS subtype FROM ({rows} WHERE NOT {is_plain})"
    groups = engine.rows(
        f"SELECT DISTINCT subtype, id IS NOT NULL FROM ({qualified_rows}) ORDER BY ALL"
    )
    label = f"b{document.bundles().index(bundle) + 1}" if bundle else ""
    for derivation, has_identifier in groups:
        influence = derivation or relation.influence
        node = (
            terms.name(Sql("id"))
            if has_identifier
            else syntax.node(f"{label}{influence}", _identity(kind))
        )
        group = f"""
            SELECT
                * EXCLUDE attributes,
                {node} AS node,
                {_attributes_without(derivation)} AS attributes
            FROM ({qualified_rows})
            WHERE subtype IS NOT DISTINCT FROM {literal(derivation) if derivation else "NULL"}
                AND id IS {"NOT " if has_identifier else ""}NULL
        """
        describe = _describe_named_nodes if has_identifier else _describe_blank_nodes
        queries += describe(Sql(group), kind, derivation, syntax, terms)
    return queries


def _spelled_arguments(document: Document, kind: Kind, bundle: str, terms: Terms) -> Sql:
    """Return the query for the rows of a relation with the spelled names of its arguments.

    The columns are ``subject``, ``object`` and those of :func:`_target`.
    """
    first, second, *others = kind.arguments
    columns = [
        "*",
        f"{terms.name(identifier(first.column))} AS subject",
        f"{terms.name(identifier(second.column))} AS object",
        *(
            f"{terms.name(identifier(argument.column))} AS {_target(argument)}"
            for argument in others
            if argument.type is not ArgumentType.TIME
        ),
    ]
    return Sql(f"SELECT {', '.join(columns)} FROM ({document.tables.rows(kind, bundle)})")


def _describe_named_nodes(
    group: Sql, kind: Kind, derivation: str | None, syntax: Syntax, terms: Terms
) -> list[Sql]:
    link, influence = _link_and_class(kind, derivation)
    links = [_property(_SUBJECT, link, _NODE, syntax)]
    if triple := _kept_triple(kind, syntax):
        links.insert(0, triple)
    return [
        *syntax.description(group, _SUBJECT, "", links),
        *syntax.description(
            group, _NODE, influence, _node_properties(kind, syntax), terms.attribute(_NODE)
        ),
    ]


def _describe_blank_nodes(
    group: Sql, kind: Kind, derivation: str | None, syntax: Syntax, terms: Terms
) -> list[Sql]:
    link, influence = _link_and_class(kind, derivation)
    return syntax.qualified(
        group,
        _kept_triple(kind, syntax),
        syntax.spell_key(PROV + link),
        influence,
        _node_properties(kind, syntax),
        terms.attribute(_NODE),
    )


def _link_and_class(kind: Kind, derivation: str | None) -> tuple[str, str]:
    """Return the property that leads to a node, and the class of the node."""
    if derivation:
        return f"qualified{derivation}", derivation
    relation = provo.RELATIONS[kind.name]
    return relation.qualifies, relation.influence


def _kept_triple(kind: Kind, syntax: Syntax) -> Sql | None:
    """Return the plain triple if it is written in addition to a node."""
    if not provo.RELATIONS[kind.name].keeps_triple:
        return None
    return optional(_OBJECT, _property(_SUBJECT, kind.name, _OBJECT, syntax))


def _node_properties(kind: Kind, syntax: Syntax) -> list[Sql]:
    term = provo.RELATIONS[kind.name].object
    return [
        optional(_OBJECT, _property(_NODE, term, _OBJECT, syntax)),
        *_other_properties(_NODE, kind, syntax),
    ]


def _other_properties(subject: Sql, kind: Kind, syntax: Syntax) -> list[Sql]:
    """Return the properties for the formal arguments after the second."""
    properties = []
    for argument in kind.arguments[2:]:
        term = provo.RELATIONS[kind.name].others[argument.name]
        if argument.type is ArgumentType.TIME:
            properties.append(_time_property(subject, term, identifier(argument.column), syntax))
        else:
            target = _target(argument)
            properties.append(optional(target, _property(subject, term, target, syntax)))
    return properties


def _identity(kind: Kind) -> Sequence[Sql]:
    """Return the expressions that identify a relation without an identifier in its bundle."""
    others = [
        identifier(argument.column) if argument.type is ArgumentType.TIME else _target(argument)
        for argument in kind.arguments[2:]
    ]
    return [literal(kind.name), _SUBJECT, _OBJECT, *others]


def _is_plain(document: Document, kind: Kind, bundle: str) -> Sql:
    """Return the condition for a statement that is one triple and nothing else.

    A reader takes a triple beside a node with the same subject and object for the triple of that node. The ``prov``
    library does so even where only the subject is the same, or where the node lacks the object. A statement like that
    gets a node too.
    """
    first, second = map(identifier, kind.argument_columns[:2])
    without_others = "".join(
        f" AND {identifier(column)} IS NULL" for column in kind.argument_columns[2:]
    )
    has_no_more = f"(id IS NULL AND len(attributes) = 0 AND {second} IS NOT NULL{without_others})"
    rows = document.tables.rows(kind, bundle)
    lacks_object = engine.rows(f"SELECT 1 FROM ({rows}) WHERE {second} IS NULL LIMIT 1")
    is_same_by_subject = provo.RELATIONS[kind.name].keeps_triple or lacks_object
    key = first if is_same_by_subject else f"{first}, {second}"
    node_keys = f"SELECT DISTINCT {key} FROM ({rows}) WHERE NOT {has_no_more}"
    has_clash = engine.rows(
        f"""
        SELECT 1
        FROM ({rows}) AS statements
        SEMI JOIN ({node_keys}) AS nodes USING ({key})
        WHERE {has_no_more}
        LIMIT 1
        """
    )
    if not has_clash:
        return Sql(has_no_more)
    key_row = first if is_same_by_subject else f"({key})"
    return Sql(f"({has_no_more} AND ({key}) NOT IN (SELECT {key_row} FROM ({node_keys})))")


_DERIVATION_TYPES = ", ".join(literal(f"prov:{name}") for name in provo.DERIVATIONS)
_DERIVATION_CLASS = Sql(
    f"""
    substr(
        list_filter(
            attributes,
            lambda attribute: attribute.key = 'prov:type'
                AND attribute.type = {literal(QUALIFIED_NAME)}
                AND attribute.value IN ({_DERIVATION_TYPES})
        )[1].value,
        {len("prov:") + 1}
    )
    """
)
"""The class of a derivation that PROV-O has one for; NULL for other derivations."""


def _attributes_without(derivation: str | None) -> Sql:
    """Return the attributes of a statement without the type that is the class of its node."""
    if derivation is None:
        return Sql("attributes")
    return Sql(
        f"""
        list_filter(
            attributes,
            lambda attribute: NOT (
                attribute.key = 'prov:type'
                AND coalesce(attribute.type, '') = {literal(QUALIFIED_NAME)}
                AND attribute.value = {literal(f"prov:{derivation}")}
            )
        )
        """
    )


def _target(argument: Argument) -> Sql:
    """Return the column with the spelled name of a formal argument after the second."""
    return Sql(f"to_{argument.name}")


def _property(subject: Sql, term: str, value: Sql, syntax: Syntax) -> Sql:
    return syntax.reference(subject, spell_term(term, syntax), value)


def _time_property(subject: Sql, term: str, column: Sql, syntax: Syntax) -> Sql:
    annotation = literal(annotate(XSD_DATETIME, syntax))
    return optional(column, syntax.literal(subject, spell_term(term, syntax), column, annotation))
