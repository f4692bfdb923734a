"""Namespaces of a document, and the qualified names that use them (PROV-DM section 5.7.1).

A qualified name is spelled as in PROV-JSON: ``prefix:local``, or ``local`` in the default namespace,
whose prefix is the empty string. A Document has one map from prefixes to URIs.
"""

import itertools
import re
from bisect import insort
from collections.abc import Mapping

from mlflow2prov.errors import NamespaceError

PROV = "http://www.w3.org/ns/prov#"
XSD = "http://www.w3.org/2001/XMLSchema#"
MLFLOW2PROV = "https://w3id.org/mlflow2prov/"

RESERVED = {"prov": PROV, "xsd": XSD}

# The prefixes that every format can write, and that have no other meaning in one of them.
_PREFIX = re.compile(r"(?!(?:default|xml|xmlns)\Z)[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
# The characters that an IRI cannot contain (RFC 3987).
_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


class Namespaces:
    """The prefixes of one document. ``prov`` and ``xsd`` are always declared, with the URIs of W3C."""

    def __init__(self, prefixes: Mapping[str, str] | None = None) -> None:
        """Declare prefixes.

        Args:
            prefixes: prefix to URI; ``""`` is the default namespace.

        Raises:
            NamespaceError: a prefix or a URI is not valid.
        """
        if not isinstance(prefixes, Mapping | None):
            raise NamespaceError(
                f"{type(prefixes).__name__} is not a mapping from prefixes to URIs"
            )
        self._uris: dict[str, str] = {}
        self._prefixes: dict[str, list[str]] = {}
        self._last_numbers: dict[str, int] = {}
        for prefix, uri in RESERVED.items():
            self._add(prefix, uri)
        for prefix, uri in (prefixes or {}).items():
            if prefix not in RESERVED:
                if prefix and not _is_prefix(prefix, uri):
                    raise NamespaceError(f"{str(prefix)[:80]!r} is not a valid prefix")
                self._add(prefix, _valid_uri(uri))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Namespaces) and self._uris == other._uris

    def __hash__(self) -> int:
        return hash(frozenset(self._uris.items()))

    def __repr__(self) -> str:
        return f"Namespaces({self.declared})"

    @property
    def declared(self) -> dict[str, str]:
        """Prefix to URI, without ``prov`` and ``xsd``, ordered by prefix."""
        return {prefix: uri for prefix, uri in sorted(self._uris.items()) if prefix not in RESERVED}

    @property
    def all(self) -> dict[str, str]:
        """Prefix to URI, with ``prov`` and ``xsd``, ordered by prefix."""
        return dict(sorted(self._uris.items()))

    def prefix_of(self, uri: str) -> str | None:
        """Return the first prefix of ``uri``, or None."""
        return next(iter(self._prefixes.get(uri, ())), None)

    def declare(self, prefix: str, uri: str) -> str:
        """Declare ``uri`` if it has no prefix, and return its prefix: ``prefix`` if that is free, else another.

        Raises:
            NamespaceError: the URI is not valid.
        """
        _valid_uri(uri)
        if isinstance(prefix, str) and self._uris.get(prefix) == uri:
            return prefix
        existing = self.prefix_of(uri)
        if existing is not None:
            return existing
        if prefix == "" and "" not in self._uris:
            self._add("", uri)
            return ""
        return self.alias(uri, prefix)

    def split(self, name: str) -> tuple[str, str]:
        """Return the namespace URI and the local part of a qualified name.

        Raises:
            NamespaceError: the name's prefix is not declared.
        """
        if not isinstance(name, str):
            raise NamespaceError(f"{type(name).__name__} is not a qualified name")
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._uris:
            return self._uris[prefix], local
        if "" in self._uris and not colon:
            return self._uris[""], name
        raise NamespaceError(
            f"the prefix of {str(name)[:80]!r} is not declared; "
            f"declare it, or use one of {', '.join(prefix or '(default)' for prefix in self.all)}"
        )

    def uri(self, name: str) -> str:
        """Return the URI of a qualified name (PROV-DM section 5.7.1).

        Raises:
            NamespaceError: the name's prefix is not declared.
        """
        return "".join(self.split(name))

    def name(self, uri: str, local: str, prefix: str = "ns") -> str:
        """Return the qualified name of ``local`` in the namespace ``uri``, which is declared if necessary."""
        if not isinstance(local, str):
            raise NamespaceError(f"{type(local).__name__} is not the local part of a name")
        declared_prefix = self.declare(prefix, uri)
        if declared_prefix == "" and ":" in local:
            declared_prefix = self.alias(uri, prefix)
        return f"{declared_prefix}:{local}" if declared_prefix else local

    def alias(self, uri: str, prefix: str = "ns") -> str:
        """Return a prefix of ``uri`` that is not empty; one is declared if necessary."""
        existing = next(filter(None, self._prefixes.get(uri, ())), None)
        if existing is not None:
            return existing
        stem = prefix if _is_prefix(prefix, uri) else "ns"
        numbers = itertools.count(self._last_numbers.get(stem, 0))
        number = next(number for number in numbers if f"{stem}{number or ''}" not in self._uris)
        self._last_numbers[stem] = number
        free = f"{stem}{number or ''}"
        self._add(free, _valid_uri(uri))
        return free

    def _add(self, prefix: str, uri: str) -> None:
        """Declare a prefix that has no other URI. The prefixes of a URI are in order."""
        self._uris[prefix] = uri
        insort(self._prefixes.setdefault(uri, []), prefix)


def _is_prefix(prefix: str, uri: str) -> bool:
    """Return whether every format can write ``prefix``; PROV-XML uses ``xsi`` for XML Schema instances."""
    return (
        isinstance(prefix, str)
        and bool(_PREFIX.fullmatch(prefix))
        and (prefix != "xsi" or uri == _INSTANCE)
    )


def _valid_uri(uri: str) -> str:
    if not isinstance(uri, str) or not uri or _NOT_IN_IRIS.search(uri):
        raise NamespaceError(f"{str(uri)[:80]!r} is not a URI, so it cannot be a namespace")
    return uri


def adopt(ours: Namespaces, theirs: Namespaces) -> dict[str, str]:
    """Declare the namespaces of ``theirs`` in ``ours``; return the prefixes that change, old to new.

    A URI keeps its first prefix in ``ours``, which is the empty one if it is the default namespace.
    """
    changes = {}
    for prefix, uri in theirs.declared.items():
        existing = ours.prefix_of(uri)
        new_prefix = ours.declare(prefix, uri) if existing is None else existing
        if new_prefix != prefix:
            changes[prefix] = new_prefix
    return changes
