"""Merge: several documents become one."""

from collections.abc import Iterable

from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.unify import unify


def merge(documents: Document | Iterable[Document]) -> Document:
    """Return one document that says all that ``documents`` say, unified.

    Statements meet by what their names mean: a prefix that stands for something else in another
    document is renamed. Bundles of the same name become one (PROV-DM section 5.4). The documents given
    are left as they are; of none, the result is the empty document.
    """
    merged = Document(Namespaces())
    for document in [documents] if isinstance(documents, Document) else documents:
        for kind in document.tables.kinds():
            merged.tables.insert(kind, rows_under(document, kind, merged.namespaces))
    unify(merged)
    return merged


def unified(document: Document) -> Document:
    """Return ``document``, or a unified copy if it may say something twice."""
    return document if document.tables.is_unified else merge(document)
