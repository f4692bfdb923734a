"""PROV-N (W3C Recommendation of 30 April 2013). The ``prov`` library parses it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import Sql, identifier
from mlflow2prov.formats._support.escapes import escape_name, to_pn_local
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.provn_parser import read_blocks
from mlflow2prov.formats._support.sql_expressions import (
    ATTRIBUTE_KEY,
    ATTRIBUTE_LANGUAGE,
    ATTRIBUTE_TYPE,
    ATTRIBUTE_VALUE,
    IS_NAME,
    FrequentNames,
    escaped_name,
    frequent_names,
    has_no_json_escapes,
    join_attributes,
    json_string,
)
from mlflow2prov.formats._support.text_stream import write_text
from mlflow2prov.formats._support.utf8_blocks import utf8_blocks
from mlflow2prov.prov import Document, Statement
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import Namespaces

# The possessive quantifier never tries a comment again, so the time grows with the number of comments only.
_BEGIN = re.compile(rb"(?:\s|//[^\n\r]*[\n\r]|(?>/\*.*?\*/))*+document\b", re.S)
_NOT_IN_IRIS = re.compile(r'[<>"{}|^`\\\x00-\x20]')


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as PROV-N, one statement per line."""
    stream.write(b"document\n")
    for prefix, uri in document.namespaces.declared.items():
        iri = _NOT_IN_IRIS.sub(lambda match: f"%{ord(match[0]):02X}", uri)
        line = f"  prefix {prefix} <{iri}>\n" if prefix else f"  default <{iri}>\n"
        stream.write(line.encode())
    stream.write(b"\n")
    frequent = frequent_names(document)
    _write_statements(document, "", "  ", frequent, stream)
    for bundle in document.bundles():
        stream.write(f"\n  bundle {escape_name(bundle, to_pn_local)}\n".encode())
        _write_statements(document, bundle, "    ", frequent, stream)
        stream.write(b"  endBundle\n")
    stream.write(b"endDocument\n")


def _write_statements(
    document: Document, bundle: str, indent: str, frequent: FrequentNames, stream: BinaryIO
) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        statement = _statement(kind, frequent)
        write_text(
            Sql(f"SELECT concat('{indent}', {statement}, '\n') FROM ({rows})"),
            stream,
            is_short=document.tables.is_small(kind),
        )


def statement_texts(
    statements: Sequence[Statement], namespaces: Mapping[str, str] | Namespaces
) -> list[str]:
    """Return statements in PROV-N.

    Args:
        statements: the statements.
        namespaces: the namespaces of their names.
    """
    distinct = list(dict.fromkeys(statements))
    document = Document.from_statements(distinct, namespaces)
    # The row ids of a kind follow the order of its statements.
    texts: dict[str, Iterator[tuple[str]]] = {
        kind.name: iter(
            engine.rows(
                f"SELECT {_statement(kind, FrequentNames([], []))} "
                f"FROM {document.tables.of(kind)} ORDER BY rowid"
            )
        )
        for kind in document.tables.kinds()
    }
    by_statement = {statement: next(texts[statement.kind])[0] for statement in distinct}
    return [by_statement[statement] for statement in statements]


def _name(column: Sql, frequent: Sequence[str] = ()) -> Sql:
    return escaped_name(column, to_pn_local, frequent)


def _statement(kind: Kind, frequent: FrequentNames) -> Sql:
    """Return a statement. An argument without a value is a dash."""
    arguments = [
        identifier(argument.column)
        if argument.type is ArgumentType.TIME
        else _name(identifier(argument.column))
        for argument in kind.arguments
    ]
    terms = [f"coalesce({argument}, '-')" for argument in arguments]
    name = _name(Sql("id"))
    if kind.element:
        terms.insert(0, name)
    has_identifier = kind.identified and not kind.element
    optional_identifier = f"{name} || '; '" if has_identifier else "NULL"
    return Sql(
        f"concat('{kind.name}(', {optional_identifier}, concat_ws(', ', {', '.join(terms)}), "
        f"{_attributes(frequent)}, ')')"
    )


def _attributes(frequent: FrequentNames) -> Sql:
    """Return the attributes in brackets, or NULL if there are none."""
    text = _quoted(ATTRIBUTE_VALUE)
    value = f"""
        CASE
            WHEN {ATTRIBUTE_LANGUAGE} IS NOT NULL THEN concat({text}, '@', {ATTRIBUTE_LANGUAGE})
            WHEN {ATTRIBUTE_TYPE} IS NULL THEN {text}
            WHEN {IS_NAME} THEN concat('''', {_name(ATTRIBUTE_VALUE)}, '''')
            ELSE concat({text}, ' %% ', {_name(ATTRIBUTE_TYPE, frequent.types)})
        END
    """
    attribute = Sql(f"concat({_name(ATTRIBUTE_KEY, frequent.keys)}, '=', {value})")
    attributes = join_attributes(attribute, separator=", ")
    return Sql(f"CASE WHEN len(attributes) > 0 THEN concat(', [', {attributes}, ']') END")


def _quoted(value: Sql) -> Sql:
    """Return a string literal with PROV-N's own escapes.

    A text that JSON writes without escapes is the same in PROV-N.
    """
    text = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    for code, letter in ((10, "n"), (13, "r"), (9, "t")):
        text = f"replace({text}, chr({code}), '\\{letter}')"
    return Sql(
        f"CASE WHEN {has_no_json_escapes(value)} THEN {json_string(value)} "
        f"ELSE concat('\"', {text}, '\"') END"
    )


def read(content: bytes) -> Document:
    """Read PROV-N with the parser of the ``prov`` library.

    Raises:
        FormatError: the content is not PROV-N; the message names line and column.
    """
    return read_blocks(utf8_blocks(io.BytesIO(content)))


def read_file(path: Path) -> Document:
    """Read a file of PROV-N like :func:`read`, a block at a time.

    Raises:
        FormatError: the content is not PROV-N.
    """
    with path.open("rb") as file:
        return read_blocks(utf8_blocks(file))


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-N."""
    return bool(_BEGIN.match(head))


FORMATS = (Format("provn", ".provn", "PROV-N", write, read, recognises, read_file=read_file),)
