"""The namespaces of a place in an XML file, and the names of a document that its names become."""

from __future__ import annotations

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.prefix_scope import MAX_RESOLVED_NAMES
from mlflow2prov.formats._support.xml_input import SEPARATOR
from mlflow2prov.formats._support.xml_literal import XML
from mlflow2prov.prov.namespaces import RESERVED, XSD, Namespaces

NO_NAMESPACE = "about:blank#"
"""The namespace of names that have none in XML. PROV-DM gives every name one (section 5.7.1)."""

_XML_SCHEMA = "http://www.w3.org/2001/XMLSchema"
"""In XML, the namespace of XML Schema lacks the hash that PROV-DM gives it."""


class XmlScope:
    """The namespaces that are declared where the parser is, and the names of a document that XML names become."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces
        self._declared: dict[str, list[str | None]] = {"xml": [XML]}
        self._prefixes: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def open(self, prefix: str | None, uri: str | None) -> None:
        """Declare a prefix. Without a URI, names without a prefix have no namespace."""
        self._declared.setdefault(prefix or "", []).append(uri)
        self._prefixes.clear()

    def close(self, prefix: str | None) -> None:
        """End the last declaration of a prefix."""
        self._declared[prefix or ""].pop()
        self._prefixes.clear()

    def namespace_of(self, prefix: str) -> str | None:
        """Return the namespace of a prefix."""
        uris = self._declared.get(prefix)
        return uris[-1] if uris else None

    def prefix_of(self, uri: str) -> str:
        """Return a prefix of a namespace; the empty one only if it has no other."""
        return max(prefix for prefix, uris in self._declared.items() if uris and uris[-1] == uri)

    def expanded(self, name: str) -> str:
        """Return the document's name for a name that the parser reports."""
        expanded = self._names.get(name)
        if expanded is None:
            uri, separator, local = name.rpartition(SEPARATOR)
            prefix = self.prefix_of(uri) if separator else ""
            expanded = self.name(uri or NO_NAMESPACE, unescape(local), prefix)
            if len(self._names) >= MAX_RESOLVED_NAMES:
                self._names.clear()
            self._names[name] = expanded
        return expanded

    def resolved(self, text: str) -> str:
        """Return the document's name for a QName in a value.

        Raises:
            FormatError: it is empty, or its prefix is not declared.
        """
        name = text.strip()
        if name in ("", ":"):
            raise FormatError("a name is empty")
        prefix, colon, local = name.partition(":")
        if not colon:
            prefix, local = "", name
        if "_x" in local:
            local = unescape(local)
        renamed = self._prefixes.get(prefix)
        if renamed is not None and (renamed or ":" not in local):
            return f"{renamed}:{local}" if renamed else local
        uri = self.namespace_of(prefix)
        if uri is None and prefix:
            raise FormatError(f"the name {name!r} has a prefix that is not declared")
        resolved = self.name(uri or NO_NAMESPACE, local, prefix)
        if ":" not in local:
            self._prefixes[prefix] = resolved.partition(":")[0] if ":" in resolved else ""
        return resolved

    def name(self, uri: str, local: str, prefix: str) -> str:
        """Return the document's name for a local part in a namespace, which gets ``prefix`` if it has none yet."""
        if uri == _XML_SCHEMA:
            uri = XSD
        for reserved, reserved_uri in RESERVED.items():
            if uri == reserved_uri:
                return f"{reserved}:{local}"
        return self._namespaces.name(uri, local, prefix)
