"""Draw the answers to the five questions: ``python draw.py result.json pictures``.

Each question is a function that returns the nodes of the answer. The picture shows these nodes and the relations
between them.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx

from mlflow2prov import Document, load, save

CAUSES = {"wasDerivedFrom", "wasGeneratedBy", "used"}
Graph = Any


def best_run(graph: Graph) -> set[str]:
    """Which run has the best accuracy, and who wrote its code?"""
    accuracies = [
        (value(graph, metric, "value"), run, metric)
        for run, metric, about in graph.edges(data=True)
        if about["kind"] == "hadMember" and is_a(graph, run, "Run")
        if is_a(graph, metric, "Metric") and value(graph, metric, "name") == "accuracy"
    ]
    best = max(float(accuracy) for accuracy, _, _ in accuracies)
    _, run, metric = min(
        (value(graph, run, "name"), run, metric)
        for accuracy, run, metric in accuracies
        if float(accuracy) == best
    )
    nodes = {run, metric}
    for kinds in ({"wasGeneratedBy"}, {"wasInformedBy"}, {"wasAssociatedWith"}):
        nodes |= {cause for node in nodes for cause in causes(graph, node, kinds)}
    # The question is not about parameters, which the creation of the run uses.
    return {node for node in nodes if not is_a(graph, node, "Param")}


def behind_a_version(graph: Graph) -> set[str]:
    """Where does the second version of the model "wine" come from?"""
    influences = subgraph(graph, CAUSES | {"wasInformedBy", "wasAssociatedWith"})
    version = find_node(graph, "RegisteredModelVersion", "wine 2")
    return {version, *networkx.descendants(influences, version)}


def touched_models(graph: Graph) -> set[str]:
    """Which models does the dataset "wine" affect?"""
    influences, origin = subgraph(graph, CAUSES), find_node(graph, "Dataset", "wine")
    return {origin, *networkx.ancestors(influences, origin)}


def contributors(graph: Graph) -> set[str]:
    """Who contributed most to the files behind the second version of the model "wine"?"""
    influences, version = (
        subgraph(graph, CAUSES),
        find_node(graph, "RegisteredModelVersion", "wine 2"),
    )
    origins = networkx.descendants(influences, version)
    specializations = subgraph(graph, {"specializationOf"})
    files = {
        file
        for node in origins
        if is_a(graph, node, "FileRevision")
        for file in specializations[node]
    }
    revisions = {revision for file in files for revision in specializations.predecessors(file)}
    authors = {
        author for revision in revisions for author in causes(graph, revision, {"wasAttributedTo"})
    }
    return files | revisions | authors


def deleted(graph: Graph) -> set[str]:
    """Which elements were deleted, when, and by whom?"""
    kinds = ("File", "Experiment", "Run", "RegisteredModelVersion")
    invalidations = [
        (entity, deletion)
        for entity, deletion, attributes in graph.edges(data=True)
        if attributes["kind"] == "wasInvalidatedBy"
        and any(is_a(graph, entity, kind) for kind in kinds)
    ]
    nodes = {node for invalidation in invalidations for node in invalidation}
    return nodes | {agent for node in nodes for agent in causes(graph, node, {"wasAssociatedWith"})}


QUESTIONS: tuple[Callable[[Graph], set[str]], ...] = (
    best_run,
    behind_a_version,
    touched_models,
    contributors,
    deleted,
)


def answers(document: Document) -> Iterator[tuple[str, Document]]:
    """Yield the name of each question, and the part of the document that answers it."""
    graph = document.to_networkx()
    for number, question in enumerate(QUESTIONS, start=1):
        nodes = question(graph)
        part = [
            statement
            for statement in document.statements()
            if (statement.id in nodes if not statement.arguments[:2] or statement.kind == "activity"
                else set(statement.arguments[:2]) <= nodes)
        ]  # fmt: skip
        name = f"{number}-{question.__name__.replace('_', '-')}"
        yield name, Document.from_statements(part, document.namespaces)


def subgraph(graph: Graph, kinds: set[str]) -> Graph:
    """Return the part of the graph with these kinds of relations."""
    return graph.edge_subgraph([edge for edge in graph.edges if graph.edges[edge]["kind"] in kinds])


def causes(graph: Graph, node: str, kinds: set[str]) -> set[str]:
    """Return the targets of a node's relations of these kinds."""
    return {
        target
        for _, target, attributes in graph.out_edges(node, data=True)
        if attributes["kind"] in kinds
    }


def value(graph: Graph, node: str, key: str) -> Any:
    """Return an attribute of a node, or None."""
    return graph.nodes[node].get(key)


def is_a(graph: Graph, node: str, prov_type: str) -> bool:
    """Return whether a node has this type among its values of ``prov:type``."""
    types = value(graph, node, "prov:type") or []
    return prov_type in ([types] if isinstance(types, str) else types)


def find_node(graph: Graph, prov_type: str, label: str) -> str:
    """Return the first node with this type and label."""
    return next(
        node
        for node in sorted(graph)
        if is_a(graph, node, prov_type) and value(graph, node, "prov:label") == label
    )


if __name__ == "__main__":
    source, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in answers(load(source)):
        print(*save(part, folder / name, "svg"))
