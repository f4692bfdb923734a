"""Merge: several documents become one, and tell whether two are the same."""

from collections.abc import Iterable

from mlflow2prov import database
from mlflow2prov.document import KINDS, Document, Kind
from mlflow2prov.document.namespaces import Namespaces
from mlflow2prov.document.renaming import rows_under
from mlflow2prov.operations.unify import unified, unify


def merge(documents: Iterable[Document]) -> Document:
    """Return one document that says all that ``documents`` say, unified.

    Statements meet by what their names mean: a prefix that stands for something else in another
    document is renamed. Bundles of the same name become one (PROV-DM section 5.4). The documents given
    are left as they are; of none, the result is the empty document.
    """
    documents = list(documents)
    merged = Document(Namespaces())
    for document in documents:
        for kind in document.kinds():
            merged.insert(kind, rows_under(document, kind, merged.namespaces))
    unify(merged)
    return merged


def same(one: Document, other: Document) -> bool:
    """Return whether two documents say the same, whatever their prefixes and however often."""
    namespaces = Namespaces()
    kinds = {*one.kinds(), *other.kinds()}
    return all(
        _same_rows(_comparable(one, kind, namespaces), _comparable(other, kind, namespaces))
        for kind in KINDS
        if kind in kinds
    )


def _comparable(document: Document, kind: Kind, namespaces: Namespaces) -> str:
    """Return the query for the statements of a kind, each once, by the names of ``namespaces``."""
    rows = rows_under(document, kind, namespaces)
    keeps_names = document.namespaces.all.items() <= namespaces.all.items()
    return rows if document.is_unified and keeps_names else unified(kind, f"({rows})")


def _same_rows(left: str, right: str) -> bool:
    """Return whether two queries, neither of which gives a row twice, give the same rows."""
    return bool(
        database.scalar(
            f"SELECT (SELECT count(*) FROM ({left})) = (SELECT count(*) FROM ({right})) "
            f"AND NOT EXISTS (({left}) EXCEPT ({right}))"
        )
    )
