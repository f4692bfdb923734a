"""Graphs in PROV-O's own terms.

PROV-O has several ways to state the same: a property or its inverse, a time of an entity or a node with a time, a
general property that leads to a node of a special class. The functions here turn a graph into one with a single way,
that of the table in :mod:`~mlflow2prov.formats._support.provo`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rdflib.namespace import RDF
from rdflib.term import BNode, Identifier, Literal, URIRef

from mlflow2prov.errors import FormatError
from mlflow2prov.formats._support import provo
from mlflow2prov.prov.lexical import time
from mlflow2prov.prov.namespaces import PROV

Properties = dict[URIRef, list[Identifier]]
"""The values of a resource's properties, in the order of the file."""

Graph = dict[Identifier, Properties]
"""The properties of each subject."""


def term(name: str) -> URIRef:
    """Return the IRI of a term, which is ``name`` itself if that is an IRI already."""
    return URIRef(name if ":" in name else PROV + name)


_TYPE = URIRef(provo.TYPE)
_AT_TIME = term("atTime")
_INFLUENCED_BY = term("wasInfluencedBy")
_QUALIFIED_INFLUENCE = term("qualifiedInfluence")
_INFLUENCER = term("influencer")
_INFLUENCERS = [term(name) for name in provo.INFLUENCERS]
_INVERSES = {term(name): term(forward) for name, forward in provo.INVERSES.items()}
_OBJECTS = {
    **{
        term(relation.qualifies): term(relation.object)
        for relation in provo.RELATIONS.values()
        if relation.qualifies
    },
    **{term(f"qualified{subtype}"): term("entity") for subtype in provo.DERIVATIONS},
}
"""The properties that lead to nodes, and those that lead from a node to the second argument."""

_EVENTS = {
    term(name): (term(kind), term(provo.RELATIONS[kind].qualifies))
    for name, kind in provo.EVENT_TIMES.items()
}
_SPECIAL_LINKS = {
    term(name): term(f"qualified{name}")
    for name in (*(relation.influence for relation in provo.RELATIONS.values()), *provo.DERIVATIONS)
    if name and name != "Influence"
}
"""The classes of nodes, and the properties that lead to nodes of the class."""

_DERIVATION_LINKS = {term(f"qualified{subtype}") for subtype in provo.DERIVATIONS}
_QUALIFIED_DERIVATION = term("qualifiedDerivation")


def in_own_terms(graph: Graph) -> None:
    """Turn a graph into one in PROV-O's own terms, in place."""
    used = predicates(graph)
    if not used.isdisjoint(_INVERSES):
        _turn_inverses(graph)
        used = predicates(graph)
    if RDF.first in used:
        _replace_lists(graph)
    if _QUALIFIED_INFLUENCE in used:
        _specialize_influences(graph)
    if _INFLUENCER in used or _QUALIFIED_INFLUENCE in used:
        _unify_influencers(graph)
    if not used.isdisjoint(_EVENTS):
        _qualify_times(graph)


def forward(
    subject: Identifier, predicate: URIRef, value: Identifier
) -> tuple[Identifier, URIRef, Identifier]:
    """Return a statement with a property in place of its inverse, unless the value is a literal."""
    if predicate in _INVERSES and not isinstance(value, Literal):
        return value, _INVERSES[predicate], subject
    return subject, predicate, value


def predicates(graph: Graph) -> set[URIRef]:
    """Return the properties that a graph uses."""
    return set().union(*graph.values())


def _add(properties: Properties, predicate: URIRef, values: Iterable[Identifier]) -> None:
    """Add values of a property that may have some of them already."""
    properties[predicate] = list(dict.fromkeys([*properties.get(predicate, ()), *values]))


def _turn_inverses(graph: Graph) -> None:
    """Replace inverse properties. One with a literal stays, because a literal cannot be a subject."""
    turned: dict[tuple[Identifier, URIRef], list[Identifier]] = defaultdict(list)
    for subject, properties in graph.items():
        for predicate in properties.keys() & _INVERSES.keys():
            values = properties.pop(predicate)
            for value in values:
                if not isinstance(value, Literal):
                    turned[value, _INVERSES[predicate]].append(subject)
            literals: list[Identifier] = [value for value in values if isinstance(value, Literal)]
            if literals:
                properties[predicate] = literals
    for (subject, predicate), values in turned.items():
        _add(graph.setdefault(subject, {}), predicate, values)


