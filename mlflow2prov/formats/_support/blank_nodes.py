"""Identifiers of blank nodes, made of the statements of a file about them.

A blank node has no name, and its label means nothing outside of its file. A node here gets a digest of all statements
that it is connected with through blank nodes, so that equal descriptions give equal digests in every run, in every
syntax and in any order. Nodes are distinguished as in RDF Dataset Canonicalization (W3C Recommendation of 21 May 2024):
by their statements, then by the digests of the blank nodes in these, and so on.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property

from rdflib.term import BNode, Identifier, Literal

from mlflow2prov.formats._support.rdf_parsers import datatype_of

MAX_COMPARISONS = 2_000_000
"""How many statements are compared to distinguish nodes that look the same. Then their order in the file decides."""

MAX_TRIALS = 20_000
"""How many nodes are colored anew to find the first of several that look the same. They are equal in most files."""

_DIGEST_CHARACTERS = 32

Quad = tuple[Identifier, Identifier, Identifier, Identifier | None]
"""A subject, a property, a value and the graph that contains them."""


class BlankNodeDigests:
    """The digests of the blank nodes of a file, computed on demand."""

    def __init__(self) -> None:
        self._quads: Callable[[], Iterable[Quad]] = tuple
        self._digests: dict[BNode, str] = {}
        self._copies: Counter[str] = Counter()

    def describe(self, quads: Callable[[], Iterable[Quad]]) -> None:
        """Take the statements of a file, or of a part of it with all those about the blank nodes that it names."""
        self._quads = quads
        self.__dict__.pop("_quads_of", None)

    def of(self, node: BNode) -> str:
        """Return the digest of a node."""
        if node not in self._digests:
            self._add_component(self._component(node))
        return self._digests[node]

    @cached_property
    def _quads_of(self) -> dict[BNode, list[Quad]]:
        quads_of: dict[BNode, list[Quad]] = defaultdict(list)
        for quad in self._quads():
            for node in dict.fromkeys(term for term in quad if isinstance(term, BNode)):
                quads_of[node].append(quad)
        return quads_of

    def _component(self, node: BNode) -> dict[BNode, list[Quad]]:
        """Return the nodes that are connected with ``node`` through blank nodes, and their statements."""
        component = {node: self._quads_of.get(node, [])}
        queue = [node]
        while queue:
            for quad in component[queue.pop()]:
                for term in quad:
                    if isinstance(term, BNode) and term not in component:
                        component[term] = self._quads_of[term]
                        queue.append(term)
        return component

    def _add_component(self, component: dict[BNode, list[Quad]]) -> None:
        colors = _Coloring(component).distinct_colors()
        statements = {
            " ".join(_spell(term, colors) for term in quad)
            for quads in component.values()
            for quad in quads
        }
        description = _digest(*sorted(statements))
        copy = self._copies[description]
        self._copies[description] += 1
        for node, color in colors.items():
            self._digests[node] = _digest(description, color, str(copy))


class _Coloring:
    """A partition of connected nodes by their descriptions. The nodes of one color look the same so far."""

    def __init__(self, quads_of: Mapping[BNode, list[Quad]]) -> None:
        self._quads_of = quads_of
        self._colors = dict.fromkeys(quads_of, "")
        self._sizes = Counter({"": len(quads_of)})
        self._comparisons = 0

    def distinct_colors(self) -> dict[BNode, str]:
        """Return a color for each node. None has two nodes."""
        self._refine(self._quads_of)
        self._distinguish(self._interchangeable())
        while tied := self._tied():
            smallest = min(tied, key=lambda nodes: (len(nodes), self._colors[nodes[0]]))
            if self._comparisons > MAX_COMPARISONS:
                self._distinguish([smallest])
            else:
                self._distinguish_one(smallest)
        return self._colors

    def _distinguish_one(self, nodes: list[BNode]) -> None:
        """Give one of several nodes a color of its own: that which leads to the first colors in alphabetical order."""
        if len(nodes) * len(self._colors) > MAX_TRIALS:
            self._distinguish([nodes[:1]])
            return
        colors, sizes = self._colors, self._sizes
        outcomes: list[tuple[list[str], int, dict[BNode, str], Counter[str]]] = []
        for node in nodes:
            self._colors, self._sizes = colors.copy(), sizes.copy()
            self._distinguish([[node]])
            outcomes.append(
                (sorted(self._colors.values()), len(outcomes), self._colors, self._sizes)
            )
        *_, self._colors, self._sizes = min(outcomes, key=lambda outcome: outcome[:2])

    def _refine(self, changed: Iterable[BNode]) -> None:
        """Split colors until nodes of one color have neighbors of the same colors; ``changed`` have new ones."""
        affected: Iterable[BNode] = changed
        while affected := list(dict.fromkeys(affected)):
            parts: dict[str, dict[str, list[BNode]]] = defaultdict(lambda: defaultdict(list))
            for node in affected:
                parts[self._colors[node]][self._signature(node)].append(node)
            affected = self._neighbors(
                node
                for color, by_signature in parts.items()
                for node in self._split(color, by_signature)
            )

    def _split(self, color: str, by_signature: dict[str, list[BNode]]) -> list[BNode]:
        """Give the parts of a color colors of their own; return the nodes that changed.

        The nodes of the color that are in no part keep it, or else the largest part does.
        """
        sizes = {signature: len(nodes) for signature, nodes in by_signature.items()}
        has_others = self._sizes[color] > sum(sizes.values())
        largest = min(sizes, key=lambda signature: (-sizes[signature], signature))
        unchanged = None if has_others else largest
        changed = []
        for signature, nodes in by_signature.items():
            if signature != unchanged:
                self._recolor(nodes, signature)
                changed += nodes
        return changed

    def _recolor(self, nodes: list[BNode], color: str) -> None:
        for node in nodes:
            self._sizes[self._colors[node]] -= 1
            self._colors[node] = color
        self._sizes[color] += len(nodes)

    def _distinguish(self, groups: Iterable[list[BNode]]) -> None:
        """Give each node of the groups a color of its own."""
        changed = []
        for nodes in groups:
            for number, node in enumerate(nodes):
                self._recolor([node], _digest(self._colors[node], str(number)))
                changed.append(node)
        self._refine(self._neighbors(changed))

    def _tied(self) -> list[list[BNode]]:
        """Return the groups of several nodes that have one color."""
        groups: dict[str, list[BNode]] = defaultdict(list)
        for node, color in self._colors.items():
            if self._sizes[color] > 1:
                groups[color].append(node)
        return list(groups.values())

    def _interchangeable(self) -> list[list[BNode]]:
        """Return the groups of nodes with the same statements about the same nodes, so that any order will do."""
        groups: dict[frozenset[tuple[Identifier | None, ...]], list[BNode]] = defaultdict(list)
        for nodes in self._tied():
            for node in nodes:
                statements = frozenset(
                    tuple(None if term == node else term for term in quad)
                    for quad in self._quads_of[node]
                )
                groups[statements].append(node)
        return [nodes for nodes in groups.values() if len(nodes) > 1]

    def _neighbors(self, nodes: Iterable[BNode]) -> Iterable[BNode]:
        return [
            term
            for node in nodes
            for quad in self._quads_of[node]
            for term in quad
            if isinstance(term, BNode) and term != node
        ]

    def _signature(self, node: BNode) -> str:
        quads = self._quads_of[node]
        self._comparisons += len(quads)
        lines = (" ".join(_spell(term, self._colors, node) for term in quad) for quad in quads)
        return _digest(self._colors[node], *sorted(lines))


def _spell(
    term: Identifier | None, colors: Mapping[BNode, str], described: BNode | None = None
) -> str:
    """Return a term, with the color of a blank node in place of its label."""
    if isinstance(term, BNode):
        return "_:self" if term == described else f"_:{colors[term]}"
    if isinstance(term, Literal):
        return f"{str(term)!r}^^{datatype_of(term)}@{term.language}"
    return f"<{term}>"


def _digest(*parts: str) -> str:
    text = "\n".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:_DIGEST_CHARACTERS]
