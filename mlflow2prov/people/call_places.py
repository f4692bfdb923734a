"""Places in captured calls: the machines that made the calls, and the absolute paths that they recorded.

A record of a call names its machine, its current folder, its command line and its arguments. Host names and paths often
contain names of people, customers and projects, of which none occurs anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.engine import Sql, literal
from mlflow2prov.people.common_words import COMMON_WORDS
from mlflow2prov.people.substitution import IS_NAME
from mlflow2prov.prov import Document
from mlflow2prov.prov.sql import is_any_of

CALL_TYPES = ("Call", "Function", "Argument", "Result", "ResultSet", "Content")
"""The types of the elements that captured calls consist of."""

_STREAM_ROWS = 100_000
_MIN_SHORT_NAME = 4
"""The shortest first label of a host name that is also looked for alone."""

_SEPARATOR = r"[/\\]"
_ROOT = r"(?:[A-Za-z]:[/\\]|\\\\(?=[^\\\s])|file:/{1,3}(?=[^/\s])|/(?=[^/\s]))"
_REST = r"""[^\s"'<>|*?,;)\]}]*"""
_ABSOLUTE = re.compile(rf"{_ROOT}[^\n]*")
_QUOTED = re.compile(rf"""(?<=(["'])){_ROOT}[^"'\n]+(?=\1)""")
_BARE = re.compile(rf"(?<![\w.~%/\\:-]){_ROOT}{_REST}|(?<=:)/(?=[^/\s]){_REST}")
_PATH_KEYS = ("cwd", "path", "value")
"""The attributes whose values are paths if they begin as absolute paths do."""


@dataclass(frozen=True)
class CallPlaces:
    """The places in the captured calls of a document.

    Attributes:
        hosts: the names of machines.
        paths: the values of attributes that are an absolute path and nothing else.
        texts: the texts with paths, which include these.
        is_host: the SQL condition that an attribute ``a`` is the name of a machine, in terms of ``flags``.
        flags: an SQL column computed from a statement.
    """

    hosts: frozenset[str]
    paths: frozenset[str]
    texts: frozenset[str]
    is_host: str
    flags: str


def find_places(document: Document) -> CallPlaces:
    """Return the places in the captured calls of ``document``."""
    flags = f"{is_any_of('attributes', ['Call'])} AS is_call"
    is_host = f"(is_call AND is_named(a.key, 'host') AND NOT {IS_NAME} AND a.value <> '')"
    union = document.tables.union()
    hosts = engine.rows(
        f"""
        WITH statement_attributes AS (
            SELECT {flags}, unnest(attributes) AS a FROM {union}
        )
        SELECT DISTINCT a.value FROM statement_attributes WHERE {is_host}
        """
    )
    texts, paths = set(), set()
    for key, text in _texts_with_separators(union):
        texts.add(text)
        if key in _PATH_KEYS and _ABSOLUTE.fullmatch(text):
            paths.add(text)
    names = frozenset(host for (host,) in hosts)
    return CallPlaces(names, frozenset(paths), frozenset(texts), is_host, flags)


def _texts_with_separators(union: Sql) -> Iterator[tuple[str, str]]:
    """Stream the distinct texts of calls with a separator of paths, each with the key of its attribute."""
    query = f"""
        WITH call_attributes AS (
            SELECT unnest(attributes) AS a
            FROM {union}
            WHERE {is_any_of("attributes", CALL_TYPES)}
        )
        SELECT DISTINCT local_name(a.key), a.value
        FROM call_attributes
        WHERE NOT {IS_NAME} AND regexp_matches(a.value, {literal(_SEPARATOR)})
    """
    for batch in engine.stream(query, _STREAM_ROWS):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


class PathRedactor:
    """Replaces absolute paths in texts.

    Args:
        pseudonym: returns the replacement of a path.
        paths: known paths, which may contain spaces.
    """

    def __init__(self, pseudonym: Callable[[str], str], paths: Iterable[str]) -> None:
        self._pseudonym = pseudonym
        self._paths = frozenset(paths)
        # A path with a space is not recognized within a text, unless it is known.
        spaced = sorted((path for path in self._paths if " " in path), key=len, reverse=True)
        literals = "|".join(map(re.escape, spaced))
        self._spaced = re.compile(rf"(?<![\w.~%/\\:-])(?:{literals}){_REST}") if spaced else None

    def redact(self, text: str) -> str:
        """Return ``text`` without absolute paths."""
        if text in self._paths:
            return self._pseudonym(text)
        for pattern in filter(None, (self._spaced, _QUOTED, _BARE)):
            text = pattern.sub(lambda match: self._pseudonym(match[0]), text)
        return text


def host_spellings(hosts: Iterable[str]) -> dict[str, str]:
    """Return the names under which texts mention machines, each with the host name that it belongs to.

    The first label of a qualified name is one of them. Common words mean something else in most texts.
    """
    spellings: dict[str, str] = {}
    for host in sorted(hosts):
        label = host.partition(".")[0]
        for name in (host, label) if len(label) >= _MIN_SHORT_NAME else (host,):
            if name.casefold() not in COMMON_WORDS | {"localhost"} and not name.isdigit():
                spellings.setdefault(name, host)
    return spellings
