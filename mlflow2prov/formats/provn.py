"""PROV-N (W3C Recommendation of 30 April 2013), written by us, read through the ``prov`` library."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.names import Frequent, frequent, name_sql, pn_local, unescape
from mlflow2prov.formats._support.prov_reader import deserialized
from mlflow2prov.formats._support.text_stream import write_text
from mlflow2prov.prov import Document, Statement
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.convert import from_prov
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import Namespaces

# A comment is not tried a second time: many of them are read as fast as one.
_BEGIN = re.compile(rb"(?:\s|//[^\n\r]*[\n\r]|(?>/\*.*?\*/))*+document\b", re.S)


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as PROV-N, UTF-8, a statement a line."""
    stream.write(b"document\n")
    for prefix, uri in document.namespaces.declared.items():
        iri = re.sub(r'[<>"{}|^`\\\x00-\x20]', lambda found: f"%{ord(found[0]):02X}", uri)
        line = f"  prefix {prefix} <{iri}>\n" if prefix else f"  default <{iri}>\n"
        stream.write(line.encode())
    stream.write(b"\n")
    known = frequent(document)
    _write_statements(document, "", "  ", known, stream)
    for bundle in document.bundles():
        name = f"SELECT {name_sql('bundle', pn_local)} FROM (SELECT {literal(bundle)} AS bundle)"
        stream.write(b"\n  bundle ")
        write_text(name, stream, counted=False)
        stream.write(b"\n")
        _write_statements(document, bundle, "    ", known, stream)
        stream.write(b"  endBundle\n")
    stream.write(b"endDocument\n")


def _write_statements(
    document: Document, bundle: str, indent: str, known: Frequent, stream: BinaryIO
) -> None:
    for kind in document.tables.kinds(bundle):
        rows = document.tables.rows(kind, bundle)
        statement = _statement(kind, known)
        write_text(f"SELECT concat('{indent}', {statement}, '\n') FROM ({rows})", stream)


def statement_texts(
    statements: Sequence[Statement], namespaces: Mapping[str, str] | Namespaces
) -> list[str]:
    """Return statements as PROV-N writes them, whose names use ``namespaces``."""
    document = Document.from_statements(dict.fromkeys(statements), namespaces)
    known = Frequent([], [])
    texts = {
        (kind.name, row): text
        for kind in document.tables.kinds()
        for row, text in engine.rows(
            f"SELECT rowid, {_statement(kind, known)} FROM {document.tables.of(kind)}"
        )
    }
    rows: dict[str, Iterator[int]] = {
        kind.name: itertools.count() for kind in document.tables.kinds()
    }
    written = {each: texts[each.kind, next(rows[each.kind])] for each in dict.fromkeys(statements)}
    return [written[each] for each in statements]


def _statement(kind: Kind, known: Frequent) -> str:
    """Return the SQL for a statement of ``kind``; what is not given is a dash."""
    arguments = [
        kind.column(argument.name)
        if argument.type is ArgumentType.TIME
        else name_sql(kind.column(argument.name), pn_local)
        for argument in kind.arguments
    ]
    formal = [f"coalesce({argument}, '-')" for argument in arguments]
    name = name_sql("id", pn_local)
    if kind.element:
        formal.insert(0, name)
    identifier = f"{name} || '; '" if kind.identified and not kind.element else "NULL"
    listed = f"concat_ws(', ', {', '.join(formal)})"
    return f"concat('{kind.name}(', {identifier}, {listed}, {_attributes(known)}, ')')"


def _attributes(known: Frequent) -> str:
    """Return the SQL for the attributes in their brackets, NULL where there are none."""
    value = (
        f"CASE WHEN a.lang IS NOT NULL THEN concat({_quoted('a.value')}, '@', a.lang) "
        f"WHEN a.type IS NULL THEN {_quoted('a.value')} "
        f"WHEN a.type = {literal(QUALIFIED_NAME)} THEN concat('''', {name_sql('a.value', pn_local)}, '''') "
        f"ELSE concat({_quoted('a.value')}, ' %% ', {name_sql('a.type', pn_local, known.types)}) END"
    )
    member = f"concat({name_sql('a.key', pn_local, known.keys)}, '=', {value})"
    listed = f"array_to_string(list_transform(attributes, lambda a: {member}), ', ')"
    return f"CASE WHEN len(attributes) > 0 THEN concat(', [', {listed}, ']') END"


def _quoted(value: str) -> str:
    """Return the SQL for a string literal: PROV-N's own escapes, and line ends as themselves.

    What JSON writes as it is, PROV-N does too.
    """
    escaped = f"replace(replace({value}, '\\', '\\\\'), '\"', '\\\"')"
    for code, letter in ((10, "n"), (13, "r"), (9, "t")):
        escaped = f"replace({escaped}, chr({code}), '\\{letter}')"
    is_plain = f"strlen(to_json({value})) = strlen({value}) + 2"
    return f"CASE WHEN {is_plain} THEN to_json({value})::VARCHAR ELSE concat('\"', {escaped}, '\"') END"


def read(content: bytes) -> Document:
    """Read PROV-N, by the ``prov`` library's parser.

    Raises:
        FormatError: it is not PROV-N; the message says line and column.
    """
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FormatError(f"not PROV-N: no UTF-8 at byte {error.start}") from error
    return from_prov(deserialized(decoded, "provn", "PROV-N"), unescape)


def recognises(head: bytes) -> bool:
    """Return whether a file begins like PROV-N."""
    return bool(_BEGIN.match(head))


FORMATS = {"provn": Format("provn", ".provn", "PROV-N", write, read, recognises)}
