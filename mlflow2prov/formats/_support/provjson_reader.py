"""Reading PROV-JSON, fast: what orjson gives goes into columns where it can, else by the statement."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provjson_columns
from mlflow2prov.formats._support.prefix_scope import PrefixScope
from mlflow2prov.formats._support.provjson_columns import FallbackToRowsError
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov import attributes as literals
from mlflow2prov.prov.attributes import AttributeTuple
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.lexical import normal
from mlflow2prov.prov.namespaces import RESERVED, Namespaces

_MEMBERS = {*KIND, "prefix", "bundle"}
_MEMBER = re.compile(rb'"(?:' + "|".join(sorted(_MEMBERS)).encode() + rb')"\s*:')


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-JSON."""
    if not head.startswith(b"{") or b'"@context"' in head or b'"@graph"' in head:
        return False
    return bool(_MEMBER.search(head)) or head[1:].strip()[:1] == b"}"


class _RoundedError(Exception):
    """An integer has more than 64 bits, of which orjson makes a float."""


def read(content: bytes) -> Document:
    """Read PROV-JSON; of members of one name in one object, the last holds (RFC 8259 section 4).

    Raises:
        FormatError: it is not JSON, or not PROV-JSON; the message says where.
    """
    try:
        return _document(_loads(orjson.loads, content), exact=False)
    except _RoundedError:
        return _document(_loads(json.loads, content), exact=True)


def _loads(loads: Callable[[bytes], object], content: bytes) -> object:
    try:
        return loads(content)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"not JSON: {error}") from error


def _document(data: object, *, exact: bool) -> Document:
    if not isinstance(data, dict):
        raise FormatError("not PROV-JSON: the file holds no object")
    namespaces = Namespaces()
    scope = PrefixScope(namespaces, _prefixes(data, "prefix"))
    builder = Builder(namespaces)
    _read_statements(data, "", scope, builder, exact)
    for name, bundle in _object(data.get("bundle", {}), "bundle").items():
        if not name:
            raise FormatError("not PROV-JSON: a bundle without a name")
        inside = _object(bundle, f"bundle {name}")
        inner = scope.nested(_prefixes(inside, f"the prefixes of bundle {name}"))
        _read_statements(inside, scope.resolve(name), inner, builder, exact)
    return builder.finish()


def _prefixes(data: dict[str, Any], where: str) -> dict[str, str]:
    declared = _object(data.get("prefix", {}), where)
    for prefix, uri in declared.items():
        if not isinstance(uri, str):
            raise FormatError(f"not PROV-JSON: the prefix {prefix!r} stands for no text")
    return {
        "" if prefix == "default" else prefix: uri
        for prefix, uri in declared.items()
        if prefix not in RESERVED
    }


