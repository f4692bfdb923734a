"""Names as a file writes them, read into a document's namespaces."""

from __future__ import annotations

import re
from functools import cached_property

from mlflow2prov.errors import FormatError
from mlflow2prov.prov.namespaces import RESERVED, Namespaces


class Scope:
    """The prefixes that hold in a file, or in one bundle of it.

    Calling it with a name as it is written gives the name as the document has it: a bundle may mean
    something else by a prefix than the document does, and a URI gets one prefix.
    """

    def __init__(self, namespaces: Namespaces, prefixes: dict[str, str]) -> None:
        """``prefixes`` (prefix to URI, ``""`` the default namespace) are declared as needed."""
        self._namespaces = namespaces
        self._prefixes = prefixes
        self._new = {prefix: prefix for prefix in RESERVED}
        for prefix, uri in prefixes.items():
            if prefix not in RESERVED:
                self._new[prefix] = self._declare(prefix, uri)
        self._known: dict[str, str] = {}

    def _declare(self, prefix: str, uri: str) -> str:
        known = self._namespaces.prefix_of(uri)
        return self._namespaces.declare(prefix, uri) if known is None else known

    def within(self, prefixes: dict[str, str]) -> Scope:
        """Return the scope of a bundle that declares ``prefixes`` on top of these."""
        return Scope(self._namespaces, {**self._prefixes, **prefixes}) if prefixes else self

    @cached_property
    def plain(self) -> str | None:
        """A regular expression (RE2) for names that the document has as they are written.

        None where prefixes change, so that each name needs a look.
        """
        if any(old != new for old, new in self._new.items()):
            return None
        prefixes = "|".join(re.escape(prefix) for prefix in self._new if prefix)
        unprefixed = "|[^:]*" if "" in self._new else ""
        return rf"(?s)\A(?:(?:{prefixes}):.*{unprefixed})\z"

    def __call__(self, name: str) -> str:
        """Return the document's name for what the file calls ``name``.

        Raises:
            FormatError: the name's prefix is not declared.
        """
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._read(name)
        return known

    def _read(self, name: str) -> str:
        prefix, colon, local = name.partition(":")
        if not colon:
            prefix, local = "", name
        if prefix not in self._new:
            what = f"the prefix {prefix!r}" if prefix else "a default namespace"
            raise FormatError(f"the name {name!r} needs {what}, which is not declared")
        new = self._new[prefix]
        if new == "" and ":" in local:
            new = self._namespaces.alias(self._prefixes[prefix], prefix or "ns")
        return f"{new}:{local}" if new else local
