"""TriG (W3C Recommendation of 25 February 2014): Turtle with a named graph for each bundle."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from mlflow2prov.formats._support import rdf_writer
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf, read_rdf_file
from mlflow2prov.formats._support.rdf_terms import spell_name
from mlflow2prov.formats.turtle import Turtle, begins_with_declaration, write_prefixes
from mlflow2prov.prov import Document


def write(document: Document, stream: BinaryIO) -> None:
    """Write a document as TriG.

    Raises:
        FormatError: PROV-O cannot express the document.
    """
    document = rdf_writer.prepare(document)
    write_prefixes(document.namespaces, stream)
    rdf_writer.write_bundle(document, "", Turtle(document.namespaces), stream)
    syntax = Turtle(document.namespaces, indent="    ")
    for bundle in document.bundles():
        stream.write(f"\n{spell_name(bundle, syntax)} {{\n".encode())
        rdf_writer.write_bundle(document, bundle, syntax, stream)
        stream.write(b"}\n")


def read(content: bytes, base: str = "") -> Document:
    """Read PROV-O from TriG. Relative IRIs are resolved against ``base``.

    Raises:
        FormatError: the content is not TriG, or contains no PROV-O.
    """
    return read_rdf(content, "trig", "TriG", base)


def read_file(path: Path, base: str = "") -> Document:
    """Read a file of TriG like :func:`read`, a part at a time.

    Raises:
        FormatError: the content is not TriG, or contains no PROV-O.
    """
    return read_rdf_file(path, "trig", "TriG", base)


def recognises(head: bytes) -> bool:
    """Return whether a file begins like TriG, which Turtle does too."""
    return begins_with_declaration(head)


FORMATS = (
    Format(
        "trig",
        ".trig",
        "TriG (PROV-O)",
        write,
        read,
        recognises,
        has_relative_iris=True,
        read_file=read_file,
    ),
)
