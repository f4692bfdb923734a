"""Unify: what a document says twice, it says once (:mod:`mlflow2prov.document.sameness`)."""

from mlflow2prov.document import Document
from mlflow2prov.document.sameness import unified


def unify(document: Document) -> None:
    """Unify ``document`` in place and bring it into the canonical order."""
    if not document.is_unified:
        document.rewrite(unified, unified=True)
