"""Merge: several documents become one, and tell whether two are the same."""

from collections.abc import Iterable

from mlflow2prov import database
from mlflow2prov.document import Document
from mlflow2prov.document.namespaces import Namespaces
from mlflow2prov.document.renaming import rows_under
from mlflow2prov.operations.unify import unified


def merge(documents: Iterable[Document]) -> Document:
    """Return one document that says all that ``documents`` say, unified.

    Statements meet by what their names mean: a prefix that stands for something else in another
    document is renamed. Bundles of the same name become one (PROV-DM section 5.4). The documents given
    are left as they are; of none, the result is the empty document.
    """
    documents = list(documents)
    merged = Document(Namespaces())
    for document in documents:
        merged.insert(rows_under(document, merged.namespaces))
    merged.replace(unified(f"SELECT * FROM {merged.table}"), unified=True)
    return merged


def same(one: Document, other: Document) -> bool:
    """Return whether two documents say the same, whatever their prefixes and however often."""
    namespaces = Namespaces()
    queries = [unified(rows_under(document, namespaces)) for document in (one, other)]
    left, right = (f"SELECT * EXCLUDE kind, kind::VARCHAR FROM ({query})" for query in queries)
    return bool(
        database.scalar(
            f"SELECT NOT EXISTS (({left}) EXCEPT ({right})) AND NOT EXISTS (({right}) EXCEPT ({left}))"
        )
    )
