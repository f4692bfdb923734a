"""Types and attributes of statements, as SQL over the column ``attributes``.

The vocabulary's names are told by their local part, as ``extract --namespace`` chooses their namespace.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlflow2prov.engine import literal
from mlflow2prov.prov import Document
from mlflow2prov.prov.kinds import ELEMENTS


def called(column: str, *locals_: str) -> str:
    """Return the SQL condition that a qualified name is ``locals_``, in whatever namespace."""
    conditions = [f"{column} = {literal(local)}" for local in locals_]
    conditions += [f"ends_with({column}, {literal(':' + local)})" for local in locals_]
    return f"({' OR '.join(conditions)})"


def local(column: str) -> str:
    """Return the SQL for the local part of a qualified name."""
    return f"regexp_extract({column}, '[^:]*$')"


def listed(key: str, attributes: str = "attributes") -> str:
    """Return the SQL for the literals of a key: as it stands if it has a prefix, else by its local part."""
    condition = f"a.key = {literal(key)}" if ":" in key else called("a.key", key)
    return f"list_filter({attributes}, lambda a: {condition})"


def value(key: str, attributes: str = "attributes") -> str:
    """Return the SQL for the first value of a key (:func:`listed`), or null."""
    return f"{listed(key, attributes)}[1].value"


def has_type(*types: str, attributes: str = "attributes") -> str:
    """Return the SQL condition that ``prov:type`` is one of ``types``, by its local part."""
    condition = called("a.value", *types)
    return f"len(list_filter({attributes}, lambda a: a.key = 'prov:type' AND {condition})) > 0"


def own_type(attributes: str = "attributes") -> str:
    """Return the SQL for the local part of the first type that is not PROV's own, or null."""
    types = (
        f"list_filter({attributes}, lambda a: a.key = 'prov:type' AND "
        f"NOT starts_with(a.value, 'prov:'))[1].value"
    )
    return local(types)


def elements(document: Document) -> str:
    """Return the SQL for a table of all elements: bundle, kind, id, attributes."""
    parts = (
        f"SELECT bundle, {literal(kind.name)} AS kind, id, attributes FROM {document.tables.of(kind)}"
        for kind in ELEMENTS
    )
    return f"({' UNION ALL '.join(parts)})"


def names(values: Iterable[str]) -> str:
    """Return an SQL table with the column ``name``."""
    rows = ", ".join(f"({literal(value)})" for value in values)
    return f"(VALUES {rows}) AS given(name)" if rows else "(SELECT '' AS name WHERE false) AS given"
