"""Reading PROV-JSON: statements of a usual shape by columns, and all others one by one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import orjson

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provjson_columns
from mlflow2prov.formats._support.json_outline import (
    Content,
    Member,
    NotAnOutlineError,
    outline,
)
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.attributes import (
    QUALIFIED_NAME,
    XSD_BOOLEAN,
    XSD_DOUBLE,
    AttributeTuple,
    integer_type,
    number_text,
)
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import RESERVED, Namespaces

_MEMBERS = {*KIND, "prefix", "bundle"}
_FIRST_MEMBER = re.compile(rb'\{\s*"(?:' + "|".join(sorted(_MEMBERS)).encode() + rb')"\s*:')
_MEMBER = re.compile(rb'"(?:' + "|".join(sorted(_MEMBERS)).encode() + rb')"\s*:')

Shape = tuple[list[str], list[dict[str, Any]]]
"""The names and the bodies of statements with the same members in the same order."""


class _RoundedIntegerError(Exception):
    """A number may be an integer of more than 64 bits, which orjson has rounded."""


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-JSON."""
    if _FIRST_MEMBER.match(head):
        return True
    if not head.startswith(b"{") or b'"@context"' in head or b'"@graph"' in head:
        return False
    return bool(_MEMBER.search(head)) or head[1:].strip()[:1] == b"}"


def read(content: bytes) -> Document:
    """Read PROV-JSON. The last of several members with one name counts (RFC 8259, section 4).

    Raises:
        FormatError: the content is not PROV-JSON; the message names the place.
    """
    try:
        return _Reader(is_exact=False).read(_parse(orjson.loads, content))
    except _RoundedIntegerError:
        return _Reader(is_exact=True).read(_parse(json.loads, content))


def read_file(path: Path) -> Document:
    """Read a large file of PROV-JSON, a part at a time.

    Statements of one name in different parts are several statements.

    Raises:
        FormatError: the content is not PROV-JSON.
    """
    with path.open("rb") as file:
        content = Content.of(file)
        try:
            members = outline(content).objects()
            try:
                return _Reader(is_exact=False).read_parts(content, members)
            except _RoundedIntegerError:
                return _Reader(is_exact=True).read_parts(content, members)
        except NotAnOutlineError:
            return read(content.read(0, content.size))


def _parse(loads: Callable[[bytes], object], content: bytes) -> object:
    try:
        return loads(content)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error


_Members = Iterable[tuple[str, Iterable[object]]]
"""The names of kinds of statements, each with objects that have these as members."""


class _Reader:
    """Reads the statements of a file.

    Args:
        is_exact: whether the parser keeps all digits of integers.
    """

    def __init__(self, *, is_exact: bool) -> None:
        self._is_exact = is_exact
        self._namespaces = Namespaces()
        self._builder = Builder(self._namespaces)

    def read(self, data: object) -> Document:
        """Read a whole file that is parsed."""
        if not isinstance(data, dict):
            raise FormatError("not PROV-JSON: the file is not an object")
        scope = PrefixScope(self._namespaces, _prefixes(data, "prefix"))
        self._read_statements(_whole_members(data), "", scope)
        for name, bundle in _require_object(data.get("bundle", {}), "bundle").items():
            content = _require_object(bundle, f"bundle {name}")
            self._read_bundle(name, content, _whole_members(content), scope)
        return self._builder.finish()

    def read_parts(self, content: Content, members: Sequence[Member]) -> Document:
        """Read the parts of a file, whose outline is ``members``."""
        prefixes = self._parse_prefixes(content, members)
        scope = PrefixScope(self._namespaces, _prefixes(prefixes, "prefix"))
        self._read_statements(self._members_in_parts(content, members), "", scope)
        for member in members:
            for bundle in _outline_of_bundles(content, member):
                inner = outline(content, bundle.start, bundle.end).objects()
                prefixes = self._parse_prefixes(content, inner)
                self._read_bundle(
                    bundle.name, prefixes, self._members_in_parts(content, inner), scope
                )
        return self._builder.finish()

    def _parse_prefixes(self, content: Content, members: Sequence[Member]) -> dict[str, object]:
        """Return an object with the member ``prefix``, if there is one."""
        return {
            member.name: _parse(orjson.loads, content.read(member.start, member.end))
            for member in members
            if member.name == "prefix"
        }

    def _members_in_parts(self, content: Content, members: Sequence[Member]) -> _Members:
        loads: Callable[[bytes], object] = json.loads if self._is_exact else orjson.loads
        for member in members:
            yield member.name, (_parse(loads, part) for part in member.parts(content))

    def _read_bundle(
        self, name: str, data: dict[str, Any], members: _Members, scope: PrefixScope
    ) -> None:
        if not name:
            raise FormatError("not PROV-JSON: a bundle without a name")
        bundle_scope = scope.nested(_prefixes(data, f"the member prefix of bundle {name}"))
        # A bundle's own prefixes apply to its name too, as in PROV-N.
        self._read_statements(members, bundle_scope.resolve(name), bundle_scope)

    def _read_statements(self, members: _Members, bundle: str, scope: PrefixScope) -> None:
        for member, parts in members:
            if member == "prefix" or (member == "bundle" and not bundle):
                continue
            if member == "bundle":
                raise FormatError(f"not PROV-JSON: a bundle within the bundle {bundle}")
            if member not in KIND:
                raise FormatError(f"not PROV-JSON: {member!r} is not a kind of statement")
            kind = KIND[member]
            for statements in parts:
                for shape in _shapes(_require_object(statements, member), kind):
                    self._read_shape(kind, bundle, scope, shape)

    def _read_shape(self, kind: Kind, bundle: str, scope: PrefixScope, shape: Shape) -> None:
        names, bodies = shape
        if len(names) >= provjson_columns.MIN_BATCH:
            try:
                provjson_columns.add_statements(
                    self._builder.document, bundle, kind, scope, names, bodies
                )
            except provjson_columns.FallbackToRowsError:
                pass
            else:
                return
        reader = _StatementReader(kind, bundle, scope, self._builder, self._is_exact)
        for name, body in zip(names, bodies, strict=True):
            reader.read(name, body)


