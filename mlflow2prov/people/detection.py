"""Detection: the names, addresses and user names of people in a document.

They come from agents, from attributes and tags whose key means a person, and from texts: trailers of
commit messages, mailboxes, home folders in paths, and JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.people.substitution import IS_NAME
from mlflow2prov.prov import Document

# Keys that end in a word for a person: `git_author`, `labels.user`, `LOGNAME`.
_PERSON_WORD = (
    r"(^|[._/:-])(user([_-]?(name|id))?|login|logname|ldap|author([_-]?name)?|owner|committer|creator|"
    r"maintainer|reviewer|approver|assignee|submitter|engineer|contact|hostname|e[_-]?mail|"
    r"(run|created|submitted|approved|reviewed|started|registered|deployed)[_-]?by|(team[_-]?)?lead)$"
)
# Keys are compared by their local part, in lower case, without `_` and `-`.
_AGENT_KEYS = frozenset(
    (
        "name email username label mail mbox nick nickname login account accountname fullname "
        "givenname familyname firstname lastname "
    ).split()
)
_USER_KEYS = frozenset(
    (
        "mlflow.user user username userid useremail email login author owner committer creator "
        "maintainer reviewer assignee createdby submittedby "
    ).split()
)

_STREAM_ROWS = 100_000

IS_PERSON = (
    "kind = 'agent' AND NOT (len(attrs(attributes, 'prov:type')) > 0 AND "
    "len(list_filter(attrs(attributes, 'prov:type'), "
    "lambda t: t.value NOT IN ('prov:SoftwareAgent', 'prov:Organization'))) = 0)"
)
"""The SQL condition that an agent is not only software or an organization (PROV-DM section 5.3.1)."""

# "Signed-off-by: Ada <ada@x.org>", "Cc: ...", "From: ..."; and "...-by: Ada" without an address.
_TRAILER = re.compile(
    r"^[ \t>|*#-]*(?:[a-z-]{1,40}-(?:by|to|from)|cc|from|to|author|committer|maintainer)[ \t]?:[ \t]*"
    r"\"?([^\n<>\"]{1,120}?)\"?[ \t]*<([^\n<>]{1,254})>",
    re.I | re.M,
)
_UNADDRESSED_TRAILER = re.compile(
    r"^[ \t>|*#-]*(?!(?:caused|superseded|replaced|blocked|fixed|closed|generated|triggered|obsoleted)-by)"
    r"(?:[a-z][a-z-]{1,40}[ -]by|from|author|committer|bug-reporter)[ \t]?:[ \t]*"
    r"([^\W\d_][^\n<>#/:(]{0,80}?)[ \t]*(?:\([^\n]*)?$",
    re.I | re.M,
)
# "Ada van der Love <ada@x.org>": capitalized words, or one word that the address contains.
_CAPITALIZED = r"[^\W\d_a-z][\w.'’-]{0,40}"
_PARTICLE = r"(?:van|von|vom|zu|der|den|de|del|da|dos|di|du|la|le|bin|al|el|ter)"
_MAILBOX = re.compile(
    rf"({_CAPITALIZED}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_CAPITALIZED}){{0,3}})[ \t]*<[^\s<>@]{{1,64}}@"
)
_LOWER_MAILBOX = re.compile(r"([^\W\d_][\w.-]{1,40})[ \t]*<([^\s<>@]{1,64})@")
_SHORT_HOME = re.compile(r"(?<![\w.~\\])~([A-Za-z_][\w.-]{1,40})(?=/)")
_JSON_USER = re.compile(
    r'\\?"(?:user|username|user_?name|user_?id|author|owner|e-?mail|creator)\\?"\s*:\s*\\?"([^"\\\n]{1,120})\\?"',
    re.I,
)

# A cheap test for texts that may name a person.
_MAY_NAME_PERSON = (
    r"(?i)[ -]by *:|(?:from|author|committer|bug-reporter) *:|<[^<>]*@|home|users|documents and settings|~"
    r'|"(user|author|owner|creator|e-?mail)'
)

# A home folder in an absolute path, up to six folders deep (/mnt/c/Users/ada), or in a URL that names a file.
_ROOT = (
    r"(?<![\w.~%/\\-])(?:(?:file|dbfs|hdfs|sftp|ssh|nfs|smb|abfss?|s3a?|gs):"
    r"[/\\]{1,3}[^/\\\s\"'<>]{0,100}|dbfs:|[A-Za-z]:|(?!(?<=:)//))"
)
_FOLDERS = r"(?:[/\\]{1,4}[^/\\\s\"'<>:]{1,80}){0,6}?"
_HOME = re.compile(
    rf"{_ROOT}{_FOLDERS}[/\\]{{1,4}}(?:home|users|documents and settings)[/\\]{{1,4}}([^/\\\s\"'<>:|*?,;)]+)",
    re.I,
)
_HOME_WITH_SPACES = re.compile(
    r"[A-Za-z]:[/\\]{1,4}(?:users|documents and settings)[/\\]{1,4}([^/\\\n\"'<>:|*?]{1,60})(?=[/\\])",
    re.I,
)
_PERSONAL_IDENTIFIER = re.compile(r"[^\W\d_]{3,}(?:[._-][^\W\d_]+)*")
_SHARED_HOMES = frozenset(
    {"public", "shared", "default", "all users", "default user", "linuxbrew", ".", ".."}
)


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
    names = {*values, *_names_in_identifiers(document), *_names_in_texts(_suspect_texts(document))}
    non_empty = frozenset(stripped for name in names if (stripped := name.strip()))
    return People(non_empty, values, flags, is_personal)


def _names_in_identifiers(document: Document) -> Iterator[str]:
    """Yield the identifiers of persons that are names: ``ex:derek``, as in the examples of PROV-DM."""
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
    person_word = re.compile(_PERSON_WORD, re.I)
    agent_keys = _sql_list(key for key in keys if _normalize(key) in _AGENT_KEYS)
    user_keys = _sql_list(
        key
        for key in keys
        if _normalize(key) in _USER_KEYS or person_word.search(key.rpartition(":")[2])
    )
    tag_keys = _sql_list(key for key in keys if _normalize(key) in ("name", "key"))
    tag_values = _sql_list(key for key in keys if _normalize(key) == "value")
    names_user = (
        f"t.key IN ({tag_keys}) AND ("
        f"lower(regexp_replace(t.value, '[_-]', '', 'g')) IN ({_sql_list(_USER_KEYS)}) "
        f"OR regexp_matches(t.value, {literal('(?i)' + _PERSON_WORD)}))"
    )
    flags = (
        f"CASE WHEN kind = 'agent' THEN {IS_PERSON} ELSE false END AS is_person, "
        f"CASE WHEN kind = 'entity' THEN len(list_filter(attributes, lambda t: {names_user})) > 0 "
        "ELSE false END AS is_user_tag"
    )
    return flags, (
        f"(NOT {IS_NAME} AND a.value <> '' AND ((is_person AND a.key IN ({agent_keys})) "
        f"OR (kind <> 'agent' AND a.key IN ({user_keys})) "
        f"OR (is_user_tag AND a.key IN ({tag_values}))))"
    )


def _normalize(key: str) -> str:
    return key.rpartition(":")[2].lower().replace("_", "").replace("-", "")


def _sql_list(words: Iterable[str]) -> str:
    """Return the items of an SQL list, at least one because ``IN ()`` is not SQL."""
    return ", ".join(literal(word) for word in sorted(words)) or "''"


def _suspect_texts(document: Document) -> Iterator[str]:
    """Stream the distinct texts that may name a person."""
    query = f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})
        WHERE regexp_matches(a.value, {literal(_MAY_NAME_PERSON)})
    """
    for batch in engine.stream(query, _STREAM_ROWS):
        yield from batch.column(0).to_pylist()
    yield from document.namespaces.declared.values()


def _names_in_texts(texts: Iterable[str]) -> Iterator[str]:
    """Yield the people in trailers, mailboxes, home folders and JSON."""
    for text in texts:
        lower = text.lower()
        if "<" in text or ":" in text:
            yield from _names_in_messages(text)
        if '"' in text:
            yield from _JSON_USER.findall(text)
        if "~" in text:
            yield from _SHORT_HOME.findall(text)
        if "home" in lower or "users" in lower or "documents and" in lower:
            homes = (*_HOME.findall(text), *_HOME_WITH_SPACES.findall(text))
            yield from (home.strip(" .") for home in homes if home.lower() not in _SHARED_HOMES)


def _names_in_messages(text: str) -> Iterator[str]:
    """Yield the people in the trailers and mailboxes of a message."""
    message = "\n".join(line for line in text.split("\n") if "<" in line or ":" in line)
    for name, address in _TRAILER.findall(message):
        yield name
        yield address
    yield from _UNADDRESSED_TRAILER.findall(message)
    yield from _MAILBOX.findall(message)
    for word, local_part in _LOWER_MAILBOX.findall(message):
        if word.lower() in local_part.lower():
            yield word
