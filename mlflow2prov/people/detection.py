"""Detection: the names, addresses and user names of people in a document.

They come from agents, from attributes and tags whose key means a person
(:mod:`~mlflow2prov.people.person_keys`), and from texts (:mod:`~mlflow2prov.people.mentions`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.people.mentions import MAY_BE_MOUNTED, MAY_MENTION, mentions, mounted_folders
from mlflow2prov.people.person_keys import is_person_key
from mlflow2prov.people.substitution import IS_NAME
from mlflow2prov.prov import Document

_AGENT_KEYS = frozenset(
    (
        "name email username label mail mbox nick nickname login account accountname fullname "
        "givenname familyname firstname lastname "
    ).split()
)
_VALUE_KEYS = ("value", "oldvalue", "newvalue")
MAX_KEY_LENGTH = 250
"""The length of the longest name of a tag, in characters."""

_STREAM_ROWS = 100_000

IS_PERSON = (
    "kind = 'agent' AND NOT (len(attrs(attributes, 'prov:type')) > 0 AND "
    "len(list_filter(attrs(attributes, 'prov:type'), "
    "lambda t: t.value NOT IN ('prov:SoftwareAgent', 'prov:Organization'))) = 0)"
)
"""The SQL condition that an agent is not only software or an organization (PROV-DM section 5.3.1)."""

_MAY_BE_TAG = "kind IN ('entity', 'activity')"
"""The SQL condition that a statement may describe a tag, or the change of one."""

_PERSONAL_IDENTIFIER = re.compile(r"[^\W\d_]{3,}(?:[._-][^\W\d_]+)*")


@dataclass(frozen=True)
class People:
    """The people of a document.

    Attributes:
        names: names, addresses and user names.
        values: the values of attributes that contain nothing else.
        flags: SQL columns computed from a statement.
        is_personal: the SQL condition that an attribute ``a`` has such a value, in terms of ``flags`` and of the
            ``kind`` of its statement.
    """

    names: frozenset[str]
    values: frozenset[str]
    flags: str
    is_personal: str


def detect_people(document: Document) -> People:
    """Return the people of ``document``."""
    flags, is_personal = _conditions(document)
    rows = engine.rows(
        f"""
        WITH statement_attributes AS (
            SELECT kind, {flags}, unnest(attributes) AS a
            FROM {document.tables.union()}
        )
        SELECT DISTINCT a.value FROM statement_attributes WHERE {is_personal}
        """
    )
    values = frozenset(value for (value,) in rows)
    names = {*values, *_names_in_identifiers(document)}
    names.update(name for text in _suspect_texts(document) for name in mentions(text))
    names.update(_names_in_mounts(document, names))
    non_empty = frozenset(stripped for name in names if (stripped := name.strip()))
    return People(non_empty, values, flags, is_personal)


def _names_in_identifiers(document: Document) -> Iterator[str]:
    """Yield the identifiers of persons that are also names: ``ex:derek``, as in the examples of PROV-DM."""
    persons = engine.rows(
        f"""
        SELECT DISTINCT id
        FROM {document.tables.union()}
        WHERE kind = 'agent' AND len(list_filter(
            attrs(attributes, 'prov:type'),
            lambda t: t.value = 'prov:Person' OR is_named(t.value, 'User')
        )) > 0
        """
    )
    for (identifier,) in persons:
        local = identifier.rpartition(":")[2]
        if _PERSONAL_IDENTIFIER.fullmatch(local):
            yield local


def _conditions(document: Document) -> tuple[str, str]:
    """Return the flags of a statement, and the condition on its attribute ``a`` (:class:`People`)."""
    rows = engine.rows(
        f"SELECT DISTINCT a.key FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})"
    )
    keys = [key for (key,) in rows]
    agent_keys = _sql_list(key for key in keys if _normalize(key) in _AGENT_KEYS)
    user_keys = _sql_list(key for key in keys if is_person_key(key.rpartition(":")[2]))
    tag_keys = _sql_list(key for key in keys if _normalize(key) in ("name", "key"))
    tag_values = _sql_list(key for key in keys if _normalize(key) in _VALUE_KEYS)
    tags = _sql_list(filter(is_person_key, _tag_names(document, tag_keys, tag_values)))
    names_user = f"t.key IN ({tag_keys}) AND t.value IN ({tags})"
    flags = (
        f"CASE WHEN kind = 'agent' THEN {IS_PERSON} ELSE false END AS is_person, "
        f"CASE WHEN {_MAY_BE_TAG} THEN len(list_filter(attributes, lambda t: {names_user})) > 0 "
        "ELSE false END AS is_user_tag"
    )
    return flags, (
        f"(NOT {IS_NAME} AND a.value <> '' AND ((is_person AND a.key IN ({agent_keys})) "
        f"OR (kind <> 'agent' AND a.key IN ({user_keys})) "
        f"OR (is_user_tag AND a.key IN ({tag_values}))))"
    )


def _tag_names(document: Document, tag_keys: str, tag_values: str) -> list[str]:
    """Return the distinct names of tags, parameters and the like, which have a value, and of changes of these."""
    rows = engine.rows(
        f"""
        WITH tag_attributes AS (
            SELECT unnest(attributes) AS a
            FROM {document.tables.union()}
            WHERE {_MAY_BE_TAG}
                AND len(list_filter(attributes, lambda value: value.key IN ({tag_values}))) > 0
        )
        SELECT DISTINCT a.value
        FROM tag_attributes
        WHERE a.key IN ({tag_keys}) AND length(a.value) <= {MAX_KEY_LENGTH}
        """
    )
    return [name for (name,) in rows]


def _normalize(key: str) -> str:
    return key.rpartition(":")[2].lower().replace("_", "").replace("-", "")


def _sql_list(words: Iterable[str]) -> str:
    """Return the items of an SQL list. There is at least one, because ``IN ()`` is not valid SQL."""
    return ", ".join(literal(word) for word in sorted(words)) or "''"


def _suspect_texts(document: Document) -> Iterator[str]:
    """Stream the distinct texts that may name a person."""
    query = f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})
        WHERE regexp_matches(a.value, {literal(MAY_MENTION)})
    """
    for batch in engine.stream(query, _STREAM_ROWS):
        yield from batch.column(0).to_pylist()
    yield from document.namespaces.declared.values()


