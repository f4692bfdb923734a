"""Merge: several documents become one."""

from collections.abc import Iterable

from mlflow2prov.arguments import checked
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import Namespaces
from mlflow2prov.prov.prefixes import rows_under
from mlflow2prov.prov.unify import unify


@checked
def merge(documents: Document | Iterable[Document]) -> Document:
    """Return one document with the statements of all ``documents``, unified.

    Names are the same if their URIs are; a prefix that has another URI in another document is renamed.
    Bundles of the same name become one (PROV-DM section 5.4). The arguments do not change. Without
    documents, the result is empty.

    Raises:
        ConfigurationError: an argument is not a Document.
    """
    merged = Document(Namespaces())
    for document in [documents] if isinstance(documents, Document) else documents:
        for kind in document.tables.kinds():
            merged.tables.insert(kind, rows_under(document, kind, merged.namespaces))
    unify(merged)
    return merged


def unified(document: Document) -> Document:
    """Return ``document`` itself if it is unified, else a unified copy."""
    return document if document.tables.is_unified else merge(document)
