"""Names of a document under other prefixes, as SQL over its columns."""

from collections.abc import Mapping

from mlflow2prov.engine import literal
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.prov.namespaces import Namespaces, adopt


def rows_under(document: Document, kind: Kind, namespaces: Namespaces) -> str:
    """Return the SQL query for a document's statements of a kind as they read under ``namespaces``.

    What ``namespaces`` lacks is declared there first; rows come in no particular order.
    """
    renamed = adopt(namespaces, document.namespaces)
    if not renamed:
        return f"SELECT * FROM {document.tables.of(kind)}"
    # A local part with a colon in it cannot stand in the default namespace.
    aliases = {
        old: namespaces.alias(document.namespaces.all[old], old)
        for old, new in renamed.items()
        if new == ""
    }

    def name(column: str) -> str:
        return _renamed(column, renamed, aliases)

    value = f"CASE WHEN a.type = {literal(QUALIFIED_NAME)} THEN {name('a.value')} ELSE a.value END"
    attribute = (
        f"{{'key': {name('a.key')}, 'value': {value}, 'type': {name('a.type')}, 'lang': a.lang}}"
    )
    columns = kind.key_columns[1:]
    names = ", ".join(f"{name(column)} AS {column}" for column in columns)
    return (
        f"SELECT CASE WHEN bundle = '' THEN '' ELSE {name('bundle')} END AS bundle, {names}, "
        f"list_sort(list_transform(attributes, lambda a: {attribute})) AS attributes "
        f"FROM {document.tables.of(kind)}"
    )


def _renamed(name: str, prefixes: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """Return the SQL for the qualified name ``name`` with its prefix replaced.

    Times are not touched: they have a colon, and no prefix begins with a digit.
    """
    cases = []
    for old, new in prefixes.items():
        begins = f"starts_with({name}, {literal(old + ':')})"
        local = f"substr({name}, {len(old) + 2})"
        if old == "":
            cases.append(f"WHEN NOT contains({name}, ':') THEN {literal(new + ':')} || {name}")
        elif new == "":
            cases.append(f"WHEN {begins} AND NOT contains({local}, ':') THEN {local}")
            cases.append(f"WHEN {begins} THEN {literal(aliases[old] + ':')} || {local}")
        else:
            cases.append(f"WHEN {begins} THEN {literal(new + ':')} || {local}")
    return f"CASE {' '.join(cases)} ELSE {name} END"
