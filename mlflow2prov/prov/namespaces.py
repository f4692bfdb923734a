"""Namespaces of a document, and the qualified names that use them (PROV-DM section 5.7.1).

A qualified name is kept as PROV-JSON writes it: ``prefix:local``, or ``local`` in the default
namespace, whose prefix is the empty string. A Document has one map from prefixes to URIs.
"""

import itertools
import re
from collections.abc import Mapping

from mlflow2prov.errors import NamespaceError

PROV = "http://www.w3.org/ns/prov#"
XSD = "http://www.w3.org/2001/XMLSchema#"
MLFLOW2PROV = "https://w3id.org/mlflow2prov/"

RESERVED = {"prov": PROV, "xsd": XSD}

# What every format takes as a prefix and none means something else by.
_PREFIX = re.compile(r"(?!(?:default|xml|xmlns)\Z)[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?")
# What an IRI cannot hold (RFC 3987).
_NOT_IN_IRIS = re.compile(r"[\x00-\x20<>\"{}|\\^`]")
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


class Namespaces:
    """The prefixes of one document. ``prov`` and ``xsd`` are always there and mean W3C's."""

    def __init__(self, prefixes: Mapping[str, str] | None = None) -> None:
        """Declare ``prefixes`` (prefix to URI; ``""`` is the default namespace).

        Raises:
            NamespaceError: one cannot be a prefix, or stands for no URI.
        """
        self._uris = dict(RESERVED)
        for prefix, uri in (prefixes or {}).items():
            if prefix not in RESERVED:
                if prefix and not _is_prefix(prefix, uri):
                    raise NamespaceError(f"{prefix!r} cannot be a prefix")
                self._uris[prefix] = _checked(uri)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Namespaces) and self._uris == other._uris

    def __hash__(self) -> int:
        return hash(frozenset(self._uris.items()))

    def __repr__(self) -> str:
        return f"Namespaces({self.declared})"

    @property
    def declared(self) -> dict[str, str]:
        """Prefix to URI for all but W3C's own two, ordered by prefix."""
        return {p: u for p, u in sorted(self._uris.items()) if p not in RESERVED}

    @property
    def all(self) -> dict[str, str]:
        """Prefix to URI, W3C's two included, ordered by prefix."""
        return dict(sorted(self._uris.items()))

    def prefix_of(self, uri: str) -> str | None:
        """Return the first prefix that stands for ``uri``."""
        return next((p for p, u in sorted(self._uris.items()) if u == uri), None)

    def declare(self, prefix: str, uri: str) -> str:
        """Make ``uri`` nameable and return its prefix: ``prefix`` if that is free, else another."""
        if self._uris.get(prefix) == uri:
            return prefix
        known = self.prefix_of(uri)
        if known is not None:
            return known
        if prefix == "" and "" not in self._uris:
            self._uris[""] = _checked(uri)
            return ""
        return self.alias(uri, prefix)

    def split(self, name: str) -> tuple[str, str]:
        """Return the namespace URI and the local part of a qualified name.

        Raises:
            NamespaceError: the name's prefix is not declared.
        """
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._uris:
            return self._uris[prefix], local
        if "" in self._uris and not colon:
            return self._uris[""], name
        raise NamespaceError(
            f"the prefix of {name!r} is not declared; declared are: "
            f"{', '.join(p or '(default)' for p in self.all)}"
        )

    def uri(self, name: str) -> str:
        """Return the URI that a qualified name stands for (PROV-DM section 5.7.1)."""
        return "".join(self.split(name))

    def name(self, uri: str, local: str, prefix: str = "ns") -> str:
        """Return the qualified name of ``local`` in the namespace ``uri``, declaring it at need."""
        chosen = self.declare(prefix, uri)
        if chosen == "" and ":" in local:
            chosen = self.alias(uri, prefix)
        return f"{chosen}:{local}" if chosen else local

    def alias(self, uri: str, prefix: str = "ns") -> str:
        """Return a prefix for ``uri`` other than the default namespace's, declaring one at need."""
        known = next((p for p, u in self.all.items() if u == uri and p), None)
        if known is not None:
            return known
        stem = prefix if _is_prefix(prefix, uri) else "ns"
        numbered = (f"{stem}{n or ''}" for n in itertools.count())
        chosen = next(p for p in numbered if p not in self._uris)
        self._uris[chosen] = _checked(uri)
        return chosen


def _is_prefix(prefix: str, uri: str) -> bool:
    """Return whether every format can write ``prefix``; PROV-XML needs ``xsi`` for XML Schema's own."""
    return bool(_PREFIX.fullmatch(prefix)) and (prefix != "xsi" or uri == _INSTANCE)


def _checked(uri: str) -> str:
    if not uri or _NOT_IN_IRIS.search(uri):
        raise NamespaceError(f"{uri!r} is no URI, and cannot be a namespace")
    return uri


def adopt(ours: Namespaces, theirs: Namespaces) -> dict[str, str]:
    """Declare in ``ours`` all that ``theirs`` declares; return the prefixes that change, old to new.

    A URI has one prefix in ``ours``: the first, which is the default namespace's where it is that.
    """
    renamed = {}
    for prefix, uri in theirs.declared.items():
        known = ours.prefix_of(uri)
        chosen = ours.declare(prefix, uri) if known is None else known
        if chosen != prefix:
            renamed[prefix] = chosen
    return renamed