def _names_in_mounts(document: Document, names: Collection[str]) -> set[str]:
    """Return the folders below mounted disks that are named for a user (:func:`mounted_folders`).

    They are a part of the name of a person, an initial with such a part, or words that occur nowhere else in the
    document.
    """
    attributes = f"(SELECT unnest(attributes) AS a FROM {document.tables.union()})"
    texts = engine.rows(
        f"SELECT DISTINCT a.value FROM {attributes} WHERE regexp_matches(a.value, {literal(MAY_BE_MOUNTED)})"
    )
    folders = {folder for (text,) in texts for folder in mounted_folders(text)}
    if not folders:
        return set()
    words = engine.rows(
        f"""
        WITH words AS (
            SELECT unnest(regexp_extract_all(lower(a.value), '[a-z][a-z._-]*[0-9]*')) AS word
            FROM {attributes}
            WHERE NOT regexp_matches(a.value, {literal(MAY_BE_MOUNTED)})
        )
        SELECT DISTINCT word FROM words WHERE word IN ({_sql_list(folders)})
        """
    )
    return (folders - {word for (word,) in words}) | (folders & set(_logins(names)))


def _logins(names: Iterable[str]) -> Iterator[str]:
    """Yield the user names that people usually have: ``ada``, ``lovelace``, ``alovelace``, ``adal``."""
    for name in names:
        words = re.findall(r"[^\W\d_]+", name.partition("@")[0].casefold())
        yield from (word for word in words if len(word) > 2)
        if len(words) > 1:
            yield from (words[0][0] + words[-1], words[0] + words[-1][0], words[0] + words[-1])
