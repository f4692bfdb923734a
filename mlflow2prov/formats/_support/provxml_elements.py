"""The elements of PROV-XML that are statements, and the elements of their formal arguments."""

from __future__ import annotations

from typing import NamedTuple

from mlflow2prov.formats._support.xml_input import expanded_name
from mlflow2prov.prov import KIND
from mlflow2prov.prov.attributes import QUALIFIED_NAME, AttributeTuple
from mlflow2prov.prov.kinds import ArgumentType, Kind
from mlflow2prov.prov.namespaces import PROV

_SUBTYPES = {
    "bundle": ("entity", "Bundle"),
    "collection": ("entity", "Collection"),
    "emptyCollection": ("entity", "EmptyCollection"),
    "plan": ("entity", "Plan"),
    "organization": ("agent", "Organization"),
    "person": ("agent", "Person"),
    "softwareAgent": ("agent", "SoftwareAgent"),
    "hadPrimarySource": ("wasDerivedFrom", "PrimarySource"),
    "wasQuotedFrom": ("wasDerivedFrom", "Quotation"),
    "wasRevisionOf": ("wasDerivedFrom", "Revision"),
}
"""The elements for a kind of statement with one of PROV's own types, and that type."""


class Element(NamedTuple):
    """What an element of a statement means.

    Attributes:
        kind: the kind of the statement.
        types: the ``prov:type`` that the element implies.
        arguments: the position of each formal argument, and whether it is a time, by the name of its element.
    """

    kind: Kind
    types: tuple[AttributeTuple, ...]
    arguments: dict[str, tuple[int, bool]]


def _element(kind: Kind, subtype: str | None = None) -> Element:
    type_ = ("prov:type", f"prov:{subtype}", QUALIFIED_NAME, None)
    arguments = {
        expanded_name(PROV, argument.name): (position, argument.type is ArgumentType.TIME)
        for position, argument in enumerate(kind.arguments)
    }
    return Element(kind, (type_,) if subtype else (), arguments)


STATEMENTS = {
    **{expanded_name(PROV, name): _element(kind) for name, kind in KIND.items()},
    **{
        expanded_name(PROV, name): _element(KIND[kind], subtype)
        for name, (kind, subtype) in _SUBTYPES.items()
    },
}
