"""Reading PROV-XML (W3C Working Group Note of 30 April 2013), element by element.

Expat reports elements, and each statement goes to a :class:`~mlflow2prov.prov.builder.Builder` at its end tag. No tree
is built. Comments and processing instructions have no meaning in PROV. Whatever else the schema of the Note allows
has a place in the document:

- a value that contains elements becomes an ``rdf:XMLLiteral``;
- so does the whole element of a value with attributes that PROV-XML does not define, beside its plain value;
- such attributes of a statement are attributes of the statement;
- a name without a prefix, where no default namespace is declared, has the namespace
  :data:`~mlflow2prov.formats._support.xml_scope.NO_NAMESPACE`.

Large files are read by columns first (:mod:`~mlflow2prov.formats._support.provxml_columns`), which gives the same
document.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.boundary import warn
from mlflow2prov.errors import FormatError, NamespaceError
from mlflow2prov.formats._support import provxml_columns
from mlflow2prov.formats._support.escapes import unescape
from mlflow2prov.formats._support.provo import RDF
from mlflow2prov.formats._support.provxml_elements import STATEMENTS
from mlflow2prov.formats._support.xml_input import (
    SEPARATOR,
    expanded_name,
    parse_xml,
    xml_parser,
)
from mlflow2prov.formats._support.xml_literal import SCHEMA_INSTANCE, XML, XmlLiteral
from mlflow2prov.formats._support.xml_scope import XmlScope
from mlflow2prov.prov import Document
from mlflow2prov.prov.attributes import QUALIFIED_NAME, XSD_STRING
from mlflow2prov.prov.builder import Builder
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import PROV, Namespaces

TITLE = "PROV-XML"

MIN_BYTES_BY_COLUMNS = 500_000
"""The minimum size of a file that is read by columns; a smaller one is read as fast element by element."""

MAX_DEPTH = 1000
"""How deeply the elements in a value can be nested."""

_INTERNATIONALIZED_STRING = "prov:InternationalizedString"


_DOCUMENT, _BUNDLE, _OTHER = (
    expanded_name(PROV, name) for name in ("document", "bundleContent", "other")
)
_ID, _REF = expanded_name(PROV, "id"), expanded_name(PROV, "ref")
_TYPE, _NIL = expanded_name(SCHEMA_INSTANCE, "type"), expanded_name(SCHEMA_INSTANCE, "nil")
_LANGUAGE = expanded_name(XML, "lang")
_INSTRUCTIONS = {
    expanded_name(SCHEMA_INSTANCE, "schemaLocation"),
    expanded_name(SCHEMA_INSTANCE, "noNamespaceSchemaLocation"),
    expanded_name(XML, "space"),
}
"""Attributes that tell a parser what to do and state nothing."""


def read(content: bytes) -> Document:
    """Read PROV-XML.

    Raises:
        FormatError: the content is not PROV-XML; the message names the line.
    """
    return _read(io.BytesIO(content), len(content))


def read_file(path: Path) -> Document:
    """Read a file of PROV-XML like :func:`read`, a part at a time.

    Raises:
        FormatError: the content is not PROV-XML.
    """
    with path.open("rb") as file:
        return _read(file, path.stat().st_size)


def _read(file: BinaryIO, size: int) -> Document:
    if size >= MIN_BYTES_BY_COLUMNS:
        # An error is raised again when the file is read element by element, with its line.
        with suppress(provxml_columns.IrregularFileError, FormatError, NamespaceError):
            reader = _Reader()
            with provxml_columns.add_statements(file, reader.document) as remainder:
                return reader.read(remainder)
        file.seek(0)
    return _Reader().read(file)


class _Reader:
    """Reads the statements of a file.

    The parser calls the methods below for each tag. In a document, statements are at depth 2 and their arguments and
    attributes at depth 3; in a bundle, both are one deeper.
    """

    def __init__(self) -> None:
        namespaces = Namespaces()
        self._scope = XmlScope(namespaces)
        self._builder = Builder(namespaces)
        self._parser = xml_parser(TITLE)
        self._depth = 0
        self._statement_depth = 2
        self._bundle = ""
        self._text: list[str] = []
        self._languages: list[str | None] = [None]
        self._left_out: set[str] = set()

    @property
    def document(self) -> Document:
        """The document, to which other readers may add statements too."""
        return self._builder.document

    def read(self, file: BinaryIO) -> Document:
        parser = self._parser
        parser.StartNamespaceDeclHandler = self._scope.open
        parser.EndNamespaceDeclHandler = self._scope.close
        parser.CharacterDataHandler = self._text.append
        self._handle_statements()
        try:
            parse_xml(parser, file, TITLE)
            document = self._builder.finish()
        except FormatError as error:
            message = str(error)
            if not message.startswith("not "):
                message = f"not {TITLE}: line {parser.CurrentLineNumber}: {message}"
            raise FormatError(message) from error
        for description in sorted(self._left_out):
            warn(f"{TITLE}: {description} left out")
        return document

    # The elements of documents, bundles, statements, arguments and attributes.

    def _handle_statements(self) -> None:
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: list[str]) -> None:
        self._depth += 1
        depth = self._depth - self._statement_depth
        if depth == 1:
            self._start_value(name, attributes)
        elif depth == 2:
            self._start_structure(name, attributes)
        elif name in STATEMENTS and depth == 0:
            self._start_statement(name, attributes)
        else:
            self._start_container(name, attributes)

    def _end(self, name: str) -> None:
        depth = self._depth - self._statement_depth
        self._depth -= 1
        if depth == 1:
            self._end_value("".join(self._text))
            self._text.clear()
        elif depth == 0:
            self._end_statement()
        elif self._depth == 1:
            self._bundle, self._statement_depth = "", 2
            self._languages.pop()

    def _start_container(self, name: str, attributes: list[str]) -> None:
        if self._depth == 1:
            if name != _DOCUMENT:
                raise FormatError(f"not {TITLE}: the root element is not prov:document")
        elif name == _BUNDLE:
            if self._bundle:
                raise FormatError("a bundle within a bundle")
            identifier = dict(_pairs(attributes)).get(_ID)
            if identifier is None:
                raise FormatError("a bundle without prov:id")
            self._bundle, self._statement_depth = self._scope.resolved(identifier), 3
        elif name == _OTHER:
            self._left_out.add("the content of prov:other is")
            self._ignore_content()
            return
        else:
            raise FormatError(f"{_spelled(name)} is not a kind of statement")
        self._languages.append(self._language(attributes))
        if any(key not in {_ID, _LANGUAGE, *_INSTRUCTIONS} for key in attributes[::2]):
            self._left_out.add("attributes of prov:document and prov:bundleContent are")

    def _start_statement(self, name: str, attributes: list[str]) -> None:
        self._element = STATEMENTS[name]
        self._identifier: str | None = None
        self._arguments: list[str | None] = [None] * len(self._element.arguments)
        self._members: list[str] = []
        self._attributes = list(self._element.types)
        self._statement_language = self._language(attributes)
        for key, value in _pairs(attributes):
            if key == _ID:
                self._identifier = self._scope.resolved(value)
            elif key == _TYPE:
                name = self._scope.resolved(value)
                self._attributes.append(("prov:type", name, QUALIFIED_NAME, None))
            else:
                self._add_foreign(key, value)

    def _end_statement(self) -> None:
        self._leave_out_text()
        kind, arguments = self._element.kind, self._arguments
        if kind.element and self._identifier is None:
            raise FormatError(f"{kind.name} without prov:id")
        add, bundle = self._builder.add, self._bundle
        if not self._members:
            add(bundle, kind.name, self._identifier, arguments, self._attributes)
        for member in self._members:
            add(bundle, kind.name, self._identifier, [arguments[0], member], self._attributes)

    def _start_value(self, name: str, attributes: list[str]) -> None:
        self._leave_out_text()
        self._value_name = name
        self._value_attributes = attributes
        self._structure: XmlLiteral | None = None
        self._nested_reference: str | None = None

    def _leave_out_text(self) -> None:
        """Leave out the text since the last value, which is white space in most files."""
        if self._text:
            if not "".join(self._text).isspace():
                self._left_out.add("text between elements is")
            self._text.clear()

    def _end_value(self, text: str) -> None:
        argument = self._element.arguments.get(self._value_name)
        if argument is not None:
            self._add_argument(text, *argument)
            return
        attributes = self._value_attributes
        if self._value_name in STATEMENTS and _ID in attributes:
            raise FormatError(f"{_spelled(self._value_name)} within another statement")
        key = self._scope.expanded(self._value_name)
        if self._structure is not None:
            self._add_structure(key, self._structure)
        elif not attributes:
            self._add(key, text, None, self._statement_language)
        elif len(attributes) == 2 and attributes[0] == _TYPE:
            self._add_typed(key, text, attributes[1])
        else:
            self._add_annotated(key, text, dict(_pairs(attributes)))

    # Formal arguments.

    def _add_argument(self, text: str, position: int, is_time: bool) -> None:
        reference = self._nested_reference or text
        for key, value in _pairs(self._value_attributes):
            if key == _REF:
                reference = value
            elif key != _TYPE:
                self._add_foreign(key, value)
        if is_time:
            self._set_argument(position, text.strip())
        elif not reference.strip():
            raise FormatError(f"{_spelled(self._value_name)} has no prov:ref")
        elif self._element.kind.name == "hadMember" and position == 1:
            self._members.append(self._scope.resolved(reference))
        else:
            self._set_argument(position, self._scope.resolved(reference))

    def _set_argument(self, position: int, value: str) -> None:
        if self._arguments[position] not in (None, value):
            raise FormatError(f"{_spelled(self._value_name)} occurs twice with different values")
        self._arguments[position] = value

    # Attributes.

    def _add(self, key: str, text: str, datatype: str | None, language: str | None) -> None:
        if "_x" in text:
            text = unescape(text)
        self._attributes.append((key, text, datatype, language))

    def _add_typed(self, key: str, text: str, type_name: str) -> None:
        value, datatype = declared(text, self._scope.resolved(type_name))
        if datatype == QUALIFIED_NAME:
            self._attributes.append((key, self._scope.resolved(value), QUALIFIED_NAME, None))
        else:
            self._add(key, value, datatype, self._statement_language if datatype is None else None)

    def _add_annotated(self, key: str, text: str, attributes: dict[str, str]) -> None:
        """Add a value with attributes, some of which PROV-XML may not define."""
        language = attributes.get(_LANGUAGE)
        datatype = self._scope.resolved(attributes[_TYPE]) if _TYPE in attributes else None
        is_string = datatype in (None, XSD_STRING, _INTERNATIONALIZED_STRING)
        is_nil = attributes.get(_NIL, "").strip() in ("true", "1")
        is_plain = not is_nil and attributes.keys() <= {
            _REF,
            _TYPE,
            _LANGUAGE,
            _NIL,
            *_INSTRUCTIONS,
        }
        if _REF in attributes:
            name = self._scope.resolved(attributes[_REF])
            self._attributes.append((key, name, QUALIFIED_NAME, None))
            is_plain = is_plain and not text.strip()
        elif language and is_string:
            self._add(key, text, None, language)
        elif datatype is not None:
            self._add_typed(key, text, attributes[_TYPE])
            is_plain = is_plain and not language
        elif not is_nil:
            self._add(key, text, None, None if language == "" else self._statement_language)
        if not is_plain:
            self._add_whole_element(key, text)

    def _add_whole_element(self, key: str, text: str) -> None:
        literal = XmlLiteral(self._scope.prefix_of, self._scope.namespace_of)
        literal.start(self._value_name, self._value_attributes)
        literal.text(text)
        literal.end()
        self._attributes.append((key, str(literal), self._xml_literal(), None))

    def _add_foreign(self, key: str, value: str) -> None:
        """Add an attribute of a statement, or of the reference in it, that PROV-XML does not define."""
        if key not in (_LANGUAGE, *_INSTRUCTIONS):
            self._add(self._scope.expanded(key), value, None, None)

    def _xml_literal(self) -> str:
        return self._scope.name(RDF, "XMLLiteral", "rdf")

    def _language(self, attributes: list[str]) -> str | None:
        """Return the language of an element, which is that of the element around it unless it has its own."""
        inherited = self._languages[-1]
        if not attributes:
            return inherited
        return dict(_pairs(attributes)).get(_LANGUAGE, inherited) or None

    # Values that contain elements, and content that is left out.

    def _start_structure(self, name: str, attributes: list[str]) -> None:
        """Start the first element within a value.

        Attributes of the value other than its type belong to the literal, which then is the whole element.
        """
        self._depth -= 1
        self._structure = XmlLiteral(self._scope.prefix_of, self._scope.namespace_of)
        if not {*self._value_attributes[::2]} <= {_TYPE, *_INSTRUCTIONS}:
            self._structure.start(self._value_name, self._value_attributes)
        self._outer_depth = self._structure.depth
        self._parser.StartElementHandler = self._start_part
        self._parser.EndElementHandler = self._end_part
        self._start_part(name, attributes)

    def _start_part(self, name: str, attributes: list[str]) -> None:
        structure = self._current_structure()
        if structure.depth > MAX_DEPTH:
            raise FormatError(f"elements are nested more than {MAX_DEPTH} deep")
        if self._nested_reference is None:
            self._nested_reference = dict(_pairs(attributes)).get(_REF)
        structure.start(name, attributes)

    def _end_part(self, name: str) -> None:
        structure = self._current_structure()
        if structure.depth > self._outer_depth:
            structure.end()
        else:
            self._handle_statements()
            self._end(name)

    def _current_structure(self) -> XmlLiteral:
        """Return the structure of the current value with all text so far."""
        assert self._structure is not None
        self._structure.text("".join(self._text))
        self._text.clear()
        return self._structure

    def _add_structure(self, key: str, structure: XmlLiteral) -> None:
        datatype = None
        if self._outer_depth:
            structure.end()
        else:
            datatype = dict(_pairs(self._value_attributes)).get(_TYPE)
        type_name = self._xml_literal() if datatype is None else self._scope.resolved(datatype)
        self._attributes.append((key, str(structure), type_name, None))

    def _ignore_content(self) -> None:
        """Ignore everything up to the end of the current element."""
        depth = 0

        def start(*_: object) -> None:
            nonlocal depth
            depth += 1

        def end(_: str) -> None:
            nonlocal depth
            self._text.clear()
            if depth:
                depth -= 1
            else:
                self._depth -= 1
                self._handle_statements()

        self._parser.StartElementHandler = start
        self._parser.EndElementHandler = end


def _pairs(attributes: Sequence[str]) -> Iterable[tuple[str, str]]:
    return zip(attributes[::2], attributes[1::2], strict=True)


def _spelled(name: str) -> str:
    """Return the name of an element for an error."""
    uri, _, local = name.rpartition(SEPARATOR)
    return f"prov:{local}" if uri == PROV else f"{{{uri}}}{local}"
