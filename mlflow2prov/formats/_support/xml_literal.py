"""Parts of an XML file as text, with the namespaces that they use: values of the type ``rdf:XMLLiteral``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from xml.sax.saxutils import escape, quoteattr

from mlflow2prov.formats._support.xml_input import SEPARATOR

XML = "http://www.w3.org/XML/1998/namespace"
SCHEMA_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_TYPE = f"{SCHEMA_INSTANCE}{SEPARATOR}type"


class XmlLiteral:
    """The text of elements that a parser reports one after another.

    An element declares the namespaces of its own name, of its attributes and of its ``xsi:type``, unless an element
    around it does (Exclusive XML Canonicalization, section 3).

    Args:
        prefix_of: returns the prefix that the file has for a namespace.
        namespace_of: returns the namespace of a prefix, None if it has none.
    """

    def __init__(
        self, prefix_of: Callable[[str], str], namespace_of: Callable[[str], str | None]
    ) -> None:
        self._prefix_of = prefix_of
        self._namespace_of = namespace_of
        self._parts: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []

    @property
    def depth(self) -> int:
        """How many elements are open."""
        return len(self._open)

    def start(self, name: str, attributes: Sequence[str]) -> None:
        """Add the start tag of an element with its attributes, a flat list of names and values."""
        declared = self._open[-1][1] if self._open else {"xml": XML, "": ""}
        used: dict[str, str] = {}
        tag = self._qualified(name, used)
        texts = []
        for key, value in zip(attributes[::2], attributes[1::2], strict=True):
            texts.append(f" {self._qualified(key, used, is_attribute=True)}={quoteattr(value)}")
            prefix = value.strip().partition(":")[0] if ":" in value else ""
            if key == _TYPE and (uri := self._namespace_of(prefix)):
                used[prefix] = uri
        new = {prefix: uri for prefix, uri in used.items() if declared.get(prefix) != uri}
        declarations = (
            f" {f'xmlns:{prefix}' if prefix else 'xmlns'}={quoteattr(uri)}"
            for prefix, uri in sorted(new.items())
        )
        self._parts.append(f"<{tag}{''.join(declarations)}{''.join(texts)}>")
        self._open.append((tag, {**declared, **new} if new else declared))

    def text(self, text: str) -> None:
        """Add character data."""
        self._parts.append(escape(text))

    def end(self) -> None:
        """Add the end tag of the element that is open."""
        tag, _ = self._open.pop()
        self._parts.append(f"</{tag}>")

    def __str__(self) -> str:
        return "".join(self._parts).strip()

    def _qualified(self, name: str, used: dict[str, str], is_attribute: bool = False) -> str:
        uri, separator, local = name.rpartition(SEPARATOR)
        if not separator:
            if not is_attribute:
                used[""] = ""
            return local
        prefix = self._prefix_of(uri)
        used[prefix] = uri
        return f"{prefix}:{local}" if prefix else local
