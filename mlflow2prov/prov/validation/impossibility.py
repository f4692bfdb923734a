"""Impossibility constraints (PROV-CONSTRAINTS section 6.4), and missing required arguments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mlflow2prov import engine
from mlflow2prov.engine import literal
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.kinds import ELEMENTS, KIND, KINDS, ArgumentType
from mlflow2prov.prov.validation.graph import breadth_first_search, reachable, shortest_cycles
from mlflow2prov.prov.validation.inference import INFLUENCES, Pairs, specializations
from mlflow2prov.prov.validation.instance import MISSING, Instance, IntegerArray
from mlflow2prov.prov.validation.report import RuleViolations, Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT, OPTIONAL_PLACEHOLDERS, Rule
from mlflow2prov.prov.validation.typing import first_typing_statement, has_type
from mlflow2prov.prov.validation.uniqueness import KINDS_WITH_SHARED_IDENTIFIERS, TermTable

MAX_CHAIN_LENGTH = 1000
"""The maximum number of specializations that a violation quotes."""


def missing_arguments(instance: Instance, limit: int) -> RuleViolations:
    """Find statements without an argument that PROV-DM requires (Definition 4).

    No definition replaces the placeholder of a required argument with a variable.
    """
    violations: list[Violation] = []
    count = 0
    for kind in KINDS:
        for argument in kind.arguments:
            if not argument.required:
                continue
            places = np.flatnonzero(instance.column(kind.name, argument.name) == MISSING)
            count += len(places)
            message = f"{kind.name} lacks its {argument.name}, which is required"
            first = instance.first_statement[kind.name]
            violations += [
                Violation(OPTIONAL_PLACEHOLDERS, message, instance.statements([first + place]))
                for place in places[: limit - len(violations)]
            ]
    return RuleViolations(OPTIONAL_PLACEHOLDERS, violations, count)


def impossibility_violations(
    instance: Instance, tables: Mapping[str, TermTable], limit: int
) -> Iterator[RuleViolations]:
    """Yield the first ``limit`` violations of each impossibility constraint."""
    yield _unspecified_derivations(instance, limit)
    yield _reflexive_specializations(instance, limit)
    yield _relation_overlaps(instance, tables, limit)
    yield _element_overlaps(instance, tables, limit)
    yield _disjoint_types(instance, limit)
    yield _members_of_empty_collections(instance, limit)


def _unspecified_derivations(instance: Instance, limit: int) -> RuleViolations:
    """Find derivations that have a generation or a usage but no activity (Constraint 51)."""
    rule = CONSTRAINT[51]
    columns = instance.columns["wasDerivedFrom"]
    has_event = (columns["generation"] != MISSING) | (columns["usage"] != MISSING)
    has_no_activity = columns["activity"] == MISSING
    numbers = instance.statement_numbers("wasDerivedFrom")[has_event & has_no_activity]
    message = "the derivation has a generation or a usage, but no activity"
    violations = [
        Violation(rule, message, instance.statements([number])) for number in numbers[:limit]
    ]
    return RuleViolations(rule, violations, len(numbers))


def _reflexive_specializations(instance: Instance, limit: int) -> RuleViolations:
    """Find entities that specialize themselves, directly or through others (52, Inference 19)."""
    rule = CONSTRAINT[52]
    specialization = specializations(instance)
    cycles, count = shortest_cycles(
        specialization.left,
        specialization.right,
        instance.name_count,
        np.arange(len(specialization.left)),
        limit,
    )
    violations = []
    for cycle in cycles:
        name = instance.name(int(specialization.left[cycle[0]]))
        message = f"{name} would be a specialization of itself"
        statements = instance.statements(specialization.statements[cycle[:MAX_CHAIN_LENGTH]])
        violations.append(Violation(rule, message, statements))
    return RuleViolations(rule, violations, count)


def _relation_overlaps(
    instance: Instance, tables: Mapping[str, TermTable], limit: int
) -> RuleViolations:
    """Find identifiers that relations of several kinds share (Constraint 53)."""
    kinds = [kind for kind in INFLUENCES if kind not in KINDS_WITH_SHARED_IDENTIFIERS]
    identifiers = np.concatenate([tables[kind].identifiers() for kind in kinds])
    names, counts = np.unique(identifiers, return_counts=True)
    return _overlaps(instance, tables, CONSTRAINT[53], names[counts > 1], kinds, limit)


def _element_overlaps(
    instance: Instance, tables: Mapping[str, TermTable], limit: int
) -> RuleViolations:
    """Find identifiers that an element and a relation share (Constraint 54)."""
    elements = [kind.name for kind in ELEMENTS]
    names = np.intersect1d(
        np.concatenate([tables[kind].identifiers() for kind in elements]),
        np.concatenate([tables[kind].identifiers() for kind in INFLUENCES]),
    )
    return _overlaps(instance, tables, CONSTRAINT[54], names, [*elements, *INFLUENCES], limit)


def _overlaps(
    instance: Instance,
    tables: Mapping[str, TermTable],
    rule: Rule,
    names: IntegerArray,
    kinds: Sequence[str],
    limit: int,
) -> RuleViolations:
    """Return a violation for each name, with one statement of each kind that it identifies."""
    violations = []
    for name in names[:limit]:
        identified_kinds, numbers = [], []
        for kind in kinds:
            places = np.flatnonzero(tables[kind].columns["id"] == name)
            if len(places):
                identified_kinds.append(kind)
                numbers.append(tables[kind].statements[places[0]])
        message = f"{instance.name(name)} identifies both {' and '.join(identified_kinds)}"
        violations.append(Violation(rule, message, instance.statements(numbers)))
    return RuleViolations(rule, violations, len(names))


def _disjoint_types(instance: Instance, limit: int) -> RuleViolations:
    """Find names that are both entity and activity (Constraint 55, by Constraint 50)."""
    rule = CONSTRAINT[55]
    types = (ArgumentType.ENTITY, ArgumentType.ACTIVITY)
    names = np.flatnonzero(has_type(instance, types[0]) & has_type(instance, types[1]))
    violations = []
    for name in names[:limit]:
        numbers = [first_typing_statement(instance, name, each) for each in types]
        message = f"{instance.name(name)} would be both an entity and an activity"
        violations.append(Violation(rule, message, instance.statements(numbers)))
    return RuleViolations(rule, violations, len(names))


def _members_of_empty_collections(instance: Instance, limit: int) -> RuleViolations:
    """Find members of empty collections and of their specializations (56, Inference 21)."""
    rule = CONSTRAINT[56]
    declarations = _empty_collection_rows(instance)
    is_declared_empty = np.zeros(instance.name_count, np.bool_)
    is_declared_empty[instance.column("entity", "id")[declarations]] = True
    specialization = specializations(instance)
    is_empty = reachable(is_declared_empty, specialization.right, specialization.left)
    collections = instance.column("hadMember", "collection")
    places = np.flatnonzero(collections != MISSING)
    places = places[is_empty[collections[places]]]
    if not len(places):
        return RuleViolations(rule, [], 0)
    _, general_entities = breadth_first_search(
        is_declared_empty, specialization.right, specialization.left
    )
    violations = []
    for place in places[:limit]:
        name, chain = _specialization_chain(
            specialization, general_entities, is_declared_empty, collections[place]
        )
        declaration = declarations[instance.column("entity", "id")[declarations] == name][0]
        numbers = [
            instance.first_statement["hadMember"] + place,
            *chain[: MAX_CHAIN_LENGTH - 1],
            instance.first_statement["entity"] + declaration,
        ]
        message = f"{instance.name(collections[place])} is an empty collection, but has a member"
        violations.append(Violation(rule, message, instance.statements(numbers)))
    return RuleViolations(rule, violations, len(places))


def _empty_collection_rows(instance: Instance) -> IntegerArray:
    """Return the places of the entity statements with the type ``prov:EmptyCollection``."""
    table = instance.document.tables.of(KIND["entity"])
    rows = engine.rows(
        f"""
        SELECT rowid
        FROM {table}
        WHERE id IS NOT NULL AND len(list_filter(attributes, lambda attribute:
            attribute.key = 'prov:type'
            AND attribute.value = 'prov:EmptyCollection'
            AND attribute.type = {literal(QUALIFIED_NAME)})) > 0
        """
    )
    return np.array([row for (row,) in rows], np.int64)


def _specialization_chain(
    specialization: Pairs,
    general_entities: IntegerArray,
    is_end: NDArray[np.bool_],
    name: int,
) -> tuple[int, list[int]]:
    """Follow general entities from ``name`` to the first end; return it and the statements."""
    statements = []
    while not is_end[name]:
        general = general_entities[name]
        is_edge = (specialization.left == name) & (specialization.right == general)
        statements.append(int(specialization.statements[np.flatnonzero(is_edge)[0]]))
        name = general
    return name, statements
