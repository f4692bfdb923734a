"""The IRIs of a document's names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support import provo
from mlflow2prov.formats._support.escapes import escape_character, to_ascii_ncname, to_iri_part
from mlflow2prov.prov.namespaces import Namespaces

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_SYNTAX_PREFIXES = {"rdf": provo.RDF, "rdfs": provo.RDFS}
"""The prefixes that every file declares, with their only meaning."""

Prefixes = Mapping[str, tuple[str, str]]
"""The prefix and the IRI in the file, for each prefix of the document."""


def output_prefixes(namespaces: Namespaces) -> dict[str, tuple[str, str]]:
    """Return the prefix and the IRI that a file declares for each prefix of a document.

    A prefix is replaced if the syntaxes reserve it for something else. Characters that an IRI cannot contain are
    escaped like those of names.

    Raises:
        FormatError: a namespace is not an absolute IRI, so that its names are not IRIs.
    """
    used_prefixes = {*namespaces.all, *_SYNTAX_PREFIXES}
    prefixes: dict[str, tuple[str, str]] = {}
    for prefix, uri in namespaces.all.items():
        if not _SCHEME.match(uri):
            raise FormatError(
                f"the namespace {uri[:100]!r} of the prefix {prefix[:100]!r} is not an absolute IRI, "
                "which RDF needs; save as json"
            )
        output_prefix = prefix
        if _SYNTAX_PREFIXES.get(prefix, uri) != uri or prefix.lower().startswith("xml"):
            candidates = (f"ns{number}" for number in itertools.count(1))
            output_prefix = next(name for name in candidates if name not in used_prefixes)
            used_prefixes.add(output_prefix)
        prefixes[prefix] = (output_prefix, to_iri_part(uri))
    return prefixes


def name_iri(name: str, prefixes: Prefixes) -> str:
    """Return the IRI of a name.

    Raises:
        NamespaceError: the prefix of the name is not declared.
    """
    namespace, local = _split(name, prefixes)
    return namespace + to_iri_part(local)


def key_iri(name: str, prefixes: Prefixes) -> str:
    """Return the IRI of the property for an attribute, whose local part is a name of an XML element.

    Raises:
        NamespaceError: the prefix of the name is not declared.
    """
    if name in provo.ATTRIBUTES:
        return provo.ATTRIBUTES[name]
    namespace, local = _split(name, prefixes)
    iri = namespace + to_ascii_ncname(local)
    if iri in provo.STRUCTURE:
        return f"{namespace}{escape_character(local[0])}{local[1:]}"
    return iri


def _split(name: str, prefixes: Prefixes) -> tuple[str, str]:
    """Return the IRI of a name's namespace, and its local part."""
    prefix, colon, local = name.partition(":")
    if not colon:
        prefix, local = "", name
    if prefix not in prefixes:
        raise NamespaceError(f"the prefix of the name {name!r} is not declared")
    return prefixes[prefix][1], local
