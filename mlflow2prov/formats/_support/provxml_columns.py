"""Reading PROV-XML by columns: statements with the same elements, thousands at a time.

Statements with the same elements in the same order have one *shape*. A shape is a regular expression, whose groups are
the values of a statement, and the values of all statements of a shape become Arrow columns. Whatever is not of a usual
form remains for the reader that goes element by element.

Regular expressions cannot read XML in general. They can if Expat has found the file to be well-formed, and if there is
no comment, no CDATA section and no processing instruction in it: then each ``<`` begins a tag.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from mlflow2prov.formats._support import statement_columns
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.provxml_elements import STATEMENTS, Element
from mlflow2prov.formats._support.statement_columns import (
    AttributeColumn,
    all_match,
    any_match,
    insert,
    map_distinct,
    strings,
    tagged_column,
    typed_column,
)
from mlflow2prov.formats._support.xml_input import SEPARATOR, expanded_name, parse_xml, xml_parser
from mlflow2prov.formats._support.xml_literal import SCHEMA_INSTANCE
from mlflow2prov.formats._support.xml_scope import XmlScope
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import Argument, ArgumentType
from mlflow2prov.prov.lexical import declared, time
from mlflow2prov.prov.namespaces import PROV

MAX_SHAPES = 50
"""The maximum number of shapes of one kind of element; statements of further shapes are read element by element."""

MAX_VALUES = 100
"""The maximum number of arguments and attributes in a shape."""

_NAME = r"[\w.-]+(?::[\w.-]+)?"
_SPACE = r"[ \t\n]*"
_ROOT_ATTRIBUTE = r'[ \t\n]+(?:xmlns(?::[\w.-]+)?|xsi:schemaLocation)="[^"]*"'
_ROOT = re.compile(
    rf"(?:<\?xml[^>]*\?>)?{_SPACE}<prov:document((?:{_ROOT_ATTRIBUTE})*){_SPACE}>{_SPACE}"
)
_ROOT_END = re.compile(rf"</prov:document{_SPACE}>{_SPACE}")
_ENCODING = re.compile(rb"""<\?xml[^>]*\bencoding *= *["'](?!utf-?8["'])""", re.IGNORECASE)
_STATEMENT = re.compile(rf"""<(prov:\w+)(?:[ \t\n]+{_NAME}="[^"<]*")*{_SPACE}(/?)>{_SPACE}""")
_HEAD = re.compile(rf"""<prov:(\w+)( prov:id="[^"<]*")?(/?)>{_SPACE}""")
_VALUE = re.compile(
    rf"""<({_NAME})(?: (prov:ref|xsi:type|xml:lang)="([^"<&]*)")?(?:(/)>|>([^<]*)</\1>){_SPACE}"""
)
_ATTRIBUTE_VALUE = r'"([^"<&\t\n]*)"'

_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CHANGED_NAME = r"_x|\A[^!-~]|[^!-~]\z|\A\z"
"""A regular expression (RE2) for names that are not in the document as they are in the file, whatever their prefix."""


class IrregularFileError(Exception):
    """A file must be read element by element."""


def add_statements(content: bytes, document: Document) -> bytes:
    """Add the statements of a file that are of usual forms to a document, and return the file without them.

    Raises:
        IrregularFileError: the file must be read element by element; a part of it may have been added.
        FormatError: the file is not PROV-XML.
        NamespaceError: a URI is not valid.
    """
    scope = XmlScope(document.namespaces)
    text = _regular_text(content, scope)
    root = _ROOT.match(text)
    assert root is not None
    reader = _StatementsReader(document, scope)
    position = reader.read(text, root.end())
    if not _ROOT_END.fullmatch(text, position):
        raise IrregularFileError
    return "".join([root[0], *reader.remainder, text[position:]]).encode()


def _regular_text(content: bytes, scope: XmlScope) -> str:
    """Return the text of a file that regular expressions can read, and open its namespaces in ``scope``.

    All its namespaces are declared by its root element, and each has one prefix.
    """
    declarations: list[tuple[str | None, str | None]] = []
    parser = xml_parser("PROV-XML")
    parser.StartNamespaceDeclHandler = lambda *declaration: declarations.append(declaration)
    parse_xml(parser, content, "PROV-XML")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise IrregularFileError from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    root = _ROOT.match(text)
    prefixes = dict(declarations)
    is_regular = (
        root is not None
        and not _ENCODING.match(content)
        and text.find("<!", root.end()) == text.find("<?", root.end()) == -1
        and len(re.findall(r'[ \t\n]xmlns(?::[\w.-]+)?="', root[1])) == len(declarations)
        and len(set(prefixes.values()) - {None}) == len(declarations)
        and prefixes.get("prov") == PROV
        and prefixes.get("xsi", SCHEMA_INSTANCE) == SCHEMA_INSTANCE
    )
    if not is_regular:
        raise IrregularFileError
    for prefix, uri in declarations:
        scope.open(prefix, uri)
    return text


class _Value(NamedTuple):
    """What the groups of one element in a shape are: a formal argument, or an attribute with the key ``key``."""

    argument: Argument | None
    key: str = ""
    datatype: str | None = None
    has_language: bool = False


class _Shape:
    """The statements with the same elements, as tuples of their values."""

    def __init__(
        self, element: Element, pattern: str, has_identifier: bool, values: list[_Value]
    ) -> None:
        self.element = element
        self.pattern = re.compile(pattern)
        self.has_identifier = has_identifier
        self.values = values
        self.rows: list[tuple[str, ...]] = []


class _StatementsReader:
    """Reads the statements of a text, one after another.

    Attributes:
        remainder: the text of the statements that were not added to the document.
    """

    def __init__(self, document: Document, scope: XmlScope) -> None:
        self._document = document
        self._scope = scope
        self._names = _Names(scope)
        self._shapes: dict[str, list[_Shape]] = defaultdict(list)
        self.remainder: list[str] = []

    def read(self, text: str, position: int) -> int:
        """Read the statements from a position, and return the position after the last."""
        shape: _Shape | None = None
        while True:
            match = shape.pattern.match(text, position) if shape else None
            if shape is None or match is None:
                statement = _STATEMENT.match(text, position)
                if statement is None:
                    break
                shape, match = self._matching_shape(text, statement)
                if shape is None or match is None:
                    end = _end(text, statement)
                    self.remainder.append(text[position:end])
                    position = end
                    continue
            shape.rows.append(match.groups())
            position = match.end()
            if len(shape.rows) >= statement_columns.CHUNK_ROWS:
                self._flush(shape)
        for shape in (shape for shapes in self._shapes.values() for shape in shapes if shape.rows):
            self._flush(shape)
        return position

    def _matching_shape(
        self, text: str, statement: re.Match[str]
    ) -> tuple[_Shape | None, re.Match[str] | None]:
        """Return the shape of a statement, which may be a new one. It is None if the statement has none."""
        shapes = self._shapes[statement[1]]
        for shape in shapes:
            if match := shape.pattern.match(text, statement.start()):
                return shape, match
        if len(shapes) < MAX_SHAPES:
            new = _shape(text[statement.start() : _end(text, statement)], self._scope)
            if new and (match := new.pattern.match(text, statement.start())):
                shapes.append(new)
                return new, match
        return None, None

    def _flush(self, shape: _Shape) -> None:
        """Insert the statements of a shape."""
        groups = iter(zip(*shape.rows, strict=True))
        columns: dict[str, pa.Array] = {}
        if shape.has_identifier:
            columns["id"] = self._names.column(next(groups))
        attributes = [
            AttributeColumn(key, strings([value] * len(shape.rows)), datatype)
            for key, value, datatype, _ in shape.element.types
        ]
        for value in shape.values:
            tags = next(groups) if value.has_language else None
            texts = next(groups)
            if value.argument is None:
                attributes.append(self._attribute(value, _decoded(texts), tags))
            elif value.argument.type is ArgumentType.TIME:
                columns[value.argument.column] = map_distinct(
                    texts, lambda text: time(text.strip())
                )
            else:
                columns[value.argument.column] = self._names.column(texts)
        attributes.sort(key=lambda column: column.key)
        insert(self._document, "", shape.element.kind, columns, attributes)
        shape.rows.clear()

    def _attribute(
        self, value: _Value, texts: Sequence[str], tags: Sequence[str] | None
    ) -> AttributeColumn:
        if value.datatype == QUALIFIED_NAME:
            return AttributeColumn(value.key, self._names.column(texts), QUALIFIED_NAME)
        if tags is not None:
            column = tagged_column(value.key, texts, tags)
        elif value.datatype is not None:
            column = typed_column(value.key, texts, value.datatype)
        else:
            column = AttributeColumn(value.key, strings(texts))
        return column._replace(values=_unescaped(column.values))


class _Names:
    """Turns the names of a file into those of a document."""

    def __init__(self, scope: XmlScope) -> None:
        self._scope = scope
        self._same_prefixes: set[str] = set()

    def column(self, names: Sequence[str]) -> pa.Array:
        """Return the column of names.

        Raises:
            FormatError: the prefix of a name is not declared.
        """
        column = strings(names)
        if self._are_unchanged(column):
            return column
        for name in {name.partition(":")[0] if ":" in name else "" for name in names}:
            sample = f"{name}:x" if name else "x"
            if self._scope.namespace_of(name) and self._scope.resolved(sample) == sample:
                self._same_prefixes.add(name)
        if self._are_unchanged(column):
            return column
        return strings([self._scope.resolved(name) for name in names])

    def _are_unchanged(self, column: pa.Array) -> bool:
        if not self._same_prefixes:
            return False
        forms = "|".join(
            f"{re.escape(prefix)}:.*" if prefix else "[^:]*"
            for prefix in sorted(self._same_prefixes)
        )
        return all_match(column, rf"(?s)\A(?:{forms})\z") and not any_match(column, _CHANGED_NAME)


def _end(text: str, statement: re.Match[str]) -> int:
    """Return the position after the element of a statement and the space that follows it."""
    if statement[2]:
        return statement.end()
    tag = f"</{statement[1]}>"
    start = text.find(tag, statement.end())
    if start == -1:
        raise IrregularFileError
    space = re.compile(_SPACE).match(text, start + len(tag))
    assert space is not None
    return space.end()


def _shape(statement: str, scope: XmlScope) -> _Shape | None:
    """Return the shape of a statement, without rows. It is None if a part of the statement is of an unusual form."""
    head = _HEAD.match(statement)
    element = STATEMENTS.get(expanded_name(PROV, head[1])) if head else None
    if head is None or element is None or (element.kind.element and not head[2]):
        return None
    identifier = f" prov:id={_ATTRIBUTE_VALUE}" if head[2] else ""
    start = f"<prov:{head[1]}{identifier}"
    if head[3]:
        return _Shape(element, f"{start}/>{_SPACE}", True, []) if identifier else None
    patterns, values, position = [f"{start}>{_SPACE}"], [], head.end()
    while child := _VALUE.match(statement, position):
        value = _value(child, element, scope)
        if value is None:
            return None
        values.append(value)
        patterns.append(_pattern(child))
        position = child.end()
    meanings = [value.argument or value.key for value in values]
    meanings += [key for key, *_ in element.types]
    end = f"</prov:{head[1]}>{_SPACE}"
    is_usual = len(set(meanings)) == len(meanings) and re.fullmatch(end, statement[position:])
    if not is_usual or not (values or identifier) or len(values) > MAX_VALUES:
        return None
    return _Shape(element, "".join([*patterns, end]), bool(identifier), values)


def _value(child: re.Match[str], element: Element, scope: XmlScope) -> _Value | None:
    """Return the meaning of the element of an argument or an attribute, None if its form is unusual."""
    prefix, colon, local = child[1].rpartition(":")
    uri = scope.namespace_of(prefix)
    if uri is None and colon:
        return None
    name = local if uri is None else f"{uri}{SEPARATOR}{local}"
    annotation, annotated = child[2], child[3]
    if name in element.arguments:
        position, is_time = element.arguments[name]
        is_usual = (
            annotation is None and not child[4]
            if is_time
            else annotation == "prov:ref" and not child[5]
        )
        return _Value(element.kind.arguments[position]) if is_usual else None
    if annotation == "prov:ref" or child[4]:
        return None
    datatype = scope.resolved(annotated) if annotation == "xsi:type" else None
    if datatype is not None:
        _, datatype = declared("", datatype)
    return _Value(None, scope.expanded(name), datatype, annotation == "xml:lang")


def _pattern(child: re.Match[str]) -> str:
    """Return the regular expression for elements like that of an argument or an attribute."""
    name = re.escape(child[1])
    if child[2] == "prov:ref":
        end = "/>" if child[4] else f"></{name}>"
        return f"<{name} prov:ref={_ATTRIBUTE_VALUE}{end}{_SPACE}"
    annotation = ""
    if child[2] == "xsi:type":
        annotation = f' xsi:type="{re.escape(child[3])}"'
    elif child[2] == "xml:lang":
        annotation = f" xml:lang={_ATTRIBUTE_VALUE}"
    return f"<{name}{annotation}>([^<]*)</{name}>{_SPACE}"


def _decoded(texts: Sequence[str]) -> Sequence[str]:
    """Return texts with the characters that references represent (XML 1.0, section 4.1)."""
    if not any("&" in text for text in texts):
        return texts
    return [_REFERENCE.sub(_character, text) if "&" in text else text for text in texts]


def _character(reference: re.Match[str]) -> str:
    hexadecimal, decimal, entity = reference.groups()
    if entity:
        return _ENTITIES[entity]
    return chr(int(hexadecimal, 16) if hexadecimal else int(decimal))


def _unescaped(column: pa.Array) -> pa.Array:
    if not any_match(column, "_x"):
        return column
    return strings([unescape(text) if "_x" in text else text for text in column.to_pylist()])