def _object(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise FormatError(f"not PROV-JSON: {where} is no object")
    return value


def _read_statements(
    data: dict[str, Any], bundle: str, scope: PrefixScope, builder: Builder, exact: bool
) -> None:
    for member, found in data.items():
        if member in ("prefix", "bundle"):
            if member == "bundle" and bundle:
                raise FormatError(f"not PROV-JSON: a bundle within the bundle {bundle}")
            continue
        if member not in KIND:
            raise FormatError(f"not PROV-JSON: {member!r} is no kind of statement")
        reader = _StatementReader(KIND[member], bundle, scope, builder, exact)
        for names, bodies in _shapes(_object(found, member), KIND[member]):
            try:
                if len(names) < provjson_columns.MIN_BATCH:
                    raise FallbackToRowsError
                provjson_columns.add(builder.document, bundle, KIND[member], scope, names, bodies)
            except FallbackToRowsError:
                for name, body in zip(names, bodies, strict=True):
                    reader.read(name, body)


def _shapes(found: dict[str, Any], kind: Kind) -> Iterable[tuple[list[str], list[dict[str, Any]]]]:
    """Return names and bodies of statements, those together that have the same keys."""
    shapes: dict[tuple[str, ...], tuple[list[str], list[dict[str, Any]]]]
    shapes = defaultdict(lambda: ([], []))
    for name, body in found.items():
        if kind.element and name.startswith("_:"):
            raise FormatError(f"not PROV-JSON: {kind.name} {name!r} has no name of its own")
        for one in (body,) if type(body) is dict else _several(body, kind.name, name):
            names, bodies = shapes[tuple(one)]
            names.append(name)
            bodies.append(one)
    return shapes.values()


def _several(body: object, member: str, name: str) -> list[dict[str, Any]]:
    listed: list[Any] = body if isinstance(body, list) else [body]
    if not all(isinstance(one, dict) for one in listed):
        raise FormatError(f"not PROV-JSON: {member} {name} is no object")
    return listed


class _StatementReader:
    """Reads the statements of one kind in one bundle, each for itself."""

    def __init__(
        self, kind: Kind, bundle: str, scope: PrefixScope, builder: Builder, exact: bool
    ) -> None:
        self._kind = kind
        self._bundle = bundle
        self._scope = scope
        self._builder = builder
        self._exact = exact
        self._places = {
            f"prov:{argument.name}": (place, argument.type is ArgumentType.TIME)
            for place, argument in enumerate(kind.arguments)
        }
        self._count = len(kind.arguments)

    def read(self, written: str, body: dict[str, Any]) -> None:
        """Read one statement, called ``written`` in the file; several members are several of them."""
        identifier = None if written.startswith("_:") else self._scope.resolve(written)
        arguments: list[str | None] = [None] * self._count
        attributes: list[AttributeTuple] = []
        members: list[object] = []
        places, scope = self._places, self._scope
        for key, value in body.items():
            name = scope.resolve(key)
            place = places.get(name)
            if place is None:
                if type(value) is str:
                    attributes.append((name, value, None, None))
                elif type(value) is list:
                    attributes.extend(self._literal(name, one, written) for one in value)
                else:
                    attributes.append(self._literal(name, value, written))
            elif type(value) is list and self._kind.name == "hadMember" and name == "prov:entity":
                members = value
            else:
                arguments[place[0]] = self._argument(value, place[1], key, written)
        if not members:
            self._builder.add(self._bundle, self._kind.name, identifier, arguments, attributes)
            return
        for member in members:
            arguments[1] = self._argument(member, False, "prov:entity", written)
            self._builder.add(self._bundle, self._kind.name, identifier, [*arguments], attributes)

    def _argument(self, value: object, is_time: bool, key: str, written: str) -> str:
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, dict):
            value = value.get("$")
        if not isinstance(value, str):
            raise FormatError(f"not PROV-JSON: {key} of {self._kind.name} {written} is no text")
        return value if is_time else self._scope.resolve(value)

    def _literal(self, key: str, value: object, written: str) -> AttributeTuple:
        kind = type(value)
        if kind is str:
            return key, value, None, None  # type: ignore[return-value]
        if kind is bool:
            return key, "true" if value else "false", literals.XSD_BOOLEAN, None
        if kind is int:
            return key, str(value), literals.integer_type(value), None  # type: ignore[arg-type]
        if kind is float:
            if not self._exact and abs(value) >= 2**63:  # type: ignore[arg-type]
                raise _RoundedError
            return key, literals.number_text(value), literals.XSD_DOUBLE, None  # type: ignore[arg-type]
        if isinstance(value, dict) and "$" in value:
            return self._typed(key, value, written)
        raise FormatError(
            f"not PROV-JSON: {key} of {self._kind.name} {written} is neither a value nor a literal"
        )

    def _typed(self, key: str, value: dict[str, Any], written: str) -> AttributeTuple:
        lexical, datatype, language = value["$"], value.get("type"), value.get("lang")
        if isinstance(lexical, dict | list) or lexical is None:
            raise FormatError(f"not PROV-JSON: {key} of {self._kind.name} {written} holds no text")
        if not isinstance(lexical, str):
            plain = self._literal(key, lexical, written)
            if datatype is None:
                return plain
            lexical = plain[1]
        if language:
            return key, lexical, None, str(language)
        if datatype is None:
            return key, lexical, None, None
        found, kind = normal(lexical, self._scope.resolve(str(datatype)))
        return (
            key,
            self._scope.resolve(found) if kind == literals.QUALIFIED_NAME else found,
            kind,
            None,
        )
