"""Where ProvToolbox and we differ: each difference by its name, explained in ``docs/interoperability.md``.

A test demands that all documents which differ are named here, and that all which are named do differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

RDF = ("ttl", "trig", "rdf")
ALL = ("provn", "json", "xml", *RDF)


@dataclass(frozen=True)
class Difference:
    """A difference: its name, the formats it shows in, and the documents (patterns) that show it."""

    name: str
    formats: tuple[str, ...]
    documents: tuple[str, ...]

    def concerns(self, document: str) -> bool:
        return any(fnmatchcase(document, pattern) for pattern in self.documents)


def named(differences: Iterable[Difference], format: str, documents: Iterable[str]) -> set[str]:  # noqa: A002
    """Return the documents that differ in a format, by what ``differences`` say."""
    concerned = [difference for difference in differences if format in difference.formats]
    return {name for name in documents if any(each.concerns(name) for each in concerned)}


_EVERY_DATATYPE = tuple(
    f"attr_{kind}0"
    for kind in (
        *("activity", "agent", "association", "attribution", "communication", "delegation"),
        *(
            "derivation",
            "end",
            "entity",
            "generation",
            "influence",
            "invalidation",
            "start",
            "usage",
        ),
    )
)
"""An attribute of every datatype in one statement: what is so of one datatype is so of these."""

_EVERY_ATTRIBUTE = (
    *("activity9", "association9", "attribution8", "communication7", "delegation8", "derivation8"),
    *("end10", "end8", "entity10", "entity9", "generation5", "generation7", "influence7"),
    *("invalidation5", "invalidation7", "start10", "start8", "usage5", "usage7"),
)
"""A type of every kind, a text of several lines, and an attribute whose name begins with a digit."""

_XML_VALUES = ("attr_[ae]*_one_*attr42",)
_ODD_NAMES = ("entity100", "entity101")

THEIRS_REFUSED = (
    Difference("dictionaries", ALL, ("attr_dict*", "dictionary*")),
    Difference(
        "relations without a subject",
        RDF,
        (
            *("association2", "attribution2", "communication2", "delegation2", "derivation1"),
            *("end[14]", "influence2", "start[14]", "usage1"),
        ),
    ),
    Difference("names that RDF/XML cannot represent", ("rdf",), _ODD_NAMES),
)
"""Documents that ProvToolbox makes, and that it does not write in this format or we do not read."""

THEIRS = (
    Difference("names of bundles", ("provn", "xml", "trig"), ("bundle4",)),
    Difference("bundles in one graph", ("ttl", "rdf"), ("bundle[1-4]",)),
    Difference("two statements with one identifier", RDF, ("scruffy-*",)),
    Difference("decimals", ("ttl", "trig"), ("attr_*_one_*attr8", *_EVERY_DATATYPE)),
    Difference("XML values", ("xml", "rdf"), (*_XML_VALUES, *_EVERY_DATATYPE)),
    Difference("names split elsewhere", ("rdf",), _EVERY_ATTRIBUTE),
    Difference("escapes of ProvToolbox in names", ("xml",), _ODD_NAMES),
)
"""Documents that ProvToolbox writes and that say something else to us in this format than in its PROV-JSON."""

OURS_REFUSED = (
    Difference(
        "XML values",
        ("xml",),
        ("attr_entity_one_location_attr42", "attr_entity_one_other_attr42", *_EVERY_DATATYPE),
    ),
    Difference("bundles in TriG", ("trig",), ("bundle[1-4]",)),
)
"""Documents that we write and that ProvToolbox does not read."""

OURS = (
    Difference("escapes in strings", ("provn",), ("example", *_EVERY_ATTRIBUTE)),
    Difference("strings that look like numbers", ("json",), ("example", "attr_entity0")),
    Difference("escapes of MLflow2PROV in names", ("xml", *RDF), (*_EVERY_ATTRIBUTE, *_ODD_NAMES)),
    Difference(
        "XML values",
        ("xml",),
        (
            *("attr_association_one_role_attr42", "attr_entity_one_attr42"),
            "attr_entity_one_value_attr42",
        ),
    ),
    Difference(
        "types that are not names",
        RDF,
        (
            *("activity[578]", "agent[678]", "association7", "attribution7", "communication6"),
            *("delegation7", "derivation9", "entity[578]", "influence6"),
            *("attr_entity_one_attr[0-8]", "attr_entity_one_attr1?", "attr_entity_one_attr20"),
            *("attr_entity_one_attr2[7-9]", "attr_entity_one_attr3?", "attr_entity_one_attr4?"),
            *_EVERY_DATATYPE,
            *_EVERY_ATTRIBUTE,
        ),
    ),
    Difference(
        "direct triples beside qualified nodes",
        RDF,
        (
            *("every-kind", "association[3468]", "attr_association_one_role_*", "attribution[346]"),
            *("communication[35]", "delegation[346]", "influence[35]"),
        ),
    ),
    Difference("mentions", RDF, ("mention[12]",)),
)
"""Documents that we write and that say something else to ProvToolbox."""
