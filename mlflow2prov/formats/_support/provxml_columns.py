"""Reading PROV-XML by columns: statements with the same elements, thousands at a time.

Statements with the same elements in the same order have one *shape*. A shape is a regular expression, whose groups are
the values of a statement, and the values of all statements of a shape become Arrow columns. Whatever is not of a usual
form remains for the reader that goes element by element.

Regular expressions cannot read XML in general. They can if Expat has found the file to be well-formed, and if there is
no comment, no CDATA section and no processing instruction in it: then each ``<`` begins a tag.
"""

from __future__ import annotations

import io
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import BinaryIO, TextIO

import pyarrow as pa

from mlflow2prov.formats._support import statement_columns
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.provxml_shapes import NAME, SPACE, Shape, Value, shape_of
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
from mlflow2prov.formats._support.xml_input import parse_xml, xml_parser
from mlflow2prov.formats._support.xml_literal import SCHEMA_INSTANCE
from mlflow2prov.formats._support.xml_scope import XmlScope
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import ArgumentType
from mlflow2prov.prov.lexical import time
from mlflow2prov.prov.namespaces import PROV
from mlflow2prov.temporary import temporary_file

MAX_SHAPES = 50
"""The maximum number of shapes of one kind of element; statements of further shapes are read element by element."""

WINDOW_CHARACTERS = 1 << 20
"""How much of a file is read at a time."""

PENDING_CHARACTERS = 1 << 24
"""How much of a file is read before its statements are inserted."""

_BUNDLE = "prov:bundleContent"
_SPACES = re.compile(SPACE)
_ROOT_ATTRIBUTE = r'[ \t\n]+(?:xmlns(?::[\w.-]+)?|xsi:schemaLocation)="[^"]*"'
_ROOT = re.compile(
    rf"(?:<\?xml[^>]*\?>)?{SPACE}<prov:document((?:{_ROOT_ATTRIBUTE})*){SPACE}>{SPACE}"
)
_TAG = re.compile(r"""<[^"'<>]*(?:(?:"[^"<]*"|'[^'<]*')[^"'<>]*)*>""")
_ROOT_END_TAG = "</prov:document"
_ROOT_END = re.compile(rf"{_ROOT_END_TAG}{SPACE}>{SPACE}")
_ENCODING = re.compile(r"""<\?xml[^>]*\bencoding *= *["'](?!utf-?8["'])""", re.IGNORECASE)
_STATEMENT = re.compile(rf"""<(prov:\w+)(?:[ \t\n]+{NAME}="[^"<]*")*{SPACE}(/?)>{SPACE}""")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(\w+));")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CHANGED_NAME = r"_x|\A[^!-~]|[^!-~]\z|\A\z"
"""A regular expression (RE2) for names that are not in the document as they are in the file, whatever their prefix."""


class IrregularFileError(Exception):
    """A file must be read element by element."""


def add_statements(file: BinaryIO, document: Document) -> BinaryIO:
    """Add the statements of a file that are of usual forms to a document.

    Args:
        file: the file, from its beginning.
        document: receives the statements.

    Returns:
        A temporary file without these statements, at its beginning. Callers close it.

    Raises:
        IrregularFileError: the file must be read element by element; a part of it may have been added.
        FormatError: the file is not PROV-XML.
        NamespaceError: a URI is not valid.
        EngineError: the folder for temporary files is full.
    """
    declarations = _declarations(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline=None)
    try:
        window = _Window(text)
        root = _regular_root(window, declarations)
        scope = XmlScope(document.namespaces)
        for prefix, uri in declarations:
            scope.open(prefix, uri)
        return temporary_file(
            lambda remainder: _add_regular(window, root, document, scope, remainder)
        )
    except UnicodeDecodeError:
        raise IrregularFileError from None
    finally:
        text.detach()


_Declarations = list[tuple[str | None, str | None]]


def _declarations(file: BinaryIO) -> _Declarations:
    """Return the namespaces that the root element declares, if the file is one that regular expressions can read."""
    declarations: _Declarations = []
    parser = xml_parser("PROV-XML")

    def refuse(*_: object) -> None:
        raise IrregularFileError

    def end_root(*_: object) -> None:
        parser.StartElementHandler = None
        parser.StartNamespaceDeclHandler = refuse

    parser.StartNamespaceDeclHandler = lambda *declaration: declarations.append(declaration)
    parser.StartElementHandler = end_root
    parser.CommentHandler = parser.ProcessingInstructionHandler = refuse
    parser.StartCdataSectionHandler = refuse
    parse_xml(parser, file, "PROV-XML")
    return declarations


def _regular_root(window: _Window, declarations: _Declarations) -> re.Match[str]:
    """Return the start tag of a root element in UTF-8 that gives each namespace one prefix, and move behind it."""
    window.extend()
    root = _ROOT.match(window.text)
    prefixes = dict(declarations)
    is_regular = (
        root is not None
        and not _ENCODING.match(window.text)
        and len(re.findall(r'[ \t\n]xmlns(?::[\w.-]+)?="', root[1])) == len(declarations)
        and len(set(prefixes.values()) - {None}) == len(declarations)
        and prefixes.get("prov") == PROV
        and prefixes.get("xsi", SCHEMA_INSTANCE) == SCHEMA_INSTANCE
    )
    if root is None or not is_regular:
        raise IrregularFileError
    window.position = root.end()
    return root