def _replace_lists(graph: Graph) -> None:
    """Replace each list by its members, as values of the property that the list is the value of."""
    lists = {subject for subject, properties in graph.items() if RDF.first in properties}
    for subject, properties in graph.items():
        if subject in lists:
            continue
        for predicate, values in properties.items():
            if not lists.isdisjoint(values):
                members = (member for value in values for member in _members(value, graph))
                properties[predicate] = list(dict.fromkeys(members))
    for node in lists:
        if isinstance(node, BNode):
            del graph[node]


def _members(value: Identifier, graph: Graph) -> Iterator[Identifier]:
    """Yield the members of a list and of the lists in it, or ``value`` itself if it is not a list."""
    stack, seen = [value], set()
    while stack:
        current = stack.pop()
        properties = graph.get(current, {})
        if RDF.first not in properties:
            if current != RDF.nil or current == value:
                yield current
        elif current not in seen:
            seen.add(current)
            stack += [*properties.get(RDF.rest, ()), *reversed(properties[RDF.first])]


def _specialize_influences(graph: Graph) -> None:
    """Let the property that leads to a node be that of its class (PROV-O section 3.3).

    The plain triple of such an influence goes, because the node states more.
    """
    for properties in graph.values():
        special: dict[URIRef, list[Identifier]] = defaultdict(list)
        influencers: set[Identifier] = set()
        for node in properties.pop(_QUALIFIED_INFLUENCE, ()):
            links = _links_to(node, graph)
            for link in links or [_QUALIFIED_INFLUENCE]:
                special[link].append(node)
            if links:
                influencers.update(v for p in _INFLUENCERS for v in graph[node].get(p, ()))
        for link, nodes in special.items():
            _add(properties, link, nodes)
        if influencers and _INFLUENCED_BY in properties:
            plain = properties.pop(_INFLUENCED_BY)
            properties[_INFLUENCED_BY] = [value for value in plain if value not in influencers]


def _links_to(node: Identifier, graph: Graph) -> list[URIRef]:
    """Return the properties that lead to nodes of a node's classes; a special derivation is no general one too."""
    types = graph.get(node, {}).get(_TYPE, ())
    classes = (value for value in types if isinstance(value, URIRef))
    links = [_SPECIAL_LINKS[class_] for class_ in classes if class_ in _SPECIAL_LINKS]
    if any(link in _DERIVATION_LINKS for link in links):
        return [link for link in links if link != _QUALIFIED_DERIVATION]
    return links


def _unify_influencers(graph: Graph) -> None:
    """Let each node name its second argument by the property of its kind, or a general influence by the general one."""
    for properties in list(graph.values()):
        for link in properties.keys() & _OBJECTS.keys():
            others = _INFLUENCERS if link == _QUALIFIED_INFLUENCE else [_INFLUENCER]
            for node in properties[link]:
                description = graph.get(node, {})
                for predicate in others:
                    if predicate != _OBJECTS[link] and predicate in description:
                        _add(description, _OBJECTS[link], description.pop(predicate))


def _qualify_times(graph: Graph) -> None:
    """Replace the time of an entity's generation or invalidation by a node with that time."""
    for subject, properties in list(graph.items()):
        for predicate in properties.keys() & _EVENTS.keys():
            values = properties.pop(predicate)
            times = [value for value in values if _is_time(value)]
            if len(times) < len(values):
                properties[predicate] = [value for value in values if not _is_time(value)]
            if times:
                _qualify(graph, subject, *_EVENTS[predicate], times)


def _qualify(
    graph: Graph, subject: Identifier, plain: URIRef, link: URIRef, times: list[Identifier]
) -> None:
    """State ``times`` of the only event of a subject, or of a further one if several are stated or none."""
    properties = graph[subject]
    nodes = properties.get(link, [])
    influencer = _OBJECTS[link]
    qualified = {value for node in nodes for value in graph.get(node, {}).get(influencer, ())}
    unqualified = [value for value in properties.get(plain, ()) if value not in qualified]
    stated = {time for node in nodes for time in graph.get(node, {}).get(_AT_TIME, ())}
    times = [time for time in times if time not in stated]
    if not times:
        return
    is_only_event = len(nodes) + len(unqualified) == 1
    node = nodes[0] if nodes and is_only_event else BNode()
    _add(properties, link, [node])
    description = graph.setdefault(node, {})
    if unqualified and is_only_event:
        _add(description, influencer, unqualified)
    _add(description, _AT_TIME, times)


def _is_time(value: Identifier) -> bool:
    if not isinstance(value, Literal):
        return False
    try:
        time(str(value))
    except FormatError:
        return False
    return True
