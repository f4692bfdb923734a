"""The names of a document under the prefixes of other namespaces, as SQL over its columns."""

from collections.abc import Mapping, Sequence

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
    return renamed_rows(table, kind.key_columns, document.namespaces, namespaces) or Sql(
        f"SELECT * FROM {table}"
    )


def renamed_rows(
    rows: Sql, columns: Sequence[str], old: Namespaces, new: Namespaces, others: Sequence[str] = ()
) -> Sql | None:
    """Return the query for statements with the prefixes of ``new``, or None if no prefix changes.

    Args:
        rows: a table of statements.
        columns: the columns of their names, ``bundle`` first, and of their times.
        old: the prefixes of their names.
        new: the prefixes to use. The URIs that it lacks are declared there.
        others: columns that stay as they are, and are returned first.
    """
    new_prefixes = adopt(new, old)
    if not new_prefixes:
        return None
    # A local part that contains a colon needs a prefix other than the default namespace's.
    aliases = {
        prefix: new.alias(old.all[prefix], prefix)
        for prefix, new_prefix in new_prefixes.items()
        if new_prefix == ""
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
    unchanged = "".join(f"{column}, " for column in others)
    arguments = ", ".join(f"{renamed(column)} AS {column}" for column in columns[1:])
    return Sql(
        f"""
        SELECT {unchanged}CASE WHEN bundle = '' THEN '' ELSE {renamed("bundle")} END AS bundle, {arguments},
            list_sort(list_transform(attributes, lambda attribute: {attribute})) AS attributes
        FROM {rows}
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