def _whole_members(data: dict[str, Any]) -> _Members:
    return ((member, (statements,)) for member, statements in data.items())


def _outline_of_bundles(content: Content, member: Member) -> list[Member]:
    if member.name != "bundle":
        return []
    return outline(content, member.start, member.end).objects()


def _prefixes(data: dict[str, Any], where: str) -> dict[str, str]:
    """Return the prefixes that a document or a bundle declares."""
    prefixes = _require_object(data.get("prefix", {}), where)
    for prefix, uri in prefixes.items():
        if not isinstance(uri, str):
            raise FormatError(f"not PROV-JSON: the URI of the prefix {prefix!r} is not text")
    return {
        "" if prefix == "default" else prefix: uri
        for prefix, uri in prefixes.items()
        if prefix not in RESERVED
    }


def _require_object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"not PROV-JSON: {where} is not an object")
    return value


def _shapes(statements: dict[str, Any], kind: Kind) -> Iterable[Shape]:
    """Return the statements of a kind, grouped by shape."""
    shapes: dict[tuple[str, ...], Shape] = defaultdict(lambda: ([], []))
    for name, body in statements.items():
        if kind.element and name.startswith("_:"):
            raise FormatError(f"not PROV-JSON: {kind.name} {name!r} is blank; give it a name")
        for statement in (body,) if type(body) is dict else _list_items(body, kind, name):
            names, bodies = shapes[tuple(statement)]
            names.append(name)
            bodies.append(statement)
    return shapes.values()


def _list_items(body: object, kind: Kind, name: str) -> list[dict[str, Any]]:
    """Return the statements of one name."""
    items: list[Any] = body if isinstance(body, list) else [body]
    if not all(isinstance(item, dict) for item in items):
        raise FormatError(f"not PROV-JSON: {kind.name} {name} is not an object")
    return items


class _StatementReader:
    """Reads statements of one kind in one bundle, one by one."""

    def __init__(
        self, kind: Kind, bundle: str, scope: PrefixScope, builder: Builder, is_exact: bool
    ) -> None:
        self._kind = kind
        self._bundle = bundle
        self._scope = scope
        self._builder = builder
        self._is_exact = is_exact
        self._arguments = {
            f"prov:{argument.name}": (position, argument.type is ArgumentType.TIME)
            for position, argument in enumerate(kind.arguments)
        }

    def read(self, name: str, body: dict[str, Any]) -> None:
        """Read one statement. A membership of several entities becomes several statements.

        Args:
            name: its identifier in the file.
            body: its members.
        """
        resolve = self._scope.resolve
        identifier = None if name.startswith("_:") else resolve(name)
        arguments: list[str | None] = [None] * len(self._arguments)
        attributes: list[AttributeTuple] = []
        entities: list[object] = []
        for member, value in body.items():
            key = resolve(member)
            if key in self._arguments:
                if type(value) is list and self._kind.name == "hadMember" and key == "prov:entity":
                    entities = value
                    continue
                position, is_time = self._arguments[key]
                arguments[position] = self._argument(value, is_time, member, name)
            elif type(value) is str:
                attributes.append((key, value, None, None))
            elif type(value) is list:
                attributes += [self._attribute(key, item, name) for item in value]
            else:
                attributes.append(self._attribute(key, value, name))
        if not entities:
            self._builder.add(self._bundle, self._kind.name, identifier, arguments, attributes)
        for entity in entities:
            arguments[1] = self._argument(entity, False, "prov:entity", name)
            self._builder.add(self._bundle, self._kind.name, identifier, [*arguments], attributes)

    def _argument(self, value: object, is_time: bool, member: str, name: str) -> str:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("$")
        if not isinstance(value, str):
            raise FormatError(f"{self._where(member, name)} is not text")
        return value if is_time else self._scope.resolve(value)

    def _attribute(self, key: str, value: object, name: str) -> AttributeTuple:
        if type(value) is str:
            return key, value, None, None
        if type(value) is bool:
            return key, "true" if value else "false", XSD_BOOLEAN, None
        if type(value) is int:
            return key, str(value), integer_type(value), None
        if type(value) is float:
            if not self._is_exact and abs(value) >= 2**63:
                raise _RoundedIntegerError
            return key, number_text(value), XSD_DOUBLE, None
        if isinstance(value, dict) and "$" in value:
            return self._literal(key, cast("dict[str, Any]", value), name)
        raise FormatError(f"{self._where(key, name)} is neither a value nor a literal")

    def _literal(self, key: str, value: dict[str, Any], name: str) -> AttributeTuple:
        text, datatype, language = value["$"], value.get("type"), value.get("lang")
        if isinstance(text, dict | list) or text is None:
            raise FormatError(f"{self._where(key, name)} has no text")
        if not isinstance(text, str):
            bare_value = self._attribute(key, text, name)
            if datatype is None:
                return bare_value
            text = bare_value[1]
        if language:
            return key, text, None, str(language)
        if datatype is None:
            return key, text, None, None
        text, datatype = declared(text, self._scope.resolve(str(datatype)))
        return (
            key,
            self._scope.resolve(text) if datatype == QUALIFIED_NAME else text,
            datatype,
            None,
        )

    def _where(self, member: str, name: str) -> str:
        return f"not PROV-JSON: {member} of {self._kind.name} {name}"
