"""The known differences between MLflow2PROV and ProvToolbox, by the names under which ``docs/interoperability.md``
explains them.

Imports are documents that ProvToolbox writes and MLflow2PROV reads; exports go the other way. The tests require that
every document that differs is listed here, and that every listed document differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

RDF = ("ttl", "trig", "rdf")
EXTENSIONS = ("provn", "json", "xml", *RDF)
"""The extensions of the formats that both programs read and write."""


@dataclass(frozen=True)
class KnownDifference:
    """A difference with a name, in some formats and some documents."""

    name: str
    formats: tuple[str, ...]
    documents: tuple[str, ...]
    """Patterns for the names of documents, as in a shell."""

    def affects(self, document: str, extension: str) -> bool:
        return extension in self.formats and any(
            fnmatchcase(document, pattern) for pattern in self.documents
        )


def affected_documents(
    differences: Iterable[KnownDifference], extension: str, documents: Iterable[str]
) -> set[str]:
    """Return the documents that one of the differences affects in the format with this extension."""
    differences = list(differences)
    return {
        document
        for document in documents
        if any(difference.affects(document, extension) for difference in differences)
    }


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
"""Documents with an attribute of every datatype, which show the differences of each datatype."""

_EVERY_ATTRIBUTE = (
    *("activity9", "association9", "attribution8", "communication7", "delegation8", "derivation8"),
    *("end10", "end8", "entity10", "entity9", "generation5", "generation7", "influence7"),
    *("invalidation5", "invalidation7", "start10", "start8", "usage5", "usage7"),
)
"""Documents with types of every datatype, a text of several lines, and an attribute whose name begins with a digit."""

_XML_VALUES = ("attr_[ae]*_one_*attr42",)
_UNUSUAL_NAMES = ("entity100", "entity101")

IMPORT_FAILURES = (
    KnownDifference("dictionaries", EXTENSIONS, ("attr_dict*", "dictionary*")),
    KnownDifference(
        "relations without a subject",
        RDF,
        (
            *("association2", "attribution2", "communication2", "delegation2", "derivation1"),
            *("end[14]", "influence2", "start[14]", "usage1"),
        ),
    ),
    KnownDifference("names that RDF/XML cannot represent", ("rdf",), _UNUSUAL_NAMES),
)
"""Documents of ProvToolbox that it cannot write in a format, or that MLflow2PROV refuses to read."""

IMPORT_CHANGES = (
    KnownDifference("bundles in one graph", ("ttl", "rdf"), ("bundle[1-4]",)),
    KnownDifference("two statements with one identifier", RDF, ("scruffy-*[2-9]-[MS]",)),
    KnownDifference("XML values", ("xml", "rdf"), (*_XML_VALUES, *_EVERY_DATATYPE)),
    KnownDifference("names split elsewhere", ("rdf",), _EVERY_ATTRIBUTE),
    KnownDifference("escapes of ProvToolbox in names", ("xml",), _UNUSUAL_NAMES),
)
"""Documents of ProvToolbox that MLflow2PROV reads differently in a format than in PROV-JSON."""

EXPORT_FAILURES = (
    KnownDifference(
        "XML values",
        ("xml",),
        ("attr_entity_one_location_attr42", "attr_entity_one_other_attr42", *_EVERY_DATATYPE),
    ),
    KnownDifference("bundles in TriG", ("trig",), ("bundle[1-4]",)),
)
"""Documents of MLflow2PROV that ProvToolbox refuses to read."""

EXPORT_CHANGES = (
    KnownDifference("escapes in strings", ("provn",), ("example", *_EVERY_ATTRIBUTE)),
    KnownDifference("strings that look like numbers", ("json",), ("example", "attr_entity0")),
    KnownDifference(
        "escapes of MLflow2PROV in names", ("xml", *RDF), (*_EVERY_ATTRIBUTE, *_UNUSUAL_NAMES)
    ),
    KnownDifference(
        "XML values",
        ("xml",),
        (
            *("attr_association_one_role_attr42", "attr_entity_one_attr42"),
            "attr_entity_one_value_attr42",
        ),
    ),
    KnownDifference(
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
    KnownDifference(
        "direct triples beside qualified nodes",
        RDF,
        (
            *("example", "every-kind", "association[3468]", "attr_association_one_role_*"),
            "attribution[346]",
            *("communication[35]", "delegation[346]", "influence[35]"),
        ),
    ),
    KnownDifference("mentions", RDF, ("mention[12]",)),
)
"""Documents of MLflow2PROV that ProvToolbox reads differently."""
