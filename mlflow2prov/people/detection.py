"""Who the people of a document are: what it tells of their names, addresses and user names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.people.common_words import words
from mlflow2prov.people.substitution import IS_NAME
from mlflow2prov.prov import Document

# Keys are compared by their local part, in lower case, without `_` and `-`; and what ends in a word that
# means somebody, after whatever stands before it: `git_author`, `labels.user`, `LOGNAME`.
_SOMEBODY = (
    r"(^|[._/:-])(user([_-]?(name|id))?|login|logname|ldap|author([_-]?name)?|owner|committer|creator|"
    r"maintainer|reviewer|approver|assignee|submitter|engineer|contact|hostname|e[_-]?mail|"
    r"(run|created|submitted|approved|reviewed|started|registered|deployed)[_-]?by|(team[_-]?)?lead)$"
)
_PERSONAL_KEYS = frozenset(
    words(
        """
        name email username label mail mbox nick nickname login account accountname fullname
        givenname familyname firstname lastname
        """
    )
)
_USER_KEYS = frozenset(
    words(
        """
        mlflow.user user username userid useremail email login author owner committer creator
        maintainer reviewer assignee createdby submittedby
        """
    )
)

IS_PERSON = (
    "kind = 'agent' AND NOT (len(list_filter(attributes, lambda t: t.key = 'prov:type')) > 0 AND "
    "len(list_filter(attributes, lambda t: t.key = 'prov:type' AND "
    "t.value NOT IN ('prov:SoftwareAgent', 'prov:Organization'))) = 0)"
)
"""The SQL condition of an agent that is not only software or an organization (PROV-DM 5.3.1)."""

# "Signed-off-by: Ada <ada@x.org>", "Cc: ...", "From: ..."; and "...-by: Ada" without an address.
_TRAILER = re.compile(
    r"^[ \t>|*#-]*(?:[a-z-]{1,40}-(?:by|to|from)|cc|from|to|author|committer|maintainer)[ \t]?:[ \t]*"
    r"\"?([^\n<>\"]{1,120}?)\"?[ \t]*<([^\n<>]{1,254})>",
    re.I | re.M,
)
_BY = re.compile(
    r"^[ \t>|*#-]*(?!(?:caused|superseded|replaced|blocked|fixed|closed|generated|triggered|obsoleted)-by)"
    r"(?:[a-z][a-z-]{1,40}[ -]by|from|author|committer|bug-reporter)[ \t]?:[ \t]*"
    r"([^\W\d_][^\n<>#/:(]{0,80}?)[ \t]*(?:\([^\n]*)?$",
    re.I | re.M,
)
# "Ada van der Love <ada@x.org>" anywhere: words with a capital, or one that the address has too.
_WORD = r"[^\W\d_a-z][\w.'’-]{0,40}"
_PARTICLE = r"(?:van|von|vom|zu|der|den|de|del|da|dos|di|du|la|le|bin|al|el|ter)"
_MAILBOX = re.compile(
    rf"({_WORD}(?:[ \t](?:{_PARTICLE}[ \t]){{0,2}}{_WORD}){{0,3}})[ \t]*<[^\s<>@]{{1,64}}@"
)
_LOWER_MAILBOX = re.compile(r"([^\W\d_][\w.-]{1,40})[ \t]*<([^\s<>@]{1,64})@")
_SHORT_HOME = re.compile(r"(?<![\w.~\\])~([A-Za-z_][\w.-]{1,40})(?=/)")
_JSON_USER = re.compile(
    r'\\?"(?:user|username|user_?name|user_?id|author|owner|e-?mail|creator)\\?"\s*:\s*\\?"([^"\\\n]{1,120})\\?"',
    re.I,
)

_TELLING = (
    r"(?i)[ -]by *:|(?:from|author|committer|bug-reporter) *:|<[^<>]*@|home|users|documents and settings|~"
    r'|"(user|author|owner|creator|e-?mail)'
)

# A home folder in an absolute path, up to six folders deep (/mnt/c/Users/ada), or in a URL that names a file.
_ROOT = (
    r"(?<![\w.~%/\\-])(?:(?:file|dbfs|hdfs|sftp|ssh|nfs|smb|abfss?|s3a?|gs):"
    r"[/\\]{1,3}[^/\\\s\"'<>]{0,100}|dbfs:|[A-Za-z]:|(?!(?<=:)//))"
)
_STEP = r"(?:[/\\]{1,4}[^/\\\s\"'<>:]{1,80}){0,6}?"
_HOME = re.compile(
    rf"{_ROOT}{_STEP}[/\\]{{1,4}}(?:home|users|documents and settings)[/\\]{{1,4}}([^/\\\s\"'<>:|*?,;)]+)",
    re.I,
)
_SPACED_HOME = re.compile(
    r"[A-Za-z]:[/\\]{1,4}(?:users|documents and settings)[/\\]{1,4}([^/\\\n\"'<>:|*?]{1,60})(?=[/\\])",
    re.I,
)
_SPEAKING = re.compile(r"[^\W\d_]{3,}(?:[._-][^\W\d_]+)*")
_NOBODYS_HOME = frozenset(
    {"public", "shared", "default", "all users", "default user", "linuxbrew", ".", ".."}
)


@dataclass(frozen=True)
class People:
    """What a document tells of people.

    ``names`` are names, addresses and user names; ``values`` are the values of attributes that are nothing
    else. Which these are, SQL tells: ``flags`` are columns computed of a statement, and ``is_personal``
    is a condition on them, on its ``kind`` and on an attribute ``a`` of it.
    """

    names: frozenset[str]
    values: frozenset[str]
    flags: str
    is_personal: str


def people_of(document: Document) -> People:
    """Return who is known as a person in ``document``."""
    flags, is_personal = _conditions(document)
    found = engine.rows(
        f"SELECT DISTINCT a.value FROM (SELECT kind, {flags}, unnest(attributes) AS a "
        f"FROM {document.tables.union()}) WHERE {is_personal}"
    )
    values = frozenset(value for (value,) in found)
    names = {*values, *_called_by_identifier(document), *_mentioned(_telling_texts(document))}
    named = frozenset(stripped for name in names if (stripped := name.strip()))
    return People(named, values, flags, is_personal)


def _called_by_identifier(document: Document) -> Iterator[str]:
    """Yield the names that identifiers of persons are: ``ex:derek`` (PROV-DM's own examples)."""
    typed = (
        "t.key = 'prov:type' AND (t.value = 'prov:Person' OR regexp_matches(t.value, '(^|:)User$'))"
    )
    persons = engine.rows(
        f"SELECT DISTINCT id FROM {document.tables.union()} "
        f"WHERE kind = 'agent' AND len(list_filter(attributes, lambda t: {typed})) > 0"
    )
    for (identifier,) in persons:
        local = identifier.rpartition(":")[2]
        if _SPEAKING.fullmatch(local):
            yield local


def _conditions(document: Document) -> tuple[str, str]:
    """Return the flags of a statement and the condition on its attribute ``a`` (:class:`People`)."""
    found = engine.rows(
        f"SELECT DISTINCT a.key FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})"
    )
    keys = [key for (key,) in found]
    personal = _listed(key for key in keys if _plain(key) in _PERSONAL_KEYS)
    somebody = re.compile(_SOMEBODY, re.I)
    user = _listed(
        k for k in keys if _plain(k) in _USER_KEYS or somebody.search(k.rpartition(":")[2])
    )
    name = _listed(key for key in keys if _plain(key) in ("name", "key"))
    value = _listed(key for key in keys if _plain(key) == "value")
    tag = (
        f"t.key IN ({name}) AND (lower(regexp_replace(t.value, '[_-]', '', 'g')) IN ({_listed(_USER_KEYS)}) "
        f"OR regexp_matches(t.value, {literal('(?i)' + _SOMEBODY)}))"
    )
    flags = (
        f"CASE WHEN kind = 'agent' THEN {IS_PERSON} ELSE false END AS is_person, "
        f"CASE WHEN kind = 'entity' THEN len(list_filter(attributes, lambda t: {tag})) > 0 ELSE false END "
        "AS is_user_tag"
    )
    return flags, (
        f"(NOT {IS_NAME} AND a.value <> '' AND ((is_person AND a.key IN ({personal})) "
        f"OR (kind <> 'agent' AND a.key IN ({user})) OR (is_user_tag AND a.key IN ({value}))))"
    )


def _plain(key: str) -> str:
    return key.rpartition(":")[2].lower().replace("_", "").replace("-", "")


def _listed(words: Iterable[str]) -> str:
    """Return an SQL list, which is never empty: ``IN ()`` is no SQL."""
    return ", ".join(literal(word) for word in sorted(words)) or "''"


def _telling_texts(document: Document) -> Iterator[str]:
    """Stream the distinct texts that may tell of somebody, by signs that are cheap to look for."""
    query = f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})
        WHERE regexp_matches(a.value, {literal(_TELLING)})
    """
    for batch in engine.stream(query, 100_000):
        yield from batch.column(0).to_pylist()
    yield from document.namespaces.declared.values()


def _mentioned(texts: Iterable[str]) -> Iterator[str]:
    """Yield who is named in trailers, in mailboxes, as an owner of a home folder, in JSON."""
    for value in texts:
        lower = value.lower()
        if "<" in value or ":" in value:
            yield from _signed(value)
        if '"' in value:
            yield from _JSON_USER.findall(value)
        if "~" in value:
            yield from _SHORT_HOME.findall(value)
        if "home" in lower or "users" in lower or "documents and" in lower:
            homes = (*_HOME.findall(value), *_SPACED_HOME.findall(value))
            yield from (home.strip(" .") for home in homes if home.lower() not in _NOBODYS_HOME)


def _signed(value: str) -> Iterator[str]:
    """Yield who is named in the trailers and mailboxes of a text."""
    lines = (line for line in value.split("\n") if "<" in line or ":" in line)
    told = "\n".join(lines)
    for name, address in _TRAILER.findall(told):
        yield name
        yield address
    yield from _BY.findall(told)
    yield from _MAILBOX.findall(told)
    for word, local in _LOWER_MAILBOX.findall(told):
        if word.lower() in local.lower():
            yield word
