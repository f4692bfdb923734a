"""The names that the IRIs of a file have in a document."""

from __future__ import annotations

from collections.abc import Mapping

from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.prefix_scope import MAX_RESOLVED_NAMES
from mlflow2prov.prov.namespaces import MLFLOW2PROV, RESERVED, Namespaces

BLANK_NODES = f"{MLFLOW2PROV}genid/"
"""The namespace of the names of blank nodes."""

_PREFIXES_ON_DEMAND = {
    provo.RDF: "rdf",
    provo.RDFS: "rdfs",
    "http://www.w3.org/XML/1998/namespace": "xml",
    BLANK_NODES: "genid",
}
"""The prefixes that are declared only for names with them. Many files declare the first three for their syntax."""


class IriNames:
    """The names of IRIs in a document.

    An IRI begins with the longest namespace that is declared. An IRI without one is cut after its last ``/`` or ``#``,
    or else after its last ``:``, as in ``urn:uuid:``.
    """

    def __init__(self, prefixes: Mapping[str, str], namespaces: Namespaces | None = None) -> None:
        """Declare the prefixes of a file in ``namespaces``, or in new ones."""
        self.namespaces = Namespaces() if namespaces is None else namespaces
        uris = {
            prefix: uri
            for prefix, uri in prefixes.items()
            if _PREFIXES_ON_DEMAND.get(uri) != prefix and prefix not in RESERVED
        }
        for prefix, uri in sorted(uris.items()):
            if self.namespaces.prefix_of(unescape(uri)) is None:
                self.namespaces.declare(prefix, unescape(uri))
        self._uris = {*uris.values(), *RESERVED.values()} - {""}
        self._lengths = sorted({len(uri) for uri in self._uris}, reverse=True)
        self._reserved_prefixes = {uri: prefix for prefix, uri in RESERVED.items()}
        self._names: dict[str, str] = {}

    def name(self, iri: str) -> str:
        """Return the name of an IRI, whose namespace is declared if necessary."""
        # An IRI of rdflib is not equal to the same text.
        text = str(iri)
        name = self._names.get(text)
        if name is None:
            if len(self._names) >= MAX_RESOLVED_NAMES:
                self._names.clear()
            name = self._names[text] = self._name(text)
        return name

    def _name(self, iri: str) -> str:
        uri = self._namespace(iri)
        local = unescape(iri[len(uri) :])
        if prefix := self._reserved_prefixes.get(uri):
            return f"{prefix}:{local}"
        return self.namespaces.name(unescape(uri), local, _PREFIXES_ON_DEMAND.get(uri, "ns"))

    def _namespace(self, iri: str) -> str:
        for length in self._lengths:
            if iri[:length] in self._uris:
                return iri[:length]
        end = max(iri.rfind("/"), iri.rfind("#")) + 1 or iri.rfind(":", 0, -1) + 1
        return iri[:end] or iri
