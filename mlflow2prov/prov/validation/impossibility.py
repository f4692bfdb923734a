"""Impossibility: what no valid instance says (PROV-CONSTRAINTS section 6.4), and what is no statement at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlflow2prov import engine
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import ELEMENTS, KIND, KINDS, ArgumentType
from mlflow2prov.prov.validation.graph import breadth_first, cycles, reached
from mlflow2prov.prov.validation.inference import INFLUENCE, specializations
from mlflow2prov.prov.validation.instance import MISSING, Instance, Numbers
from mlflow2prov.prov.validation.report import Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT, OPTIONAL_PLACEHOLDERS, Rule
from mlflow2prov.prov.validation.typing import first_to_say, typed
from mlflow2prov.prov.validation.uniqueness import SHARING, Table

Found = tuple[Rule, list[Violation], int]
"""A rule, the first violations of it, and how many there are."""

_LONGEST = 1000


def required(instance: Instance, limit: int) -> Found:
    """An argument that PROV-DM requires is not given: no definition makes a placeholder of it a variable."""
    found: list[Violation] = []
    count = 0
    for kind in KINDS:
        for argument in (a for a in kind.arguments if a.required):
            places = np.flatnonzero(instance.column(kind.name, argument.name) == MISSING)
            count += len(places)
            for number in instance.first[kind.name] + places[: limit - len(found)]:
                message = f"{kind.name} needs its {argument.name}, which is not given"
                found.append(
                    Violation(OPTIONAL_PLACEHOLDERS, message, instance.statements([number]))
                )
    return OPTIONAL_PLACEHOLDERS, found, count


def violations(instance: Instance, made: dict[str, Table], limit: int) -> Iterator[Found]:
    """Yield what is found of each rule, with up to ``limit`` violations."""
    yield _unspecified(instance, limit)
    yield _reflexive(instance, limit)
    yield _overlaps(instance, made, limit)
    yield _element_overlaps(instance, made, limit)
    yield _disjoint(instance, limit)
    yield _empty(instance, limit)


def _unspecified(instance: Instance, limit: int) -> Found:
    """A derivation with a generation or a usage has an activity (Constraint 51)."""
    of = instance.columns["wasDerivedFrom"]
    named = (of["generation"] != MISSING) | (of["usage"] != MISSING)
    numbers = instance.numbers("wasDerivedFrom")[(of["activity"] == MISSING) & named]
    message = "the derivation has a generation or a usage, and no activity"
    shown = [Violation(CONSTRAINT[51], message, instance.statements([n])) for n in numbers[:limit]]
    return CONSTRAINT[51], shown, len(numbers)


def _reflexive(instance: Instance, limit: int) -> Found:
    """No entity is a specialization of itself, by however many others (Constraint 52, Inference 19)."""
    special = specializations(instance)
    every = np.arange(len(special.one))
    circles, count = cycles(special.one, special.other, instance.names, every, limit)
    found = []
    for circle in circles:
        name = instance.name(int(special.one[circle[0]]))
        statements = instance.statements(special.statements[circle[:_LONGEST]])
        message = f"{name} would be a specialization of itself"
        found.append(Violation(CONSTRAINT[52], message, statements))
    return CONSTRAINT[52], found, count


def _overlaps(instance: Instance, made: dict[str, Table], limit: int) -> Found:
    """A name is that of relations of one kind only (Constraint 53)."""
    kinds = [kind for kind in INFLUENCE if kind not in SHARING]
    named = [made[kind].names() for kind in kinds]
    names, counts = np.unique(np.concatenate(named), return_counts=True)
    return _shared(instance, made, CONSTRAINT[53], names[counts > 1], kinds, limit)


def _element_overlaps(instance: Instance, made: dict[str, Table], limit: int) -> Found:
    """The name of an entity, activity or agent is not that of a relation (Constraint 54)."""
    elements = [kind.name for kind in ELEMENTS]
    named = np.unique(np.concatenate([made[kind].names() for kind in elements]))
    relations = np.unique(np.concatenate([made[kind].names() for kind in INFLUENCE]))
    shared = np.intersect1d(named, relations, assume_unique=True)
    return _shared(instance, made, CONSTRAINT[54], shared, [*elements, *INFLUENCE], limit)


def _shared(
    instance: Instance,
    made: dict[str, Table],
    rule: Rule,
    names: Numbers,
    kinds: Sequence[str],
    limit: int,
) -> Found:
    """Return the violation by each of ``names``, with a statement of each of the ``kinds`` that have it."""
    found = []
    for name in names[:limit]:
        having, numbers = [], []
        for kind in kinds:
            places = np.flatnonzero(made[kind].columns["id"] == name)
            if len(places):
                having.append(kind)
                numbers.append(made[kind].statements[places[0]])
        message = f"{instance.name(name)} names {' and '.join(having)}"
        found.append(Violation(rule, message, instance.statements(numbers)))
    return rule, found, len(names)


def _disjoint(instance: Instance, limit: int) -> Found:
    """Nothing is both an entity and an activity (Constraint 55, by Constraint 50)."""
    both = np.flatnonzero(
        typed(instance, ArgumentType.ENTITY) & typed(instance, ArgumentType.ACTIVITY)
    )
    found = []
    for name in both[:limit]:
        numbers = [
            first_to_say(instance, name, t) for t in (ArgumentType.ENTITY, ArgumentType.ACTIVITY)
        ]
        message = f"{instance.name(name)} would be both an entity and an activity"
        found.append(Violation(CONSTRAINT[55], message, instance.statements(numbers)))
    return CONSTRAINT[55], found, len(both)


def _empty(instance: Instance, limit: int) -> Found:
    """An empty collection has no member (Constraint 56), and neither has a specialization of it (Inference 21)."""
    entities = KIND["entity"]
    begin = np.zeros(instance.names, np.bool_)
    rows = engine.rows(
        f"SELECT rowid FROM {instance.document.tables.of(entities)} WHERE len(list_filter(attributes, "
        f"lambda a: a.key = 'prov:type' AND a.value = 'prov:EmptyCollection' "
        f"AND a.type = '{QUALIFIED_NAME}')) > 0"
    )
    declared = np.array([row for (row,) in rows], np.int64)
    begin[instance.column("entity", "id")[declared]] = True
    special = specializations(instance)
    empty = reached(begin, special.other, special.one)
    collections = instance.column("hadMember", "collection")
    places = np.flatnonzero((collections != MISSING) & empty[collections])
    found = []
    _, previous = breadth_first(begin, special.other, special.one) if len(places) else ((), ())
    for place in places[:limit]:
        name = collections[place]
        chain = [instance.first["hadMember"] + place]
        while not begin[name]:
            general = previous[name]
            step = np.flatnonzero((special.one == name) & (special.other == general))[0]
            chain.append(special.statements[step])
            name = general
        row = declared[instance.column("entity", "id")[declared] == name][0]
        statements = instance.statements([*chain[:_LONGEST], instance.first["entity"] + row])
        message = f"{instance.name(collections[place])} is an empty collection, and has a member"
        found.append(Violation(CONSTRAINT[56], message, statements))
    return CONSTRAINT[56], found, len(places)
