"""Names of a document under other prefixes, as SQL over its columns."""

from collections.abc import Mapping

from mlflow2prov.database import text
from mlflow2prov.document.document import Document
from mlflow2prov.document.kinds import ARGUMENT_COLUMNS
from mlflow2prov.document.literals import QUALIFIED_NAME
from mlflow2prov.document.namespaces import Namespaces, adopt


def rows_under(document: Document, namespaces: Namespaces) -> str:
    """Return the SQL query for the document's rows as they read under ``namespaces``.

    What ``namespaces`` lacks is declared there first; rows come in no particular order.
    """
    renamed = adopt(namespaces, document.namespaces)
    if not renamed:
        return f"SELECT * FROM {document.table}"
    names = [_renamed(column, renamed) for column in ("id", *ARGUMENT_COLUMNS)]
    value = f"CASE a.type WHEN {text(QUALIFIED_NAME)} THEN {_renamed('a.value', renamed)} ELSE a.value END"
    literal = (
        f"{{'key': {_renamed('a.key', renamed)}, 'value': {value}, "
        f"'type': {_renamed('a.type', renamed)}, 'lang': a.lang}}"
    )
    bundle = f"CASE bundle WHEN '' THEN '' ELSE {_renamed('bundle', renamed)} END"
    return (
        f"SELECT {bundle} AS bundle, kind, {', '.join(names)}, "
        f"list_sort(list_transform(attributes, lambda a: {literal})) AS attributes "
        f"FROM {document.table}"
    )


def _renamed(name: str, prefixes: Mapping[str, str]) -> str:
    """Return the SQL for the qualified name ``name`` with its prefix replaced.

    Times are not touched: they have a colon, and no prefix begins with a digit.
    """
    local = f"substr({name}, strpos({name}, ':') + 1)"
    cases = []
    for old, new in prefixes.items():
        if old == "":
            continue
        to = f"{text(new + ':')} || {local}"
        if new == "":
            to = f"CASE WHEN contains({local}, ':') THEN {name} ELSE {local} END"
        cases.append(f"WHEN {text(old)} THEN {to}")
    prefixed = name
    if cases:
        prefixed = f"CASE split_part({name}, ':', 1) {' '.join(cases)} ELSE {name} END"
    plain = f"{text(prefixes[''] + ':')} || {name}" if "" in prefixes else name
    return f"CASE WHEN contains({name}, ':') THEN {prefixed} ELSE {plain} END"
