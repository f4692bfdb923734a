"""What a push adds: a document in a store's own names, less what the store says already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlflow2prov import engine
from mlflow2prov.engine import identifier, literal
from mlflow2prov.errors import MLflow2ProvError
from mlflow2prov.prov import Document, Kind
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType
from mlflow2prov.prov.merge import merge
from mlflow2prov.prov.namespaces import Namespaces, adopt
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.unify import unify
from mlflow2prov.stores._support.address import Address

Said = tuple[str, str, str | None, list[str | None], list[AttributeTuple]]
"""A statement as a store gives it: bundle, kind, identifier, formal arguments, attributes."""

_ROWS = 50_000


def under(document: Document, namespaces: Namespaces) -> Document:
    """Return ``document``, unified, by the names of ``namespaces``, which get what they lack."""
    if not adopt(namespaces, document.namespaces) and document.tables.is_unified:
        return document
    renamed = Document(namespaces)
    for kind in document.tables.kinds():
        renamed.tables.insert(kind, rows_under(document, kind, namespaces))
    unify(renamed)
    return renamed


def remaining(document: Document, there: Document, address: Address) -> Document:
    """Return the statements that a store still lacks: those of ``document`` united with what is ``there`` of the same.

    Raises:
        DocumentStoreError: an activity is there with another start or end, or the document contradicts itself.
    """
    united = document if not there.tables.kinds() else merge([there, document])
    _refuse_contradictions(united, address)
    if united is document:
        return document
    rest = Document(united.namespaces)
    for kind in united.tables.kinds():
        columns = ", ".join(kind.columns)
        rest.tables.insert(
            kind,
            f"SELECT {columns} FROM {united.tables.of(kind)} "
            f"EXCEPT SELECT {columns} FROM {there.tables.of(kind)}",
        )
    unify(rest)
    return rest


def _refuse_contradictions(document: Document, address: Address) -> None:
    """Refuse two elements of one identifier, which a store keeps as one (PROV-CONSTRAINTS, section 6.1)."""
    for kind in document.tables.kinds():
        if kind.element:
            found = engine.rows(
                f"SELECT id FROM {document.tables.of(kind)} GROUP BY bundle, id HAVING count(*) > 1 LIMIT 1"
            )
            if found:
                raise address.failed(
                    f"{kind.name} {str(found[0][0])[:100]} has another start or end there, or two in the document"
                )


def key(kind: Kind) -> str:
    """Return the SQL for what tells a statement from all others of all kinds: its digest, 32 hexadecimal digits."""
    columns = kind.key_columns
    if kind.element:
        columns = columns[:2]
    listed = f"[{literal(kind.name)}, {', '.join(columns)}]"
    return f"substr(sha256(to_json({listed})::VARCHAR), 1, 32)"


def numbered(query: str) -> Iterator[list[str]]:
    """Give the one column of a query, some thousands of its values at a time."""
    for batch in engine.stream(query, _ROWS):
        yield batch.column(0).to_pylist()


def document_of(statements: Iterable[Said], namespaces: Namespaces, address: Address) -> Document:
    """Return the document of what a store says.

    Raises:
        DocumentStoreError: it says what no document does, or uses names that are not of ``namespaces``.
    """
    builder = Builder(namespaces)
    try:
        for bundle, kind, id_, arguments, attributes in statements:
            builder.add(bundle, kind, id_, arguments, attributes)
        document = builder.finish()
    except (MLflow2ProvError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise address.failed(f"it holds what no PROV document does ({error})") from error
    for prefix in sorted(_prefixes(document) - namespaces.all.keys()):
        raise address.failed(
            f"it names things by the prefix {prefix[:40]!r}, which it does not declare"
        )
    unify(document)
    return document


def _prefixes(document: Document) -> set[str]:
    """Return the prefixes of all names in a document; the empty one is the default namespace's."""
    names = ["nullif(bundle, '')", "id"]
    queries = []
    for kind in document.tables.kinds():
        arguments = [
            identifier(argument.column)
            for argument in kind.arguments
            if argument.type is not ArgumentType.TIME
        ]
        table = document.tables.of(kind)
        queries += [f"SELECT {name} AS name FROM {table}" for name in [*names, *arguments]]
        each = f"SELECT unnest(attributes) AS a FROM {table}"
        queries.append(
            f"SELECT unnest([a.key, a.type, CASE WHEN a.type = {literal(QUALIFIED_NAME)} THEN a.value END]) "
            f"FROM ({each})"
        )
    if not queries:
        return set()
    prefix = "CASE WHEN contains(name, ':') THEN split_part(name, ':', 1) ELSE '' END"
    query = f"SELECT DISTINCT {prefix} FROM ({' UNION ALL '.join(queries)}) WHERE name IS NOT NULL"
    return {found for (found,) in engine.rows(query)}
