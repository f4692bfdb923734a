"""Pseudonyms: people are hidden for good, but remain distinguishable.

The people of a document are

- agents that are not only software or organizations: their names, e-mail addresses and user names;
- values of ``mlflow.user``, ``user_id``, ``author`` and the like, in any spelling, in tags and in attributes, in
  JSON, in options of command lines (``--user ada``) and in environment variables (``USER=ada``);
- people in ``Signed-off-by``, ``Reviewer``, ``Thanks-to`` and other trailers, with or without an address, and in
  mailboxes such as ``Ada <ada@example.org>``, in any text;
- owners of home folders in absolute paths at any depth (``/home/ada``, ``/mnt/c/Users/ada``,
  ``C:\\Users\\ada``, ``~ada/``);
- folders of users on mounted disks (``/mnt/data/ada/``): those whose name is made of the name of a person, or
  occurs nowhere else in the document.

In captured calls, the names of machines and absolute paths are hidden too. Their pseudonyms are ``host-`` and
``path-`` with digits as below. The name of a machine is replaced wherever it occurs, with or without its domain; a
path in the texts of calls, functions, arguments, results and contents. Paths relative to the working tree or to the
current folder stay, as those of Git's files do.

These, and all e-mail addresses, are replaced wherever they occur: in values and keys of attributes, in
identifiers and references to them, in prefixes and namespaces; with other characters between the words of
a name (``ada.lovelace``), in any case, percent-encoded, or escaped as in JSON and XML.

A pseudonym is ``person-`` and 16 hexadecimal digits of HMAC-SHA-256 (RFC 2104) under a key, so a guess
cannot be verified without the key. The same name has the same pseudonym in all documents under one key, so
such documents can still be merged. A name and an address of one person have two pseudonyms, which the
agent of the person connects. Identifiers that are digests of a person (``User.…``), or of a path or name
that contains a person, are digested again under the key.

Inside words, a name of five letters or more takes the surrounding word with it (``alicerun``), because the rest
of ``malice`` would reveal the name. A name of three or four letters is replaced unless a letter is
adjacent (``bob_run``, ``bob2``, ``runBob``, but not ``ann`` in ``planning``), a name of two letters only where
it is separate, and a single letter or a number only as the whole value of a personal attribute. A name
that usually means a role or a thing (``root``, ``model``: :mod:`~mlflow2prov.people.common_words`) is replaced
only as a separate word. A hash that happens to contain ``ada`` stays as it is.

Not replaced are: parts of a name (``Ada`` alone) and nicknames in free text; names in base64 and other encodings,
in images and in binary files; writing style; times and time zones; hashes of commits and files, which a
person with access to the repository can look up; digests of contents, which a person with the content can
compute; organizations and the hosts of URLs. A person with the key and a list of names can reverse the
pseudonyms: protect the key as you protect the names.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.people.call_places import PathRedactor, find_places, host_spellings
from mlflow2prov.people.detection import IS_PERSON, detect_people
from mlflow2prov.people.redaction import Redactor
from mlflow2prov.people.substitution import IS_NAME, create_pairs, replace
from mlflow2prov.prov import Document
from mlflow2prov.prov.namespaces import RESERVED, Namespaces
from mlflow2prov.vocabulary import DIGEST_LENGTH, WORDS

KEY_VARIABLE = "MLFLOW2PROV_PSEUDONYM_KEY"

_STREAM_ROWS = 100_000

_HASH = "[0-9a-f]{16,}"
_USER = re.compile(rf"User\.[0-9a-f]{{{DIGEST_LENGTH}}}")
_HASHES = re.compile(_HASH)
# Identifiers contain digests of the values of these attributes. Those of observed states and changes, and the names of
# their subjects, also contain digests of further ones.
_DIGESTED_KEYS = ("name", "path", "key", "module", "uid")
_OBSERVED_KEYS = ("value", "old_value", "new_value", "subject_uri")
_SUBJECT_KEYS = ("subject", "registered_model")


def read_key(path: str | Path | None = None) -> bytes | None:
    """Return the key from the file ``path`` or, without one, from the environment variable; None if neither is set.

    Raises:
        ConfigurationError: the file cannot be read, or the key is empty.
    """
    if path is not None:
        try:
            key = Path(path).read_bytes().strip()
        except OSError as error:
            raise ConfigurationError(f"{path}: cannot read the key ({error.strerror})") from error
        if not key:
            raise ConfigurationError(f"{path}: the key is empty; write a secret to the file")
        return key
    if KEY_VARIABLE in os.environ:
        key = os.environb[KEY_VARIABLE.encode()].strip()
        if not key:
            raise ConfigurationError(
                f"{KEY_VARIABLE}: the key is empty; set a secret or unset the variable"
            )
        return key
    return None


def random_key() -> bytes:
    """Return a new key of 256 random bits."""
    return os.urandom(32)


def use_pseudonyms(document: Document, key: bytes | None = None) -> None:
    """Replace the people of ``document`` by pseudonyms, in place; the module describes how.

    Args:
        document: the document, which is to be unified afterwards.
        key: the secret key of the digests; by default a random key that is not kept.

    Raises:
        ConfigurationError: the key is empty.
    """
    if key is not None and not key:
        raise ConfigurationError("pseudonyms: the key is empty; give a secret")
    people, places = detect_people(document), find_places(document)
    hosts = host_spellings(places.hosts)
    redactor = Redactor(key if key is not None else os.urandom(32), people.names, hosts)
    path_redactor = PathRedactor(redactor.path_pseudonym, places.paths)
    new_texts = _changes(redactor.redact, _texts(document))
    new_texts |= _changes(
        lambda text: redactor.redact(path_redactor.redact(text)), sorted(places.texts)
    )
    new_values = {host: redactor.host_pseudonym(host) for host in places.hosts}
    new_values |= {person: redactor.pseudonym(person) for person in people.values}
    declared = document.namespaces.declared
    prefixes = _distinct(redactor, _changes(redactor.redact, filter(None, declared)))
    names = _Names(redactor, document, prefixes, {*new_texts, *new_values}).replacements()
    flags, is_personal = (
        f"{people.flags}, {places.flags}",
        f"({people.is_personal} OR {places.is_host})",
    )
    replace(document, names, new_texts, new_values, flags, is_personal)
    document.namespaces = Namespaces(
        {prefixes.get(prefix, prefix): redactor.redact(uri) for prefix, uri in declared.items()}
    )


def _changes(change: Callable[[str], str], texts: Iterable[str]) -> dict[str, str]:
    """Return the texts that ``change`` changes, old to new."""
    return {text: new for text in texts if (new := change(text)) != text}


def _texts(document: Document) -> Iterator[str]:
    """Stream the distinct values of attributes, without names, hashes, numbers and times."""
    query = f"""
        SELECT DISTINCT a.value FROM (SELECT unnest(attributes) AS a FROM {document.tables.union()})
        WHERE NOT {IS_NAME}
            AND NOT regexp_full_match(a.value, '(swh:1:[a-z]+:)?{_HASH}|[0-9.:TZ+-]*')
    """
    for batch in engine.stream(query, _STREAM_ROWS):
        yield from batch.column(0).to_pylist()


def _distinct(redactor: Redactor, replacements: dict[str, str]) -> dict[str, str]:
    """Return the replacements, made distinct for different names such as ``ann`` and ``Ann``."""
    counts = Counter(replacements.values())
    return {
        name: new if counts[new] == 1 else f"{new}-{redactor.digest(name, 8)}"
        for name, new in replacements.items()
    }


class _Names:
    """The qualified names of a document, and the replacements of those that identify people."""

    def __init__(
        self,
        redactor: Redactor,
        document: Document,
        prefixes: dict[str, str],
        changed_values: Iterable[str],
    ) -> None:
        self._redactor = redactor
        self._document = document
        self._prefixes = prefixes
        self._schema = engine.Schema("names")
        self._table = self._schema.create("names", self._all())
        persons = f"SELECT DISTINCT id FROM {document.tables.union()} WHERE {IS_PERSON}"
        self._persons = {name for (name,) in engine.rows(persons)}
        self._digests = {digest for person in self._persons for digest in _HASHES.findall(person)}
        self._digests |= self._digests_of(changed_values)

    def replacements(self) -> dict[str, str]:
        """Return the names that change, old to new."""
        return _distinct(self._redactor, _changes(self._redacted, self._suspects()))

    def _all(self) -> Sql:
        """Return the query for the distinct names: identifiers, references, keys, datatypes, values."""
        tables = self._document.tables
        key_columns = [
            f"SELECT {column} AS name FROM {tables.of(kind)}"
            for kind in tables.existing()
            for column in kind.key_columns
        ]
        # Formal arguments may be times; no name looks like one.
        return Sql(
            f"""
            WITH document_attributes AS (
                SELECT unnest(attributes) AS a FROM {tables.union()}
            ),
            names AS (
                {" UNION ALL ".join(key_columns) or "SELECT '' AS name"}
                UNION ALL SELECT a.key FROM document_attributes
                UNION ALL SELECT a.type FROM document_attributes
                UNION ALL SELECT a.value FROM document_attributes WHERE {IS_NAME}
            )
            SELECT DISTINCT name
            FROM names
            WHERE name <> '' AND NOT regexp_matches(name, '^-?[0-9]{{4,}}-[0-9]{{2}}-[0-9]{{2}}T')
            """
        )

    def _digests_of(self, values: Iterable[str]) -> set[str]:
        """Return the digests in the identifiers of elements whose name, path or key is in ``values``.

        The identifiers of observed states and changes contain digests of values and addresses, too. An address is made
        of the name of its subject, which may have vanished: where it is in ``values``, the digests in the identifier of
        the subject are returned as well.
        """
        changed = create_pairs(self._schema, "changed", {value: value for value in values})
        identifiers = engine.rows(
            f"""
            WITH elements AS (
                SELECT
                    id,
                    attributes,
                    is_a(attributes, 'ObservedChange') OR is_a(attributes, 'ObservedState') AS is_observed
                FROM {self._document.tables.union()}
                WHERE id IS NOT NULL
            ),
            affected AS (
                SELECT id, attributes, is_observed, a.key
                FROM (SELECT *, unnest(attributes) AS a FROM elements)
                WHERE a.value IN (SELECT old FROM {changed}) AND (
                    a.key IN ({self._key_list(_DIGESTED_KEYS)})
                    OR (is_observed AND a.key IN ({self._key_list(_OBSERVED_KEYS)}))
                )
            )
            SELECT DISTINCT id FROM affected
            UNION
            SELECT a.value
            FROM (
                SELECT unnest(attributes) AS a
                FROM affected
                WHERE is_observed AND key IN ({self._key_list(["subject_uri"])})
            )
            WHERE a.key IN ({self._key_list(_SUBJECT_KEYS)})
            """
        )
        return {
            digest
            for (identifier,) in identifiers
            for digest in _HASHES.findall(identifier)
            if len(digest) == DIGEST_LENGTH
        }

    def _key_list(self, words: Collection[str]) -> str:
        """Return the keys of the document whose local part is in ``words``, as the items of an SQL list."""
        keys = (literal(key) for key in self._keys if key.rpartition(":")[2] in words)
        return ", ".join(keys) or "''"

    @cached_property
    def _keys(self) -> list[str]:
        attributes = f"(SELECT unnest(attributes) AS a FROM {self._document.tables.union()})"
        return [key for (key,) in engine.rows(f"SELECT DISTINCT a.key FROM {attributes}")]

    def _suspects(self) -> list[str]:
        """Return the names that may change: because of their text without hashes, or of a digest in them."""
        shape = f"regexp_replace(name, '{_HASH}', '{'0' * 16}', 'g')"
        all_shapes = engine.rows(f"SELECT DISTINCT {shape} FROM {self._table}")
        changing = {name: name for (name,) in all_shapes if self._redacted(name) != name}
        shapes = create_pairs(self._schema, "shapes", changing)
        digests = create_pairs(self._schema, "digests", {d: d for d in self._digests})
        persons = create_pairs(self._schema, "persons", {name: name for name in self._persons})
        rows = engine.rows(
            f"""
            WITH name_digests AS (
                SELECT name, unnest(regexp_extract_all(name, '{_HASH}')) AS digest
                FROM {self._table}
            )
            SELECT name FROM {self._table} WHERE {shape} IN (SELECT old FROM {shapes})
            UNION SELECT name FROM name_digests WHERE digest IN (SELECT old FROM {digests})
            UNION SELECT old FROM {persons}
            """
        )
        return [name for (name,) in rows]

    def _redacted(self, name: str) -> str:
        """Return the qualified name that replaces ``name``."""
        prefix, colon, local = name.partition(":") if ":" in name else ("", "", name)
        if prefix in RESERVED:
            return name
        return f"{self._prefixes.get(prefix, prefix)}{colon}{self._redacted_local(name, local)}"

    def _redacted_local(self, name: str, local: str) -> str:
        if name in self._persons and not _USER.fullmatch(local):
            return self._redactor.pseudonym(local)
        parts = local.split(".")
        own_words = list(takewhile(WORDS.__contains__, parts))
        if len(own_words) == len(parts):
            return local
        rest = self._redactor.redact(".".join(parts[len(own_words) :]))
        return ".".join([*own_words, _HASHES.sub(self._new_digest, rest)])

    def _new_digest(self, match: re.Match[str]) -> str:
        digest = match[0]
        if digest not in self._digests:
            return digest
        return self._redactor.digest(digest, len(digest))
