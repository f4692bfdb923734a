"""The names of a document under the prefixes of other namespaces, as SQL over its columns."""

from collections.abc import Mapping

from mlflow2prov.engine import Sql, literal
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.document import Document
from mlflow2prov.prov.kinds import Kind
from mlflow2prov.prov.namespaces import Namespaces, adopt


def rows_under(document: Document, kind: Kind, namespaces: Namespaces) -> Sql:
    """Return the query for a document's statements of a kind, with the prefixes of ``namespaces``.

    URIs that ``namespaces`` lacks are declared there first. The rows are in no particular order.
    """
    table = document.tables.of(kind)
    new_prefixes = adopt(namespaces, document.namespaces)
    if not new_prefixes:
        return Sql(f"SELECT * FROM {table}")
    # A local part that contains a colon needs a prefix other than the default namespace's.
    aliases = {
        old: namespaces.alias(document.namespaces.all[old], old)
        for old, new in new_prefixes.items()
        if new == ""
    }

    def renamed(column: str) -> str:
        return _with_prefixes(column, new_prefixes, aliases)

    value = (
        f"CASE WHEN attribute.type = {literal(QUALIFIED_NAME)} "
        f"THEN {renamed('attribute.value')} ELSE attribute.value END"
    )
    attribute = (
        f"{{'key': {renamed('attribute.key')}, 'value': {value}, "
        f"'type': {renamed('attribute.type')}, 'lang': attribute.lang}}"
    )
    columns = ", ".join(f"{renamed(column)} AS {column}" for column in kind.key_columns[1:])
    return Sql(
        f"""
        SELECT CASE WHEN bundle = '' THEN '' ELSE {renamed("bundle")} END AS bundle, {columns},
            list_sort(list_transform(attributes, lambda attribute: {attribute})) AS attributes
        FROM {table}
        """
    )


def _with_prefixes(name: str, prefixes: Mapping[str, str], aliases: Mapping[str, str]) -> str:
    """Return the SQL for the qualified name ``name`` (an expression) with its prefix replaced.

    Times stay as they are: they contain a colon, but no prefix begins with a digit.
    """
    cases = []
    for old, new in prefixes.items():
        has_prefix = f"starts_with({name}, {literal(old + ':')})"
        local = f"substr({name}, {len(old) + 2})"
        if old == "":
            cases.append(f"WHEN NOT contains({name}, ':') THEN {literal(new + ':')} || {name}")
        elif new == "":
            cases.append(f"WHEN {has_prefix} AND NOT contains({local}, ':') THEN {local}")
            cases.append(f"WHEN {has_prefix} THEN {literal(aliases[old] + ':')} || {local}")
        else:
            cases.append(f"WHEN {has_prefix} THEN {literal(new + ':')} || {local}")
    return f"CASE {' '.join(cases)} ELSE {name} END"
