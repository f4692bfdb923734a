"""A part of an RDF file that is read at a time, and the texts by which a table keeps its terms."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.formats._support.provo_graph import Graph
from mlflow2prov.formats._support.rdf_parsers import iri_term, literal_term

# Terms are texts that begin with a letter for their type.
IRI, BLANK, LITERAL = "ibl"


def text_of(term: Identifier) -> str:
    """Return the text of a term. That of a literal lacks its datatype and its language."""
    if isinstance(term, BNode):
        return BLANK + str(term)
    return (LITERAL if isinstance(term, Literal) else IRI) + str(term)


def resource_of(text: str) -> Identifier:
    """Return the resource of a text."""
    return BNode(text[1:]) if text[0] == BLANK else iri_term(text[1:])


@dataclass
class RdfPart:
    """Statements by graph, and facts on the resources in them that follow from other parts of the file.

    Attributes:
        graphs: the statements.
        subjects: the resources of each graph that are read with this part.
        nodes: those of them that are nodes of relations.
        implied: the properties of which a resource without a class is a value anywhere in the file.
    """

    graphs: dict[Identifier | None, Graph] = field(default_factory=lambda: defaultdict(dict))
    subjects: dict[Identifier | None, dict[Identifier, None]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    nodes: dict[Identifier | None, set[Identifier]] = field(
        default_factory=lambda: defaultdict(set)
    )
    implied: dict[Identifier | None, dict[Identifier, list[str]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def add(
        self,
        subject: Identifier,
        predicate: URIRef,
        value: Identifier,
        graph: Identifier | None,
    ) -> None:
        """Add a statement, which may be repeated."""
        values = self.graphs[graph].setdefault(subject, {}).setdefault(predicate, [])
        values.append(value)

    def add_row(self, row: tuple[Any, ...]) -> None:
        """Add a row of the table: the number of the part, three facts on the subject, and a statement as texts."""
        (
            _,
            is_owner,
            is_node,
            implied,
            graph_text,
            subject_text,
            predicate,
            text,
            datatype,
            language,
        ) = row
        graph = None if graph_text is None else resource_of(graph_text)
        subject = resource_of(subject_text)
        if text[0] == LITERAL:
            value: Identifier = literal_term(text[1:], language, datatype)
        else:
            value = resource_of(text)
        self.add(subject, iri_term(predicate), value, graph)
        if is_owner and subject not in self.subjects[graph]:
            self.subjects[graph][subject] = None
            if is_node:
                self.nodes[graph].add(subject)
            if implied:
                self.implied[graph][subject] = implied.split(" ")

    def remove_repetitions(self) -> None:
        """Remove repeated statements."""
        for graph in self.graphs.values():
            for properties in graph.values():
                for predicate, values in properties.items():
                    if len(values) > 1:
                        properties[predicate] = list(dict.fromkeys(values))
