"""TriG (W3C Recommendation of 25 February 2014): Turtle with a named graph for each bundle."""

from __future__ import annotations

from typing import BinaryIO

from mlflow2prov.formats._support import rdf_writer as rdf
from mlflow2prov.formats._support.format import Format
from mlflow2prov.formats._support.rdf_reader import read_rdf
from mlflow2prov.formats._support.rdf_syntax import spelled
from mlflow2prov.formats.turtle import Turtle, begins, write_prefixes
from mlflow2prov.prov import Document


def write(document: Document, stream: BinaryIO) -> None:
    """Write ``document`` as TriG."""
    document = rdf.unambiguous(document)
    write_prefixes(document.namespaces, stream)
    rdf.write(document, "", Turtle(document.namespaces), stream)
    inside = Turtle(document.namespaces, "    ")
    for bundle in document.bundles():
        stream.write(f"\n{spelled(bundle, inside)} {{\n".encode())
        rdf.write(document, bundle, inside, stream)
        stream.write(b"}\n")


def read(content: bytes) -> Document:
    """Read TriG that says PROV-O.

    Raises:
        FormatError: it is none.
    """
    return read_rdf(content, "trig", "TriG")


FORMATS = {"trig": Format("trig", ".trig", "TriG (PROV-O)", write, read, begins)}
