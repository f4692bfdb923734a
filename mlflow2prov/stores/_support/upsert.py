"""Upserts: the statements that a push adds, under the prefixes of the store and without those that it already has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier, literal
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

StatementRow = tuple[str, str, str | None, list[str | None], list[AttributeTuple]]
"""A statement of a store: bundle, kind, identifier, formal arguments, attributes."""

BATCH_ROWS = 50_000
"""Values in a batch."""


def rebase(document: Document, namespaces: Namespaces) -> Document:
    """Return ``document`` unified, with the prefixes of ``namespaces``, where missing URIs are declared."""
    if not adopt(namespaces, document.namespaces) and document.tables.is_unified:
        return document
    renamed = Document(namespaces)
    for kind in document.tables.kinds():
        renamed.tables.insert(kind, rows_under(document, kind, namespaces))
    unify(renamed)
    return renamed


def missing_statements(document: Document, stored: Document, address: Address) -> Document:
    """Return the statements that a store lacks, with all attributes of the stored statements they replace.

    Args:
        document: the document to push.
        stored: the statements of the store that have the same identity.
        address: the store, for error messages.

    Raises:
        DocumentStoreError: an activity has another start or end in the store, or two in the document.
    """
    merged = merge([stored, document]) if stored.tables.kinds() else document
    _refuse_contradictions(merged, address)
    if merged is document:
        return document
    missing = Document(merged.namespaces)
    for kind in merged.tables.kinds():
        columns = ", ".join(kind.columns)
        missing.tables.insert(
            kind,
            f"SELECT {columns} FROM {merged.tables.of(kind)} "
            f"EXCEPT SELECT {columns} FROM {stored.tables.of(kind)}",
        )
    unify(missing)
    return missing


def _refuse_contradictions(document: Document, address: Address) -> None:
    """Refuse two elements of one identifier, which are one in a store (PROV-CONSTRAINTS section 6.1)."""
    for kind in document.tables.kinds():
        if kind.element:
            rows = engine.rows(
                f"SELECT id FROM {document.tables.of(kind)} GROUP BY bundle, id HAVING count(*) > 1 LIMIT 1"
            )
            if rows:
                raise address.failed(
                    f"{kind.name} {str(rows[0][0])[:100]} has another start or end in the store, "
                    "or two in the document"
                )


def key(kind: Kind) -> Sql:
    """Return the SQL for the key of a statement among all kinds: a digest of 32 hexadecimal digits."""
    columns = ("bundle", "id") if kind.element else kind.key_columns
    identity = f"[{literal(kind.name)}, {', '.join(columns)}]"
    return Sql(f"substr(sha256(to_json({identity})::VARCHAR), 1, 32)")


def batches(query: str) -> Iterator[list[str]]:
    """Yield the values of the only column of a query, batch after batch."""
    for batch in engine.stream(query, BATCH_ROWS):
        yield batch.column(0).to_pylist()


def document_from_rows(
    statements: Iterable[StatementRow], namespaces: Namespaces, address: Address
) -> Document:
    """Return the document of a store's statements.

    Raises:
        DocumentStoreError: a statement is not valid, or a name uses a prefix that the store does not declare.
    """
    builder = Builder(namespaces)
    try:
        for bundle, kind, name, arguments, attributes in statements:
            builder.add(bundle, kind, name, arguments, attributes)
        document = builder.finish()
    except (MLflow2ProvError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise address.failed(
            f"the store contains statements that are not PROV ({error})"
        ) from error
    for prefix in sorted(_prefixes(document) - namespaces.all.keys()):
        raise address.failed(f"the store uses the prefix {prefix[:40]!r} without declaring it")
    unify(document)
    return document


def _prefixes(document: Document) -> set[str]:
    """Return the prefixes of all names in a document; the empty one is that of the default namespace."""
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
        queries.append(
            f"""
            SELECT unnest([
                attribute.key,
                attribute.type,
                CASE WHEN attribute.type = {literal(QUALIFIED_NAME)} THEN attribute.value END
            ])
            FROM (SELECT unnest(attributes) AS attribute FROM {table})
            """
        )
    if not queries:
        return set()
    prefix = "CASE WHEN contains(name, ':') THEN split_part(name, ':', 1) ELSE '' END"
    query = f"SELECT DISTINCT {prefix} FROM ({' UNION ALL '.join(queries)}) WHERE name IS NOT NULL"
    return {prefix for (prefix,) in engine.rows(query)}
