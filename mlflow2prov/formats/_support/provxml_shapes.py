"""Shapes of PROV-XML statements: regular expressions whose groups are the values of a statement."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlflow2prov.formats._support.provxml_elements import STATEMENTS, Element
from mlflow2prov.formats._support.xml_input import SEPARATOR, expanded_name
from mlflow2prov.formats._support.xml_scope import XmlScope
from mlflow2prov.prov.kinds import Argument
from mlflow2prov.prov.lexical import declared
from mlflow2prov.prov.namespaces import PROV

MAX_VALUES = 100
"""The maximum number of arguments and attributes in a shape."""

NAME = r"[\w.-]+(?::[\w.-]+)?"
"""A regular expression for the name of an element or an attribute."""

SPACE = r"[ \t\n]*"
"""A regular expression for white space."""

_HEAD = re.compile(rf"""<prov:(\w+)( prov:id="[^"<]*")?(/?)>{SPACE}""")
_VALUE = re.compile(
    rf"""<({NAME})(?: (prov:ref|xsi:type|xml:lang)="([^"<&]*)")?(?:(/)>|>([^<]*)</\1>){SPACE}"""
)
_ATTRIBUTE_VALUE = r'"([^"<&\t\n]*)"'


class Value(NamedTuple):
    """What the groups of one element in a shape are: a formal argument, or an attribute with the key ``key``."""

    argument: Argument | None
    key: str = ""
    datatype: str | None = None
    has_language: bool = False


class Shape:
    """The statements with the same elements, as tuples of their values."""

    def __init__(
        self, element: Element, pattern: str, has_identifier: bool, values: list[Value]
    ) -> None:
        self.element = element
        self.pattern = re.compile(pattern)
        self.has_identifier = has_identifier
        self.values = values
        self.rows: list[tuple[str, ...]] = []


def shape_of(statement: str, scope: XmlScope) -> Shape | None:
    """Return the shape of a statement, without rows. It is None if a part of the statement is of an unusual form."""
    head = _HEAD.match(statement)
    element = STATEMENTS.get(expanded_name(PROV, head[1])) if head else None
    if head is None or element is None or (element.kind.element and not head[2]):
        return None
    identifier = f" prov:id={_ATTRIBUTE_VALUE}" if head[2] else ""
    start = f"<prov:{head[1]}{identifier}"
    if head[3]:
        return Shape(element, f"{start}/>{SPACE}", True, []) if identifier else None
    patterns, values, position = [f"{start}>{SPACE}"], [], head.end()
    while child := _VALUE.match(statement, position):
        value = _value(child, element, scope)
        if value is None:
            return None
        values.append(value)
        patterns.append(_pattern(child))
        position = child.end()
    meanings = [value.argument or value.key for value in values]
    meanings += [key for key, *_ in element.types]
    end = f"</prov:{head[1]}>{SPACE}"
    is_usual = len(set(meanings)) == len(meanings) and re.fullmatch(end, statement[position:])
    if not is_usual or not (values or identifier) or len(values) > MAX_VALUES:
        return None
    return Shape(element, "".join([*patterns, end]), bool(identifier), values)


def _value(child: re.Match[str], element: Element, scope: XmlScope) -> Value | None:
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
        return Value(element.kind.arguments[position]) if is_usual else None
    if annotation == "prov:ref" or child[4]:
        return None
    datatype = scope.resolved(annotated) if annotation == "xsi:type" else None
    if datatype is not None:
        _, datatype = declared("", datatype)
    return Value(None, scope.expanded(name), datatype, annotation == "xml:lang")


def _pattern(child: re.Match[str]) -> str:
    """Return the regular expression for elements like that of an argument or an attribute."""
    name = re.escape(child[1])
    if child[2] == "prov:ref":
        end = "/>" if child[4] else f"></{name}>"
        return f"<{name} prov:ref={_ATTRIBUTE_VALUE}{end}{SPACE}"
    annotation = ""
    if child[2] == "xsi:type":
        annotation = f' xsi:type="{re.escape(child[3])}"'
    elif child[2] == "xml:lang":
        annotation = f" xml:lang={_ATTRIBUTE_VALUE}"
    return f"<{name}{annotation}>([^<]*)</{name}>{SPACE}"
