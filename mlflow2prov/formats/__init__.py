"""Formats: files in and out, one module a format.

A format is a module with a :data:`FORMAT`; it becomes known by its line in :data:`MODULES`.
:func:`read` finds the format of a file by its content, then by its extension.
"""

from importlib import import_module

from mlflow2prov.errors import FormatError
from mlflow2prov.formats.format import Format

MODULES = {
    "json": "provjson",
    "provn": "provn",
    "xml": "provxml",
    "rdf": "rdfxml",
    "turtle": "turtle",
    "trig": "trig",
    "nquads": "nquads",
    "jsonld": "provjsonld",
    "dot": "dot",
    "svg": "graphviz",
    "png": "graphviz",
    "pdf": "graphviz",
}
"""Format name to the module in this package that holds it."""


def get(name: str) -> Format:
    """Return the format called ``name``.

    Raises:
        FormatError: there is no such format.
    """
    if name not in MODULES:
        raise FormatError(f"unknown format {name!r}; known are: {', '.join(MODULES)}")
    module = import_module(f"{__name__}.{MODULES[name]}")
    formats: dict[str, Format] = module.FORMATS
    return formats[name]


__all__ = ["MODULES", "Format", "get"]