def _add_regular(
    window: _Window,
    root: re.Match[str],
    document: Document,
    scope: XmlScope,
    remainder: BinaryIO,
) -> None:
    """Add the statements after the root's start tag to a document, and write all that remains to a file."""
    remainder.write(root[0].encode())
    reader = _StatementsReader(document, scope, remainder)
    while reader.read(window):
        window.extend()
    end = window.text[window.position :]
    if not _ROOT_END.fullmatch(end):
        raise IrregularFileError
    remainder.write(end.encode())


class _Window:
    """The part of a text that is in memory.

    Attributes:
        text: the part.
        position: the place in it up to which the text has been read.
        is_complete: whether the part contains the end of the text.
    """

    def __init__(self, source: TextIO) -> None:
        self._source = source
        self.text = ""
        self.position = 0
        self.is_complete = False

    def extend(self) -> None:
        """Move forward to the position, and become at least twice as long."""
        rest = self.text[self.position :]
        block = self._source.read(max(WINDOW_CHARACTERS, len(rest)))
        self.is_complete = not block
        self.text, self.position = rest + block, 0


class _StatementsReader:
    """Reads the statements of a text, one after another, and writes those of unusual forms to a file."""

    def __init__(self, document: Document, scope: XmlScope, remainder: BinaryIO) -> None:
        self._document = document
        self._scope = scope
        self._remainder = remainder
        self._names = _Names(scope)
        self._shapes: dict[str, list[Shape]] = defaultdict(list)
        self._pending_characters = 0
        self._element_to_copy = ""

    def read(self, window: _Window) -> bool:
        """Read the statements of which all is in a window, and return whether it has to be extended."""
        start = window.position
        if self._element_to_copy:
            self._copy(window)
        if not self._element_to_copy:
            self._read_statements(window)
        self._pending_characters += window.position - start
        if window.is_complete or self._pending_characters >= PENDING_CHARACTERS:
            self._flush_all()
        return not window.is_complete

    def _read_statements(self, window: _Window) -> None:
        text, position = window.text, window.position
        # The space after the last statement may have been cut.
        position = _end_of_space(text, position)
        shape: Shape | None = None
        while True:
            match = shape.pattern.match(text, position) if shape else None
            if shape is None or match is None:
                statement = _STATEMENT.match(text, position)
                if statement is None:
                    if not _may_continue(text[position:]):
                        raise IrregularFileError
                    break
                end = _end(text, statement)
                if end is None:
                    window.position = position
                    self._begin_copy(window, statement)
                    return
                shape, match = self._matching_shape(text, statement, end)
                if shape is None or match is None:
                    self._remainder.write(text[position:end].encode())
                    position = end
                    continue
            shape.rows.append(match.groups())
            position = match.end()
            if len(shape.rows) >= statement_columns.CHUNK_ROWS:
                self._flush(shape)
        window.position = position

    def _begin_copy(self, window: _Window, statement: re.Match[str]) -> None:
        """Copy an element to the remainder that may be too long for a window, or whose end tag is of an unusual form.

        A bundle usually is too long.
        """
        if window.is_complete:
            raise IrregularFileError
        is_long = len(window.text) - window.position >= WINDOW_CHARACTERS
        if is_long or statement[1] == _BUNDLE:
            self._element_to_copy = statement[1]
            self._copy(window)

    def _copy(self, window: _Window) -> None:
        """Copy the element up to its end tag, or as much of it as the window has."""
        tag = f"</{self._element_to_copy}>"
        start = window.text.find(tag, window.position)
        if start != -1:
            end = start + len(tag)
            self._element_to_copy = ""
        elif window.is_complete:
            raise IrregularFileError
        else:
            # The end of the window may be the beginning of the tag.
            end = max(window.position, len(window.text) - len(tag))
        self._remainder.write(window.text[window.position : end].encode())
        window.position = end

    def _flush_all(self) -> None:
        for shapes in self._shapes.values():
            for shape in shapes:
                if shape.rows:
                    self._flush(shape)
        self._pending_characters = 0

    def _matching_shape(
        self, text: str, statement: re.Match[str], end: int
    ) -> tuple[Shape | None, re.Match[str] | None]:
        """Return the shape of a statement, which may be a new one. It is None if the statement has none."""
        shapes = self._shapes[statement[1]]
        for shape in shapes:
            if match := shape.pattern.match(text, statement.start()):
                return shape, match
        if len(shapes) < MAX_SHAPES:
            new = shape_of(text[statement.start() : end], self._scope)
            if new and (match := new.pattern.match(text, statement.start())):
                shapes.append(new)
                return new, match
        return None, None

    def _flush(self, shape: Shape) -> None:
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
        self, value: Value, texts: Sequence[str], tags: Sequence[str] | None
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


def _may_continue(rest: str) -> bool:
    """Return whether a text that does not begin with a statement may do so in a longer window, or ends the root."""
    if rest.startswith("<"):
        return rest.startswith(_ROOT_END_TAG) or _TAG.match(rest) is None
    return not rest


def _end(text: str, statement: re.Match[str]) -> int | None:
    """Return the position after the element of a statement and the space that follows it; None if it has no end."""
    if statement[2]:
        return statement.end()
    tag = f"</{statement[1]}>"
    start = text.find(tag, statement.end())
    return None if start == -1 else _end_of_space(text, start + len(tag))


def _end_of_space(text: str, position: int) -> int:
    space = _SPACES.match(text, position)
    assert space is not None
    return space.end()


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
