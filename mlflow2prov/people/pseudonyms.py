"""Pseudonyms: people hidden for good, and yet told apart.

Known as people are

- agents, unless they are only software or organizations: by their names, e-mail addresses, user names;
- values of ``mlflow.user``, ``user_id``, ``author`` and the like, be they tags or attributes;
- who stands in ``Signed-off-by``, ``Co-authored-by`` and other trailers, or as ``Ada <ada@example.org>``, in a text;
- the owners of home folders in absolute paths (``/home/ada``, ``/Users/ada``, ``C:\\Users\\ada``, ``~ada/``).

They, and everything that looks like an e-mail address, are hidden wherever they occur: in values and keys of
attributes, identifiers and references to them, prefixes and namespaces; with other letters between the
words of a name (``ada.lovelace``), in any case, percent-encoded or escaped as in JSON and XML.

What is in place of them is ``person-`` and 16 hexadecimal digits of HMAC-SHA-256 (RFC 2104) under a key: who
lacks the key cannot look a guess up. The same name has the same pseudonym in every document under one
key, so documents still merge. A name and an address of one person have two pseudonyms, which
the person's agent holds together. Identifiers that are digests of a person (``User.…``), or of a
path or name with a person in it, are digested again, under the key.

Within words: a name of five letters or more takes the word around it along (``alicerun``), since what would be left
of ``malice`` would tell the name; one of three or four is hidden where no letter adjoins (``bob_run``,
``bob2``, ``runBob``) and left where it is part of a word (``ann`` in ``planning``); one of two only where it stands
alone; one of a single letter, or of digits only, where it is the whole value that names somebody. A name
that means a role or a thing to everybody (``root``, ``model``: :mod:`~mlflow2prov.people.common_words`) is
hidden as a word of its own only. A hash that holds ``ada`` by chance stays a hash.

Not hidden is what no list of people can know, or what is no name: parts of a name (``Ada`` alone) and nicknames in
free text; names in base64 and other encodings that hide them from a plain search, in images and binary files; how
somebody writes; times and time zones; hashes of commits and files, which whoever has the repository can look up;
hosts and organizations. Whoever has the key, and a list of names, can find them again: keep it as you keep the names.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.people.detection import IS_PERSON, people_of
from mlflow2prov.people.redaction import Redactor
from mlflow2prov.people.substitution import IS_NAME, pairs_table, replace
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import RESERVED, Namespaces
from mlflow2prov.vocabulary import DIGEST_LENGTH, WORDS

KEY_VARIABLE = "MLFLOW2PROV_PSEUDONYM_KEY"

_HASH = "[0-9a-f]{16,}"
_USER = re.compile(rf"User\.[0-9a-f]{{{DIGEST_LENGTH}}}")
_HASHES = re.compile(_HASH)
# Identifiers hold a digest, of so many digits, of what these attributes say.
_DIGESTED = ("name", "path", "key")


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
            raise ConfigurationError(
                f"{path}: the key is empty; put at least one secret line there"
            )
        return key
    if KEY_VARIABLE in os.environ:
        key = os.environb[KEY_VARIABLE.encode()].strip()
        if not key:
            raise ConfigurationError(f"{KEY_VARIABLE} is set, and empty; set a secret or unset it")
        return key
    return None


def use_pseudonyms(document: Document, key: bytes | None = None) -> None:
    """Replace what identifies people in ``document`` by pseudonyms, in place; see this module.

    Args:
        document: changed in place.
        key: the secret under which digests are made; a random one if there is none, which is forgotten.

    Raises:
        ConfigurationError: the key is empty.
    """
    if key is not None and not key:
        raise ConfigurationError("the key of the pseudonyms is empty")
    people = people_of(document)
    mask = Redactor(key if key is not None else os.urandom(32), people.names)
    texts = {t: after for t in _texts(document) if (after := mask.text(t)) != t}
    special = {person: mask.pseudonym(person) for person in people.values}
    prefixes = _told_apart(
        mask, {p: after for p in document.namespaces.declared if p and (after := mask.text(p)) != p}
    )
    names = _Names(mask, document, prefixes, {*texts, *special}).replaced()
    replace(document, names, texts, special, people.flags, people.is_personal)
    uris = document.namespaces.declared
    document.namespaces = Namespaces(
        {prefixes.get(prefix, prefix): mask.text(uri) for prefix, uri in uris.items()}
    )


def _texts(document: Document) -> Iterator[str]:
    """Stream the distinct values of attributes that are neither names nor hashes nor numbers nor times."""
    query = f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})
        WHERE NOT {IS_NAME} AND NOT regexp_full_match(a.value, '(swh:1:[a-z]+:)?{_HASH}|[0-9.:TZ+-]*')
    """
    for batch in engine.stream(query, 100_000):
        yield from batch.column(0).to_pylist()


def _told_apart(mask: Redactor, after: dict[str, str]) -> dict[str, str]:
    """Return what names become; different ones, such as ``ann`` and ``Ann``, stay different."""
    times = Counter(after.values())
    return {
        name: new if times[new] == 1 else f"{new}-{mask.digest(name, 8)}"
        for name, new in after.items()
    }


