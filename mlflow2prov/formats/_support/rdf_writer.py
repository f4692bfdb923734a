"""RDF out of a Document, as SQL: what all four syntaxes share.

For every statement there is a description of a *subject*, and for a relation that says more than its
two main arguments one of a *node*. Which there are is written once, here, from the table of
:mod:`~mlflow2prov.formats._support.provo`; a :class:`~mlflow2prov.formats._support.rdf_syntax.Syntax` spells them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import identifier, literal
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.rdf_syntax import Syntax, Terms, iri, optional, spelling
from mlflow2prov.formats._support.text_stream import tell_written, write_text
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_DATETIME
from mlflow2prov.prov.kinds import Argument, ArgumentType, Kind
from mlflow2prov.prov.merge import merge
from mlflow2prov.prov.namespaces import PROV

_LANGUAGE = "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"


def refuse_bundles(document: Document, what: str) -> None:
    """Raise :class:`FormatError` if there are bundles: a syntax of one graph cannot keep them apart."""
    if bundles := document.bundles():
        raise FormatError(
            f"{what} holds one graph and cannot tell {len(bundles)} bundles apart; "
            "save as trig, nquads or jsonld"
        )


def unambiguous(document: Document) -> Document:
    """Return ``document`` unified, so that equal statements are one description.

    Raises:
        FormatError: it says what PROV-O has no words for.
    """
    if not document.tables.is_unified:
        document = merge([document])
    for query, reason in _unsayable(document):
        found = engine.rows(f"{query} LIMIT 1")
        if found:
            kind, name = found[0]
            raise FormatError(
                f"PROV-O has no words for {reason.format(kind=kind, name=str(name)[:100])}; save as json"
            )
    return document


def _unsayable(document: Document) -> Iterator[tuple[str, str]]:
    """Yield queries for the kind and identifier of statements that PROV-O cannot express, each with the reason."""
    kinds = document.tables.existing()
    relations = [kind for kind in kinds if not kind.element]
    for kind in relations:
        table, name = document.tables.of(kind), literal(kind.name)
        if not kind.identified:
            yield (
                f"SELECT {name}, id FROM {table} WHERE id IS NOT NULL OR len(attributes) > 0",
                "an identifier or attributes of {kind}",
            )
        first, second = map(identifier, kind.argument_columns[:2])
        optional_second = "" if provo.RELATIONS[kind.name].qualifies else f" OR {second} IS NULL"
        yield (
            f"SELECT {name}, id FROM {table} WHERE {first} IS NULL{optional_second}",
            "{kind} without one of its two main arguments",
        )
        if kind.name == "mentionOf":
            yield (
                f"SELECT {name}, {first} FROM {table} GROUP BY bundle, {first} HAVING count(*) > 1",
                "two mentions of {name}",
            )
    if relations:
        identified = " UNION ALL ".join(
            f"SELECT {literal(kind.name)} AS kind, bundle, id, {str(kind.element).lower()} AS is_element "
            f"FROM {document.tables.of(kind)} WHERE id IS NOT NULL"
            for kind in kinds
        )
        yield (
            f"SELECT any_value(kind) FILTER (NOT is_element), id FROM ({identified}) "
            "GROUP BY bundle, id HAVING count(*) > 1 AND NOT bool_and(is_element)",
            "two statements of one identifier ({kind} {name} is one of them)",
        )
    for kind in kinds:
        yield (
            f"SELECT {literal(kind.name)}, tag FROM (SELECT unnest(attributes).lang AS tag FROM {document.tables.of(kind)}) "
            f"WHERE tag IS NOT NULL AND NOT regexp_full_match(tag, '{_LANGUAGE}')",
            "the language {name!r}, which is not a language tag of BCP 47",
        )


def write(document: Document, bundle: str, syntax: Syntax, stream: BinaryIO) -> None:
    """Write the statements of ``bundle`` (``""``: of the document itself), which are unambiguous."""
    with spelling(document, syntax) as terms:
        for kind in document.tables.kinds(bundle):
            queries = _element if kind.element else _relation
            for query in queries(document, kind, bundle, syntax, terms):
                write_text(query, stream, counted=False)
            tell_written(
                engine.scalar(f"SELECT count(*) FROM ({document.tables.rows(kind, bundle)})")
            )


def _element(
    document: Document, kind: Kind, bundle: str, syntax: Syntax, terms: Terms
) -> list[str]:
    times = [
        _time("s", provo.ELEMENT_TIMES[argument.name], kind.column(argument.name), syntax)
        for argument in kind.arguments
    ]
    rows = f"SELECT *, {terms.name('id')} AS s FROM ({document.tables.rows(kind, bundle)})"
    return syntax.description(rows, "s", provo.ELEMENTS[kind.name], times, terms.attribute("s"))


def _relation(
    document: Document, kind: Kind, bundle: str, syntax: Syntax, terms: Terms
) -> list[str]:
    """Return the queries for what is one triple, then for what has a node."""
    relation = provo.RELATIONS[kind.name]
    first, second, *others = kind.arguments
    columns = [
        "*",
        f"{terms.name(kind.column(first.name))} AS s",
        f"{terms.name(kind.column(second.name))} AS o",
        *(
            f"{terms.name(kind.column(argument.name))} AS {_place(argument)}"
            for argument in others
            if argument.type is not ArgumentType.TIME
        ),
    ]
    rows = f"SELECT {', '.join(columns)} FROM ({document.tables.rows(kind, bundle)})"
    triple = _property("s", kind.name, "o", syntax)
    if not relation.qualifies:
        return syntax.description(rows, "s", "", [triple, *_others("s", others, relation, syntax)])
    is_plain = _is_plain(document, kind, bundle)
    queries = syntax.description(f"{rows} WHERE {is_plain}", "s", "", [triple])
    subtype = _SUBTYPE if kind.name == "wasDerivedFrom" else "NULL"
    rows = f"SELECT *, {subtype} AS subtype FROM ({rows} WHERE NOT {is_plain})"
    groups = engine.rows(f"SELECT DISTINCT subtype, id IS NOT NULL FROM ({rows}) ORDER BY ALL")
    told_by = [literal(kind.name), "s", "o"]
    told_by += [kind.column(a.name) if a.type is ArgumentType.TIME else _place(a) for a in others]
    where = f"b{document.bundles().index(bundle) + 1}" if bundle else ""
    for derivation, is_named in groups:
        influence = derivation or relation.influence
        link = f"qualified{derivation}" if derivation else relation.qualifies
        properties = [
            optional("o", _property("n", relation.object, "o", syntax)),
            *_others("n", others, relation, syntax),
        ]
        node = terms.name("id") if is_named else syntax.node(f"{where}{influence}", told_by)
        group = (
            f"SELECT * EXCLUDE attributes, {node} AS n, {_without(derivation)} AS attributes FROM ({rows}) "
            f"WHERE subtype IS NOT DISTINCT FROM {literal(derivation) if derivation else 'NULL'} "
            f"AND id IS {'NOT ' if is_named else ''}NULL"
        )
        also = optional("o", triple) if relation.keeps_triple else ""
        attribute = terms.attribute("n")
        if is_named:
            links = [*([also] if also else []), _property("s", link, "n", syntax)]
            queries += syntax.description(group, "s", "", links)
            queries += syntax.description(group, "n", influence, properties, attribute)
        else:
            key = syntax.spell_key(PROV + link)
            queries += syntax.qualified(group, also, key, influence, properties, attribute)
    return queries


def _is_plain(document: Document, kind: Kind, bundle: str) -> str:
    """Return the SQL condition for a statement that is one triple and nothing else.

    Where another statement has the same triple at a node, one alone would be read as that one's (by the
    ``prov`` library even where only the subject is the same, or where the node lacks the object).
    """
    first, second = map(identifier, kind.argument_columns[:2])
    more = "".join(f" AND {kind.column(a.name)} IS NULL" for a in kind.arguments[2:])
    is_plain = f"(id IS NULL AND len(attributes) = 0 AND {second} IS NOT NULL{more})"
    rows = document.tables.rows(kind, bundle)
    half = engine.rows(f"SELECT 1 FROM ({rows}) WHERE {second} IS NULL LIMIT 1")
    same = first if provo.RELATIONS[kind.name].keeps_triple or half else f"{first}, {second}"
    clashing = f"SELECT DISTINCT {same} FROM ({rows}) WHERE NOT {is_plain}"
    found = engine.rows(
        f"SELECT 1 FROM ({rows}) AS one SEMI JOIN ({clashing}) AS other USING ({same}) WHERE {is_plain} LIMIT 1"
    )
    if not found:
        return is_plain
    return f"({is_plain} AND ({same}) NOT IN (SELECT {_tuple(same)} FROM ({clashing})))"


def _tuple(columns: str) -> str:
    return f"({columns})" if "," in columns else columns


_derivations = ", ".join(literal(f"prov:{name}") for name in provo.DERIVATIONS)
_SUBTYPE = (
    "substr(list_filter(attributes, lambda a: a.key = 'prov:type' "
    f"AND a.type = {literal(QUALIFIED_NAME)} AND a.value IN ({_derivations}))[1].value, 6)"
)


def _without(subtype: str | None) -> str:
    """Return the SQL for the attributes but for the type that is the node's class already."""
    if subtype is None:
        return "attributes"
    return (
        "list_filter(attributes, lambda a: NOT (a.key = 'prov:type' AND "
        f"coalesce(a.type, '') = {literal(QUALIFIED_NAME)} AND a.value = {literal('prov:' + subtype)}))"
    )


def _place(argument: Argument) -> str:
    return f"to_{argument.name}"


def _others(
    subject: str, arguments: list[Argument], relation: provo.Relation, syntax: Syntax
) -> list[str]:
    """Return the SQL for the formal arguments after the second."""
    properties = []
    for argument in arguments:
        term = relation.others[argument.name]
        if argument.type is ArgumentType.TIME:
            properties.append(_time(subject, term, identifier(argument.column), syntax))
        else:
            column = _place(argument)
            properties.append(optional(column, _property(subject, term, column, syntax)))
    return properties


def _property(subject: str, term: str, value: str, syntax: Syntax) -> str:
    return syntax.reference(subject, literal(syntax.spell_key(PROV + term)), value)


def _time(subject: str, term: str, column: str, syntax: Syntax) -> str:
    datatype = literal(syntax.annotation(iri(XSD_DATETIME, syntax.prefixes)))
    key = literal(syntax.spell_key(PROV + term))
    return optional(column, syntax.literal(subject, key, column, datatype))
