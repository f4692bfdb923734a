"""What tests look up in a document with calls."""

from mlflow2prov.prov.kinds import KIND


def arguments(statement):
    """Return the formal arguments of a statement by their names."""
    names = [argument.name for argument in KIND[statement.kind].arguments]
    return dict(zip(names, statement.arguments, strict=True))


class Graph:
    """The statements as dictionaries of elements, and relations by kind."""

    def __init__(self, document):
        self.elements = {s.id: s for s in document.statements() if s.id is not None}
        self.relations = [s for s in document.statements() if s.id is None]

    def of_type(self, name):
        return [s for s in self.elements.values() if name in self.values(s, "prov:type")]

    def values(self, statement, key):
        return [str(a.value) for a in statement.attributes if a.key == key]

    def value(self, identifier, key):
        found = self.values(self.elements[identifier], key)
        return found[0] if found else None

    def name_of(self, identifier):
        return self.value(identifier, "name")

    def pairs(self, kind, first, second):
        """Return the pairs of two formal arguments of the relations of a kind."""
        found = (arguments(s) for s in self.relations if s.kind == kind)
        return [(names[first], names[second]) for names in found]
