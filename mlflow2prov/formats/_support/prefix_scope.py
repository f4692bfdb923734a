"""The prefixes of a file, and the names of a document that the names in the file become."""

from __future__ import annotations

import re
from functools import cached_property

from mlflow2prov.errors import FormatError
from mlflow2prov.prov.namespaces import RESERVED, Namespaces

MAX_RESOLVED_NAMES = 100_000
"""The number of names of a file that are kept with the names that they became."""


class PrefixScope:
    """The prefixes that a file declares, or one bundle of it.

    A document has one prefix for each URI, and one URI for each prefix. A bundle may declare another URI for a prefix
    than the document does, so names can change when they are read.
    """

    def __init__(self, namespaces: Namespaces, prefixes: dict[str, str]) -> None:
        """Declare prefixes in a document.

        Args:
            namespaces: the namespaces of the document.
            prefixes: prefix to URI as in the file, ``""`` for the default namespace.

        Raises:
            NamespaceError: a URI is not valid.
        """
        self._namespaces = namespaces
        self._prefixes = prefixes
        self._document_prefixes = {prefix: prefix for prefix in RESERVED}
        for prefix, uri in prefixes.items():
            if prefix not in RESERVED:
                self._document_prefixes[prefix] = self._declare(prefix, uri)
        self._resolved_names: dict[str, str] = {}

    def nested(self, prefixes: dict[str, str]) -> PrefixScope:
        """Return the scope of a bundle that declares further ``prefixes``."""
        return PrefixScope(self._namespaces, {**self._prefixes, **prefixes}) if prefixes else self

    def resolve(self, name: str) -> str:
        """Return the document's name for ``name``, a name in the file.

        Raises:
            FormatError: the prefix of the name is not declared.
        """
        resolved = self._resolved_names.get(name)
        if resolved is None:
            if len(self._resolved_names) >= MAX_RESOLVED_NAMES:
                self._resolved_names.clear()
            resolved = self._resolved_names[name] = self._resolve(name)
        return resolved

    @cached_property
    def unchanged_names(self) -> str | None:
        """A regular expression (RE2) for names that are the same in the document as in the file.

        It is None if a prefix changes, so that each name has to be resolved.
        """
        if any(prefix != renamed for prefix, renamed in self._document_prefixes.items()):
            return None
        prefixes = "|".join(re.escape(prefix) for prefix in self._document_prefixes if prefix)
        unprefixed = "|[^:]*" if "" in self._document_prefixes else ""
        return rf"(?s)\A(?:(?:{prefixes}):.*{unprefixed})\z"

    def _declare(self, prefix: str, uri: str) -> str:
        existing = self._namespaces.prefix_of(uri)
        return self._namespaces.declare(prefix, uri) if existing is None else existing

    def _resolve(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            prefix, local = "", name
        if prefix not in self._document_prefixes:
            missing = f"the prefix {prefix!r}" if prefix else "a default namespace"
            raise FormatError(f"the name {name!r} needs {missing}, which is not declared")
        renamed = self._document_prefixes[prefix]
        if renamed == "" and ":" in local:
            renamed = self._namespaces.alias(self._prefixes[prefix], prefix or "ns")
        return f"{renamed}:{local}" if renamed else local