class _Names:
    """The qualified names of a document, and what those that tell of people become."""

    def __init__(
        self, mask: Redactor, document: Document, prefixes: dict[str, str], changed: Iterable[str]
    ) -> None:
        self._mask = mask
        self._document = document
        self._prefixes = prefixes
        self._schema = engine.Schema("names")
        self._table = self._schema.table("names")
        engine.execute(f"CREATE TABLE {self._table} AS {self._all()}")
        people = f"SELECT DISTINCT id FROM {document.tables.union()} WHERE {IS_PERSON}"
        self._people = {name for (name,) in engine.rows(people)}
        self._digests = {d for person in self._people for d in _HASHES.findall(person)}
        self._digests |= self._digests_of(changed)

    def replaced(self) -> dict[str, str]:
        """Return the names that change, and what they change into."""
        after = {name: new for name in self._suspects() if (new := self._masked(name)) != name}
        return _told_apart(self._mask, after)

    def _all(self) -> str:
        """Return the SQL for the distinct names: identifiers, references, keys, datatypes, values."""
        tables = self._document.tables
        attributes = f"(SELECT unnest(attributes) AS a FROM {tables.union()})"
        queries = [
            *(
                f"SELECT {column} AS name FROM {tables.of(kind)}"
                for kind in tables.existing()
                for column in kind.key_columns
            ),
            f"SELECT a.key FROM {attributes}",
            f"SELECT a.type FROM {attributes}",
            f"SELECT a.value FROM {attributes} WHERE {IS_NAME}",
        ]
        # Arguments may be times, which no name looks like.
        return (
            f"SELECT DISTINCT name FROM ({' UNION ALL '.join(queries)}) "
            "WHERE name <> '' AND NOT regexp_matches(name, '^-?[0-9]{4,}-[0-9]{2}-[0-9]{2}T')"
        )

    def _digests_of(self, changed: Iterable[str]) -> set[str]:
        """Return the digests in identifiers of what has a name or path that is ``changed``."""
        pairs_table(self._schema.table("changed"), {value: value for value in changed})
        keys = ", ".join(
            literal(key) for key in self._keys() if key.rpartition(":")[2] in _DIGESTED
        )
        identifiers = engine.rows(
            f"""
            SELECT DISTINCT id FROM (SELECT id, unnest(attributes) AS a FROM {self._document.tables.union()}
                WHERE id IS NOT NULL)
            WHERE a.key IN ({keys or "''"}) AND a.value IN (SELECT before FROM {self._schema.table("changed")})
            """
        )
        return {
            d for (name,) in identifiers for d in _HASHES.findall(name) if len(d) == DIGEST_LENGTH
        }

    def _keys(self) -> list[str]:
        attributes = f"(SELECT unnest(attributes) AS a FROM {self._document.tables.union()})"
        return [key for (key,) in engine.rows(f"SELECT DISTINCT a.key FROM {attributes}")]

    def _suspects(self) -> list[str]:
        """Return the names that may change: by what they are without hashes, or by a digest in them."""
        shape = f"regexp_replace(name, '{_HASH}', '{'0' * 16}', 'g')"
        shapes = engine.rows(f"SELECT DISTINCT {shape} FROM {self._table}")
        told = {name: name for (name,) in shapes if self._masked(name) != name}
        pairs_table(self._schema.table("shapes"), told)
        pairs_table(self._schema.table("digests"), {d: d for d in self._digests})
        pairs_table(self._schema.table("people"), {p: p for p in self._people})
        found = engine.rows(
            f"""
            SELECT name FROM {self._table} WHERE {shape} IN (SELECT before FROM {self._schema.table("shapes")})
            UNION SELECT name FROM (SELECT name, unnest(regexp_extract_all(name, '{_HASH}')) AS digest
                FROM {self._table}) WHERE digest IN (SELECT before FROM {self._schema.table("digests")})
            UNION SELECT before FROM {self._schema.table("people")}
            """
        )
        return [name for (name,) in found]

    def _masked(self, name: str) -> str:
        """Return what a qualified name becomes."""
        prefix, colon, local = name.partition(":") if ":" in name else ("", "", name)
        if prefix in RESERVED:
            return name
        return f"{self._prefixes.get(prefix, prefix)}{colon}{self._masked_local(name, local)}"

    def _masked_local(self, name: str, local: str) -> str:
        if name in self._people and not _USER.fullmatch(local):
            return self._mask.pseudonym(local)
        parts = local.split(".")
        own = list(takewhile(WORDS.__contains__, parts))
        rest = ".".join(parts[len(own) :])
        rest = _HASHES.sub(self._rekeyed, self._mask.text(rest))
        return ".".join([*own, rest] if len(parts) > len(own) else own)

    def _rekeyed(self, found: re.Match[str]) -> str:
        digest = found[0]
        return self._mask.digest(digest, len(digest)) if digest in self._digests else digest
