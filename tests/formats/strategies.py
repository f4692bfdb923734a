"""Hypothesis strategies for Documents: whatever PROV allows to be said.

Left out is what no PROV serialisation can tell apart: two statements of different arguments under one
identifier (PROV-CONSTRAINTS forbids them), and two kinds of element of one identifier, whose attributes
RDF keeps as one, and two mentions of one entity (PROV-Links forbids them).
"""

from datetime import timedelta, timezone

from hypothesis import strategies as st

from mlflow2prov.prov import Attribute, Document, Statement
from mlflow2prov.prov.kinds import ELEMENTS, RELATIONS, ArgumentType
from mlflow2prov.prov.lexical import normal

# Any Unicode scalar value but NUL, which no database column of text can hold.
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

INTEGERS = st.integers(-(2**70), 2**70).map(str)
DOUBLES = st.floats().map(repr)
# Offsets of xsd:dateTime have whole minutes.
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.one_of(st.datetimes(timezones=ZONES), st.datetimes()).map(lambda t: t.isoformat())


@st.composite
def names(draw, prefixes, locals_):
    prefix = draw(st.sampled_from(sorted(prefixes)))
    local = draw(locals_)
    if not prefix:
        local = local.replace(":", "") or "x"
    return f"{prefix}:{local}" if prefix else local


@st.composite
def literals(draw, prefixes, locals_):
    key = draw(
        st.one_of(
            names(prefixes, locals_),
            st.sampled_from(["prov:type", "prov:label", "prov:location"]),
        )
    )
    kind = draw(st.integers(0, 9))
    if kind <= 2 or key == "prov:label":
        return Attribute(key, draw(TEXTS))
    if kind == 3:
        return Attribute(key, draw(TEXTS), None, draw(st.sampled_from(["en", "de", "zh-hant"])))
    if kind == 4:
        return Attribute(key, draw(names(prefixes, locals_)), "prov:QUALIFIED_NAME")
    if kind == 5:
        return Attribute(key, *normal(draw(INTEGERS), "xsd:int"))
    if kind == 6:
        return Attribute(key, *normal(draw(DOUBLES), "xsd:double"))
    if kind == 7:
        return Attribute(key, draw(st.sampled_from(["true", "false"])), "xsd:boolean")
    if kind == 8:
        return Attribute(key, *normal(draw(TIMES), "xsd:dateTime"))
    datatype = draw(st.sampled_from(["xsd:anyURI", "xsd:decimal", "xsd:token", "xsd:gYear"]))
    return Attribute(key, draw(st.sampled_from(["1.50", "x", "urn:a:b", "2001"])), datatype)


@st.composite
def documents(draw, locals_=PLAIN_LOCALS, bundles=True):
    """Documents with up to a dozen statements, unified."""
    prefixes = draw(NAMESPACES)
    name = names(prefixes, locals_)
    places = ["", draw(name)] if bundles and draw(st.booleans()) else [""]
    statements = []
    for bundle in places:
        pool = draw(st.lists(name, min_size=2, max_size=6, unique=True))
        taken: set[str] = set()
        mentioned: set[str] = set()
        for identifier in pool:
            kind = draw(st.sampled_from(ELEMENTS))
            times = tuple(draw(st.one_of(st.none(), TIMES)) for _ in kind.arguments)
            attributes = tuple(draw(st.lists(literals(prefixes, locals_), max_size=4)))
            statements.append(Statement(kind.name, identifier, times, attributes, bundle))
            taken.add(identifier)
        for _ in range(draw(st.integers(0, 6))):
            relation = draw(relations(prefixes, locals_, pool, taken, bundle))
            if relation.kind == "mentionOf" and relation.arguments[0] in mentioned:
                continue
            mentioned.add(relation.arguments[0] if relation.kind == "mentionOf" else "")
            statements.append(relation)
    document = Document.from_statements(statements, prefixes)
    from mlflow2prov.prov.unify import unify

    unify(document)
    return document


@st.composite
def relations(draw, prefixes, locals_, pool, taken, bundle):
    kind = draw(st.sampled_from(RELATIONS))
    arguments = []
    for argument in kind.arguments:
        if not argument.required and draw(st.booleans()):
            arguments.append(None)
        elif argument.type is ArgumentType.TIME:
            arguments.append(draw(TIMES))
        else:
            arguments.append(draw(st.sampled_from(pool)))
    identifier, attributes = None, ()
    if kind.identified:
        if draw(st.booleans()):
            identifier = draw(names(prefixes, locals_).filter(lambda n: n not in taken))
            taken.add(identifier)
        attributes = tuple(draw(st.lists(literals(prefixes, locals_), max_size=3)))
    return Statement(kind.name, identifier, tuple(arguments), attributes, bundle)
