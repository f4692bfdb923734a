"""Reading PROV-JSONLD, and PROV-O in any other shape of JSON-LD, without a network.

PROV-JSONLD has one object for each statement, which is read as it stands. JSON-LD in another shape becomes triples.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import json_outline
from mlflow2prov.formats._support.iri_names import IriNames
from mlflow2prov.formats._support.iri_references import resolve
from mlflow2prov.formats._support.json_ld_contexts import is_prov_jsonld, unknown_context
from mlflow2prov.formats._support.json_outline import (
    Content,
    Member,
    NotAnOutlineError,
    outline,
)
from mlflow2prov.formats._support.prefix_scope import MAX_RESOLVED_NAMES, PrefixScope
from mlflow2prov.formats._support.provo import RELATIONS
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import PROV, RESERVED, Namespaces

CONTEXT = "https://openprovenance.org/prov-jsonld/context.jsonld"
"""The address of the submission's context."""

TYPES = {
    "specializationOf": "Specialization",
    "alternateOf": "Alternate",
    "hadMember": "Membership",
    "mentionOf": "Mention",
    **{kind: relation.influence for kind, relation in RELATIONS.items() if relation.influence},
    "entity": "Entity",
    "activity": "Activity",
    "agent": "Agent",
}
"""The type of the object for each kind of statement."""

NAME_KEYS = ("prov:type", "prov:role", "prov:location")
"""The keys for which a bare string is a qualified name."""

MAX_SPACE_BYTES = 10_000
"""How much white space may precede a large bundle."""

_BUNDLE_TYPES = ("Bundle", "prov:Bundle")
_KINDS = {type_: kind for kind, type_ in TYPES.items()}
_SHORT_KEYS = {"label", "location", "role", "type", "value"}
_ABSOLUTE = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://|(?:urn|tag|mailto|doi|info|ark|did|uuid):", re.I
)


class _OtherShapeError(FormatError):
    """JSON-LD has another shape than the submission defines."""


def read(content: bytes, base: str = "") -> Document:
    """Read PROV-JSONLD, or PROV-O in JSON-LD. Relative IRIs are resolved against ``base``.

    Raises:
        FormatError: the content is neither, or uses a context that is neither in the file nor known.
    """
    data = _loads(content)
    if not _is_prov_jsonld(data):
        return _read_prov_o(data, base)
    try:
        return _read_prov_jsonld(data, base)
    except _OtherShapeError as error:
        try:
            return _read_prov_o(data, base)
        except FormatError:
            raise error from None


def read_file(path: Path, base: str = "") -> Document:
    """Read a large file like :func:`read`, a part at a time if it is PROV-JSONLD by its context.

    Raises:
        FormatError: the content is not valid, or uses a context that is neither in the file nor known.
    """
    with path.open("rb") as file:
        content = Content.of(file)
        try:
            whole = outline(content)
            members = {member.name: member for member in whole.members}
            # Without statements, the context decides.
            data = {
                **whole.scalars,
                "@context": _parse(content, members["@context"]),
                "@graph": [{}],
            }
            if members["@graph"].is_array and _is_prov_jsonld(data):
                return _PartsReader(content, data["@context"], base).read(members["@graph"])
        except (NotAnOutlineError, _OtherShapeError, KeyError):
            pass
        return read(content.read(0, content.size), base)


def _parse(content: Content, member: Member) -> Any:
    return _loads(content.read(member.start, member.end))


