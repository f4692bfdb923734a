"""Unify: what a document says twice, it says once (:mod:`mlflow2prov.prov.equality`)."""

from mlflow2prov.prov import Document
from mlflow2prov.prov.equality import has_repeats, unified


def unify(document: Document) -> None:
    """Unify ``document`` in place and bring it into the canonical order."""
    if not document.tables.is_unified:
        kinds = [
            kind
            for kind in document.tables.kinds()
            if not document.tables.is_in_order(kind) or has_repeats(kind, document.tables.of(kind))
        ]
        document.tables.rewrite(unified, kinds, unified=True)
