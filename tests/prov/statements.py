"""Short constructors for statements in tests."""

from mlflow2prov import Attribute, Document, Statement

PREFIXES = {"": "http://x/", "ex": "http://example.org/"}
QUALIFIED = "prov:QUALIFIED_NAME"
ONE, TWO = "2024-01-01T00:00:00+00:00", "2024-01-02T00:00:00+00:00"


def document(*statements, prefixes=PREFIXES):
    return Document.from_statements(statements, prefixes)


def literals(attributes):
    return tuple(
        Attribute(key, value)
        for key, values in attributes.items()
        for value in ([values] if isinstance(values, str) else values)
    )


def entity(identifier, /, bundle="", **attributes):
    return Statement("entity", identifier, (), literals(attributes), bundle)


def agent(identifier, /, *types, bundle="", **attributes):
    typed = tuple(Attribute("prov:type", type_, QUALIFIED) for type_ in types)
    return Statement("agent", identifier, (), literals(attributes) + typed, bundle)


def attributed(entity_, agent_, bundle=""):
    return Statement("wasAttributedTo", None, (entity_, agent_), (), bundle)


def values(document_):
    """Return every value of every attribute."""
    return [a.value for s in document_.statements() for a in s.attributes]


def value(document_, identifier, key):
    """Return the single value of a key in the statement with the given identifier."""
    (single,) = [
        a.value
        for s in document_.statements()
        if s.id == identifier
        for a in s.attributes
        if a.key == key
    ]
    return single
