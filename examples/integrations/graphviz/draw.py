"""Draw the answers to the five questions of this folder: ``python draw.py result.json pictures``.

Each question is a function that gives the things which the answer speaks of; the picture is the part of the graph
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
    found = [
        (value(graph, metric, "value"), run, metric)
        for run, metric, about in graph.edges(data=True)
        if about["kind"] == "hadMember" and is_a(graph, run, "Run")
        if is_a(graph, metric, "Metric") and value(graph, metric, "name") == "accuracy"
    ]
    best = max(float(accuracy) for accuracy, _, _ in found)
    run, metric = min((r, m) for accuracy, r, m in found if float(accuracy) == best)
    chosen = {run, metric}
    for kinds in ({"wasGeneratedBy"}, {"wasInformedBy"}, {"wasAssociatedWith"}):
        chosen |= {cause for thing in chosen for cause in next_to(graph, thing, kinds)}
    # Parameters and the like are no part of the question.
    return {one for one in chosen if not is_a(graph, one, "Param")}


def behind_a_version(graph: Graph) -> set[str]:
    """What is behind the second version of the model "wine"?"""
    followed = only(graph, CAUSES | {"wasInformedBy", "wasAssociatedWith"})
    version = called(graph, "RegisteredModelVersion", "wine 2")
    return {version, *networkx.descendants(followed, version)}


def touched_models(graph: Graph) -> set[str]:
    """Which models did the data set "wine" touch?"""
    followed, origin = only(graph, CAUSES), called(graph, "Dataset", "wine")
    return {origin, *networkx.ancestors(followed, origin)}


def contributors(graph: Graph) -> set[str]:
    """Who contributed most to the files behind the second version of the model "wine"?"""
    followed, version = only(graph, CAUSES), called(graph, "RegisteredModelVersion", "wine 2")
    behind = networkx.descendants(followed, version)
    special = only(graph, {"specializationOf"})
    files = {file for one in behind if is_a(graph, one, "FileRevision") for file in special[one]}
    revisions = {one for file in files for one in special.predecessors(file)}
    authors = {a for one in revisions for a in next_to(graph, one, {"wasAttributedTo"})}
    return files | revisions | authors


def deleted(graph: Graph) -> set[str]:
    """What was deleted, when, and by whom?"""
    kinds = ("File", "Experiment", "Run", "RegisteredModelVersion")
    invalidated = [e for e in graph.edges(data=True) if e[2]["kind"] == "wasInvalidatedBy"]
    chosen = {
        end
        for thing, deletion, _ in invalidated
        if any(is_a(graph, thing, kind) for kind in kinds)
        for end in (thing, deletion)
    }
    return chosen | {a for one in chosen for a in next_to(graph, one, {"wasAssociatedWith"})}


QUESTIONS: tuple[Callable[[Graph], set[str]], ...] = (
    best_run,
    behind_a_version,
    touched_models,
    contributors,
    deleted,
)


def answers(document: Document) -> Iterator[tuple[str, Document]]:
    """Give the name of each question, and the part of the document that is its answer."""
    graph = document.to_networkx()
    for number, question in enumerate(QUESTIONS, start=1):
        chosen = question(graph)
        part = [
            statement
            for statement in document.statements()
            if (statement.id in chosen if not statement.arguments[:2] or statement.kind == "activity"
                else set(statement.arguments[:2]) <= chosen)
        ]  # fmt: skip
        name = f"{number}-{question.__name__.replace('_', '-')}"
        yield name, Document.from_statements(part, document.namespaces)


def only(graph: Graph, kinds: set[str]) -> Graph:
    """Return the graph of some kinds of relation."""
    return graph.edge_subgraph([e for e in graph.edges if graph.edges[e]["kind"] in kinds])


def next_to(graph: Graph, node: str, kinds: set[str]) -> set[str]:
    return {end for _, end, about in graph.out_edges(node, data=True) if about["kind"] in kinds}


def value(graph: Graph, node: str, key: str) -> Any:
    return graph.nodes[node].get(key)


def is_a(graph: Graph, node: str, kind: str) -> bool:
    types = value(graph, node, "prov:type") or []
    return kind in ([types] if isinstance(types, str) else types)


def called(graph: Graph, kind: str, label: str) -> str:
    return next(
        n for n in sorted(graph) if is_a(graph, n, kind) and value(graph, n, "prov:label") == label
    )


if __name__ == "__main__":
    source, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in answers(load(source)):
        print(*save(part, folder / name, "svg"))
