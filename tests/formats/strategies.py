"""Hypothesis strategies for documents with everything that PROV allows.

Three things are left out, because no PROV format distinguishes them: two statements with one identifier and different
arguments (PROV-CONSTRAINTS forbids them), two kinds of element with one identifier (RDF unites their attributes), and
two mentions of one entity (PROV-Links forbids them).
"""

from datetime import timedelta, timezone

from hypothesis import strategies as st

from mlflow2prov.prov import Attribute, Document, Statement
from mlflow2prov.prov.attributes import INTEGER_TYPES, number_text
from mlflow2prov.prov.kinds import ELEMENTS, RELATIONS, ArgumentType
from mlflow2prov.prov.unify import unify

# Any Unicode scalar value but NUL, which no text column of a database can contain.
CHARACTERS = st.characters(blacklist_categories=("Cs",), blacklist_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=12)

NAMESPACES = st.sampled_from(
    [
        {"": "https://w3id.org/mlflow2prov/"},
        {"": "https://w3id.org/mlflow2prov/", "ex": "http://example.org/ns#"},
        {"ex": "http://example.org/ns#", "b-2": "urn:two:"},
    ]
)
PLAIN_LOCALS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}[A-Za-z0-9]", fullmatch=True)
ODD_LOCALS = st.text(CHARACTERS, min_size=1, max_size=6)

INTEGERS = st.one_of(st.integers(-(2**70), 2**70).map(str), st.sampled_from(["007", "+1", "-0"]))
DOUBLES = st.one_of(
    st.floats().map(number_text), st.sampled_from(["1.50", "1e3", "1.0E0", "+1", ".5", "-0"])
)
# Offsets of xsd:dateTime have whole minutes.
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MICROSECONDS = st.one_of(
    st.one_of(st.datetimes(timezones=ZONES), st.datetimes()).map(lambda time: time.isoformat()),
    st.sampled_from(["2024-02-28T24:00:00", "2024-01-31T12:00:00.50-05:00"]),
)
"""Times that Python can represent."""
TIMES = st.one_of(MICROSECONDS, st.just("2024-01-31T12:00:00.123456789Z"))


@st.composite
def names(draw, prefixes, locals_):
    prefix = draw(st.sampled_from(sorted(prefixes)))
    local = draw(locals_)
    if not prefix:
        return local.replace(":", "") or "x"
    return f"{prefix}:{local}"


@st.composite
def attributes(draw, prefixes, locals_, times_=TIMES):
    key = draw(
        st.one_of(
            names(prefixes, locals_),
            st.sampled_from(["prov:type", "prov:label", "prov:location"]),
        )
    )
    form = draw(st.integers(0, 9))
    if form <= 2 or key == "prov:label":
        return Attribute(key, draw(TEXTS))
    if form == 3:
        return Attribute(key, draw(TEXTS), None, draw(st.sampled_from(["en", "de", "zh-hant"])))
    if form == 4:
        return Attribute(key, draw(names(prefixes, locals_)), "prov:QUALIFIED_NAME")
    if form == 5:
        return Attribute(key, draw(INTEGERS), draw(st.sampled_from(INTEGER_TYPES)))
    if form == 6:
        return Attribute(key, draw(DOUBLES), draw(st.sampled_from(["xsd:double", "xsd:float"])))
    if form == 7:
        return Attribute(key, draw(st.sampled_from(["true", "false", "1", "0"])), "xsd:boolean")
    if form == 8:
        return Attribute(key, draw(times_), "xsd:dateTime")
    datatype = draw(st.sampled_from(["xsd:anyURI", "xsd:decimal", "xsd:token", "xsd:gYear"]))
    return Attribute(key, draw(st.sampled_from(["1.50", "x", "urn:a:b", "2001"])), datatype)


@st.composite
def documents(draw, locals_=PLAIN_LOCALS, bundles=True, times_=TIMES):
    """Unified documents with up to a dozen statements, and a named bundle if ``bundles``."""
    prefixes = draw(NAMESPACES)
    name = names(prefixes, locals_)
    bundle_names = ["", draw(name)] if bundles and draw(st.booleans()) else [""]
    statements = []
    for bundle in bundle_names:
        element_names = draw(st.lists(name, min_size=2, max_size=6, unique=True))
        for element_name in element_names:
            kind = draw(st.sampled_from(ELEMENTS))
            times = tuple(draw(st.one_of(st.none(), times_)) for _ in kind.arguments)
            element_attributes = draw(st.lists(attributes(prefixes, locals_, times_), max_size=4))
            statements.append(Statement(kind.name, element_name, times, element_attributes, bundle))
        identifiers, mentioned_entities = set(element_names), set()
        for _ in range(draw(st.integers(0, 6))):
            relation = draw(
                relations(prefixes, locals_, element_names, identifiers, bundle, times_)
            )
            if relation.kind == "mentionOf":
                if relation.arguments[0] in mentioned_entities:
                    continue
                mentioned_entities.add(relation.arguments[0])
            statements.append(relation)
    document = Document.from_statements(statements, prefixes)
    unify(document)
    return document


@st.composite
def relations(draw, prefixes, locals_, element_names, identifiers, bundle, times_):
    """Relations between elements. A new identifier is added to ``identifiers``."""
    kind = draw(st.sampled_from(RELATIONS))
    arguments = []
    for argument in kind.arguments:
        if not argument.required and draw(st.booleans()):
            arguments.append(None)
        elif argument.type is ArgumentType.TIME:
            arguments.append(draw(times_))
        else:
            arguments.append(draw(st.sampled_from(element_names)))
    identifier, relation_attributes = None, ()
    if kind.identified:
        if draw(st.booleans()):
            identifier = draw(names(prefixes, locals_).filter(lambda n: n not in identifiers))
            identifiers.add(identifier)
        relation_attributes = tuple(
            draw(st.lists(attributes(prefixes, locals_, times_), max_size=3))
        )
    return Statement(kind.name, identifier, arguments, relation_attributes, bundle)