def _loads(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise FormatError(f"not JSON: {error}") from error


class _PartsReader:
    """Reads PROV-JSONLD a part at a time."""

    def __init__(self, content: Content, context: Any, base: str) -> None:
        self._content = content
        self._names = _Names(context, base)
        self._builder = Builder(self._names.namespaces)

    def read(self, graph: Member) -> Document:
        """Read the statements of a file, which are the items of ``graph``."""
        self._read_graph(graph, "", self._names)
        return self._builder.finish()

    def _read_graph(self, graph: Member, bundle: str, names: _Names) -> None:
        for (start, end), text in zip(graph.places(), graph.parts(self._content), strict=True):
            if end - start > 2 * json_outline.PART_BYTES and not bundle:
                self._read_large_bundle(start, end)
            else:
                _read_graph(_loads(text), bundle, names, self._builder)

    def _read_large_bundle(self, start: int, end: int) -> None:
        """Read an item that is larger than a part, which only a bundle is."""
        start += self._content.read(start, start + MAX_SPACE_BYTES).find(b"{")
        bundle = outline(self._content, start, end)
        members = {member.name: member for member in bundle.members}
        if bundle.scalars.get("@type") not in _BUNDLE_TYPES or not isinstance(
            bundle.scalars.get("@id"), str
        ):
            raise NotAnOutlineError
        context = _parse(self._content, members["@context"]) if "@context" in members else None
        names = self._names.nested(bundle.scalars.get("@context", context))
        self._read_graph(members["@graph"], names.resource(bundle.scalars["@id"]), names)


def _read_prov_o(data: Any, base: str) -> Document:
    from mlflow2prov.formats._support.json_ld_parser import parse_json_ld
    from mlflow2prov.formats._support.rdf_reader import read_parsed

    if not isinstance(data, dict | list):
        raise FormatError("not JSON-LD: neither an object nor an array")
    try:
        parsed = parse_json_ld(data, base)
    except FormatError as error:
        raise FormatError(f"not JSON-LD: {error}") from error
    document = read_parsed(parsed, "JSON-LD")
    if not len(document):
        raise FormatError("JSON-LD without a statement in the terms of PROV-O")
    return document


def _is_prov_jsonld(data: Any) -> bool:
    """Return whether JSON-LD uses the terms of the submission's context: by its address, a copy of it, or neither."""
    if not isinstance(data, dict) or not isinstance(data.get("@graph"), list):
        return False
    contexts = list(_contexts(data.get("@context")))
    if any(isinstance(part, str) and is_prov_jsonld(part) for part in contexts):
        return True
    if any(isinstance(part, str) for part in contexts):
        return False
    terms = {
        key: value for part in contexts if isinstance(part, dict) for key, value in part.items()
    }
    if isinstance(terms.get("Derivation"), dict) and "@context" in terms["Derivation"]:
        return True
    types = [node.get("@type") for node in data["@graph"] if isinstance(node, dict)]
    is_defined = terms.get("@vocab") == PROV or not terms.keys().isdisjoint(_KINDS)
    has_bare_types = any(isinstance(type_, str) and type_ in _KINDS for type_ in types)
    return not data["@graph"] or (has_bare_types and not is_defined)


def _contexts(context: Any) -> Iterator[Any]:
    return iter(context if isinstance(context, list) else [context])


class _Names:
    """The names that the names and IRIs of a file, or of a bundle in it, have in the document."""

    def __init__(self, context: Any, base: str, outer: _Names | None = None) -> None:
        self._prefixes: dict[str, str] = dict(outer._prefixes) if outer else {}
        self._base = base
        self._has_base: bool = outer is not None and outer._has_base
        for part in _contexts(context):
            if isinstance(part, dict):
                self._declare(part)
            elif part is not None and not isinstance(part, str):
                raise _OtherShapeError(
                    "not PROV-JSONLD: a context is neither an address nor prefixes"
                )
            elif part is not None and not is_prov_jsonld(part):
                raise FormatError(f"not PROV-JSONLD: {unknown_context(part)}")
        self.namespaces: Namespaces = outer.namespaces if outer else Namespaces()
        self._scope = PrefixScope(self.namespaces, self._prefixes)
        self._iris = IriNames(self._prefixes, self.namespaces)
        remember = lru_cache(MAX_RESOLVED_NAMES)
        self.term = remember(self._term)
        self.resource = remember(self._resource)
        self.key = remember(self._key)

    def _declare(self, context: dict[str, Any]) -> None:
        for prefix, uri in context.items():
            if prefix == "@base" and isinstance(uri, str):
                self._base = resolve(uri, self._base)
                self._has_base = True
            elif prefix == "@vocab" and isinstance(uri, str):
                self._prefixes[""] = uri
            elif not prefix.startswith("@") and isinstance(uri, str) and prefix not in RESERVED:
                self._prefixes[prefix] = uri

    def nested(self, context: Any) -> _Names:
        """Return the names of a bundle with a context of its own."""
        return _Names(context, self._base, self) if context else self

    def _term(self, text: str) -> str:
        """Return the name of a key or a datatype, which ``@vocab`` completes."""
        prefix, colon, _ = text.partition(":")
        is_declared = prefix in self._prefixes or prefix in RESERVED
        if colon and not is_declared and _ABSOLUTE.match(text):
            return self._iris.name(text)
        return self._scope.resolve(text)

    def _resource(self, text: str) -> str:
        """Return the name of an element, a statement or a bundle, which ``@base`` completes.

        Without ``@base``, ``@vocab`` does, and then the IRI of the file.
        """
        if text.startswith("_:"):
            raise _OtherShapeError("not PROV-JSONLD: a blank node")
        vocabulary = self._prefixes.get("")
        is_relative = self._base != vocabulary if self._has_base else vocabulary is None
        if ":" not in text and is_relative:
            return self._iris.name(resolve(text, self._base))
        return self.term(text)

    def _key(self, key: str) -> str:
        """Return the key of an attribute."""
        if key.startswith("@"):
            raise _OtherShapeError(f"not PROV-JSONLD: {key} in a statement")
        is_term = ":" in key or ("" in self._prefixes and key not in _SHORT_KEYS)
        return self.term(key) if is_term else f"prov:{key}"


def _read_prov_jsonld(data: dict[str, Any], base: str) -> Document:
    names = _Names(data.get("@context"), base)
    builder = Builder(names.namespaces)
    _read_graph(data["@graph"], "", names, builder)
    return builder.finish()


def _read_graph(graph: list[Any], bundle: str, names: _Names, builder: Builder) -> None:
    for node in graph:
        if not isinstance(node, dict):
            raise _OtherShapeError("not PROV-JSONLD: a statement is not an object")
        type_ = node.get("@type")
        name = type_.removeprefix("prov:") if isinstance(type_, str) else ""
        if name == "Bundle" and not bundle:
            if not isinstance(node.get("@id"), str) or not isinstance(node.get("@graph"), list):
                raise _OtherShapeError("not PROV-JSONLD: a bundle without @id or @graph")
            bundle_names = names.nested(node.get("@context"))
            _read_graph(node["@graph"], bundle_names.resource(node["@id"]), bundle_names, builder)
        elif name in _KINDS:
            _read_statement(KIND[_KINDS[name]], node, bundle, names, builder)
        else:
            raise _OtherShapeError(
                f"not PROV-JSONLD: {str(type_)[:60]!r} is not a kind of statement"
            )


def _read_statement(
    kind: Kind, node: dict[str, Any], bundle: str, names: _Names, builder: Builder
) -> None:
    arguments: dict[str, str | None] = {argument.name: None for argument in kind.arguments}
    times = {argument.name for argument in kind.arguments if argument.type is ArgumentType.TIME}
    attributes: list[AttributeTuple] = []
    name = None
    members: list[Any] = []
    for key, value in node.items():
        if key == "@type":
            continue
        if key == "@id":
            name = _identifier(kind, value, names)
        elif key in arguments and isinstance(value, list) and kind.name == "hadMember":
            members = value
        elif key in arguments:
            if not isinstance(value, str):
                raise _OtherShapeError(f"not PROV-JSONLD: {key} of a {node['@type']} is not text")
            arguments[key] = value if key in times else names.resource(value)
        else:
            attribute_key = names.key(key)
            values = value if isinstance(value, list) else [value]
            attributes += [_read_attribute(attribute_key, item, names) for item in values]
    # One membership can name several members.
    for member in members or [arguments.get("entity")]:
        if members:
            arguments["entity"] = names.resource(str(member))
        builder.add(bundle, kind.name, name, list(arguments.values()), attributes)


def _identifier(kind: Kind, value: object, names: _Names) -> str | None:
    """Return the identifier of a statement. A blank node is none for a relation, and has no name for an element."""
    if not isinstance(value, str):
        raise _OtherShapeError("not PROV-JSONLD: an @id is not text")
    if value.startswith("_:") and not kind.element:
        return None
    return names.resource(value)


def _read_attribute(key: str, value: object, names: _Names) -> AttributeTuple:
    if isinstance(value, str):
        if key in NAME_KEYS:
            return key, names.resource(value), QUALIFIED_NAME, None
        return key, value, None, None
    if not isinstance(value, dict) or not isinstance(value.get("@value"), str):
        raise _OtherShapeError(f"not PROV-JSONLD: {key} has neither text nor a @value")
    text, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if isinstance(language, str):
        return key, text, None, language
    if not isinstance(datatype, str):
        return key, text, None, None
    text, datatype = declared(text, names.term(datatype))
    return key, names.resource(text) if datatype == QUALIFIED_NAME else text, datatype, None
