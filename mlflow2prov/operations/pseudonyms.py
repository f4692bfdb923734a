"""Pseudonyms: people hidden for good, and yet told apart.

Hidden are the names, e-mail addresses and user names

- of every agent that is a person or a user: in its attributes, and in identifiers made from them;
- in ``Signed-off-by``, ``Co-authored-by`` and other trailers of commit messages, be they agents or not;
- in MLflow's ``mlflow.user`` tags, and in whatever else is tagged as a user;
- of the owners of home folders (``/home/...``, ``/Users/...``, ``C:\\Users\\...``) in any path;
- every e-mail address, known or not;

wherever any of them occurs: in attributes' values and keys, in identifiers, in namespaces, within words
too; but a name of one or two letters, or one that a hash may hold by chance (``ada``), only where it
stands apart. Each is replaced by a digest under a key (HMAC-SHA-256, RFC 2104), so that who has no key cannot look a
guess up. With the same key the same person gets the same pseudonym in every document.

Not hidden is what no list of people can know: a nickname that occurs in free text only, or how
somebody writes.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from mlflow2prov import database
from mlflow2prov.document import Document
from mlflow2prov.document.kinds import KINDS, Refers
from mlflow2prov.document.literals import QUALIFIED_NAME
from mlflow2prov.document.namespaces import Namespaces
from mlflow2prov.errors import ConfigurationError

KEY_VARIABLE = "MLFLOW2PROV_PSEUDONYM_KEY"

_DIGITS = 16
_SHORTEST_PART = 3
_HEXADECIMAL = re.compile(r"[0-9a-f]{1,8}")

_PERSONAL = ("name", "email", "username")
_USER_TAGS = ("mlflow.user", "user", "username", "user_id", "author", "owner")

_EMAIL = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~-]*[\w!#$%&'*+=?^`{|}~-]@[\w-]+(?:\.[\w-]+)*", re.UNICODE
)
_TRAILER = re.compile(
    r"^[ \t]*[A-Za-z][A-Za-z-]*-(?:by|to|from)[ \t]*:[ \t]*([^\n<>]*?)[ \t]*(?:<([^\n<>]*)>)?[ \t]*$",
    re.I | re.M,
)
_HOME = re.compile(
    r"(?i)(?:[/\\](?:home|users)[/\\]+|[/\\]documents and settings[/\\]+)([^/\\\s\"'<>:]+)"
)
_USER_ID = re.compile(r"^((?:[^:]*:)?User\.)([0-9a-f]{24})$")


def read_key(path: str | Path | None = None) -> bytes | None:
    """Return the key in the file ``path``, else in the environment, else none.

    Raises:
        ConfigurationError: the file cannot be read, or the key is empty.
    """
    if path is not None:
        try:
            key = Path(path).read_bytes().strip()
        except OSError as error:
            raise ConfigurationError(
                f"{path}: the key cannot be read ({error.strerror})"
            ) from error
        if not key:
            raise ConfigurationError(f"{path}: the key is empty")
        return key
    if KEY_VARIABLE in os.environ:
        key = os.environ[KEY_VARIABLE].encode().strip()
        if not key:
            raise ConfigurationError(f"{KEY_VARIABLE} is set, and empty")
        return key
    return None


def use_pseudonyms(document: Document, key: bytes | None = None) -> None:
    """Replace what identifies people in ``document`` by pseudonyms, in place; see this module.

    Args:
        document: changed in place.
        key: the secret under which digests are made; a random one if there is none, which is forgotten.
    """
    mask = _Mask(key if key is not None else os.urandom(32), _known_people(document))
    texts = {text: after for text in _texts(document) if (after := mask.text(text)) != text}
    names = {name: after for name in _identifiers(document) if (after := mask.name(name)) != name}
    with database.lookup(names) as name, database.lookup(texts) as value:
        document.rename(name, value)
    uris = document.namespaces.declared
    document.namespaces = Namespaces({prefix: mask.text(uri) for prefix, uri in uris.items()})


def _texts(document: Document) -> list[str]:
    """Return the distinct values of attributes that are no names and no plain numbers."""
    found = database.rows(
        f"SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.table}) "
        f"WHERE (a.type IS NULL OR a.type <> '{QUALIFIED_NAME}') AND regexp_matches(a.value, '[^0-9.:T+-]')"
    )
    return [value for (value,) in found]


def _identifiers(document: Document) -> list[str]:
    """Return the distinct names in a document: identifiers, references, keys, values that are names."""
    references = [
        f"SELECT arg{place + 1} AS name FROM {document.table} WHERE kind = '{kind.name}'"
        for kind in KINDS
        for place, argument in enumerate(kind.arguments)
        if argument.refers is not Refers.TIME
    ]
    attributes = f"(SELECT unnest(attributes) AS a FROM {document.table})"
    queries = [
        f"SELECT bundle AS name FROM {document.table}",
        f"SELECT id FROM {document.table}",
        *references,
        f"SELECT a.key FROM {attributes}",
        f"SELECT a.value FROM {attributes} WHERE a.type = '{QUALIFIED_NAME}'",
    ]
    union = " UNION ALL ".join(queries)
    return [n for (n,) in database.rows(f"SELECT DISTINCT name FROM ({union}) WHERE name <> ''")]


def _known_people(document: Document) -> set[str]:
    """Return every name, address and user name that the document tells us is somebody's."""
    personal = ", ".join(f"'{key}'" for key in _PERSONAL)
    tags = ", ".join(f"'{key}'" for key in _USER_TAGS)
    agents = database.rows(
        f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.table}
            WHERE kind = 'agent')
        WHERE (a.key IN ({personal}) OR split_part(a.key, ':', 2) IN ({personal}) OR a.key = 'prov:label')
            AND a.type IS NULL
        """
    )
    tagged = database.rows(
        f"""
        SELECT DISTINCT list_filter(attributes, lambda a: a.key = 'value' OR ends_with(a.key, ':value'))[1].value
        FROM {document.table} WHERE kind = 'entity' AND len(list_filter(attributes, lambda a:
            (a.key = 'name' OR ends_with(a.key, ':name')) AND lower(a.value) IN ({tags}))) > 0
        """
    )
    people = {value for (value,) in [*agents, *tagged] if value}
    for value in _texts(document):
        people.update(part for found in _TRAILER.findall(value) for part in found)
        people.update(_HOME.findall(value))
    return {person.strip() for person in people if person.strip()}


class _Mask:
    """Replaces what is known of people in texts."""

    def __init__(self, key: bytes, people: Iterable[str]) -> None:
        self._key = key
        pieces: dict[str, str] = {}
        for person in people:
            for written in _ways_to_write(person):
                pieces[written.lower()] = self._pseudonym(person)
        self._pieces = pieces
        longest_first = sorted(pieces, key=lambda piece: (-len(piece), piece))
        patterns = [
            re.escape(p) if _stands_out(p) else rf"(?<![^\W_]){re.escape(p)}(?![^\W_])"
            for p in longest_first
        ]
        self._known = re.compile("|".join(patterns), re.I) if patterns else None

    def text(self, value: str) -> str:
        """Return ``value`` without anybody in it."""
        masked = _EMAIL.sub(self._address, value)
        if self._known is None:
            return masked
        return self._known.sub(self._piece, masked)

    def name(self, name: str) -> str:
        """Return a qualified name without anybody in its local part.

        Users' identifiers are digests of who they are, which anybody could look up: they get a keyed one.
        """
        prefix, colon, local = name.partition(":")
        if prefix in ("prov", "xsd"):
            return name
        if found := _USER_ID.match(name):
            return f"{found[1]}{self._digest(found[2], 24)}"
        before, part = (f"{prefix}:", local) if colon else ("", name)
        if before in ("", f"{prefix}:") and part in _VOCABULARY:
            return name
        masked = self.text(part)
        return name if masked == part else f"{before}{masked}"

    def _address(self, found: re.Match[str]) -> str:
        address = found[0]
        return f"{self._pieces.get(address.lower()) or self._pseudonym(address)}"

    def _piece(self, found: re.Match[str]) -> str:
        return self._pieces.get(found[0].lower()) or self._pseudonym(found[0])

    def _pseudonym(self, person: str) -> str:
        return f"person-{self._digest(person.strip().lower(), _DIGITS)}"

    def _digest(self, text: str, digits: int) -> str:
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:digits]


# Words of our own that a person's name must not take apart (a user may be called "run").
_VOCABULARY = frozenset(
    """
    Run RunTag Param Metric Artifact ModelArtifact Dataset Experiment ExperimentTag LoggedModel
    LoggedModelTag RegisteredModel RegisteredModelTag RegisteredModelVersion RegisteredModelVersionTag
    RegisteredModelAlias Prompt PromptTag PromptVersion PromptVersionTag PromptAlias Creation Deletion
    Commit File FileRevision User Author Committer CoAuthor name email username value path commit
    """.split()  # noqa: SIM905
)


def _stands_out(piece: str) -> bool:
    """Return whether a name is sought within words too: not one that any hash or word may hold."""
    return len(piece) >= _SHORTEST_PART and not _HEXADECIMAL.fullmatch(piece)


def _ways_to_write(person: str) -> set[str]:
    """Return how a name or address may stand in a text: as it is, and as URLs have it."""
    return {person, quote(person), quote(person, safe=""), person.replace(" ", "+")}
