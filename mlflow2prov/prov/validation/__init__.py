"""Validation of documents by W3C PROV-CONSTRAINTS (Recommendation of 30 April 2013).

An instance is normalized by definitions, inferences and uniqueness constraints, and its normal form
is checked against the other constraints (section 7.1). There is a module for each part of the
Recommendation: :mod:`.inference` (section 5), :mod:`.uniqueness` (6.1), :mod:`.ordering` (6.2),
:mod:`.typing` (6.3) and :mod:`.impossibility` (6.4). They work on columns of integers
(:mod:`.instance`), and only the statements of the report become Python objects. Documents of
millions of statements are thus validated in seconds.

The Recommendation defines no normal form after a contradiction. Contradictory statements stay as
they are here, and the other constraints are still checked, so that one report has all violations.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlflow2prov.arguments import checked, require_integer
from mlflow2prov.prov import Document
from mlflow2prov.prov.validation.impossibility import impossibility_violations, missing_arguments
from mlflow2prov.prov.validation.instance import Instance, read_instance
from mlflow2prov.prov.validation.ordering import ordering_violations
from mlflow2prov.prov.validation.report import RuleViolations, Step, ValidationReport, Violation
from mlflow2prov.prov.validation.rules import Rule
from mlflow2prov.prov.validation.uniqueness import (
    Equalities,
    replace_unified_variables,
    term_tables,
    unify_terms,
)

__all__ = ["Rule", "Step", "ValidationReport", "Violation", "validate"]


_CONTRADICTIONS = {
    24: "an entity has one generation by an activity, but these have different identifiers",
    25: "an entity has one invalidation by an activity, but these have different identifiers",
    26: "an activity has one start by another activity, but these have different identifiers",
    27: "an activity has one end by another activity, but these have different identifiers",
    28: "an activity starts at its start time, but these times are different",
    29: "an activity ends at its end time, but these times are different",
}
"""The messages of contradictions about events, by the number of the constraint."""


@checked
def validate(document: Document, limit: int = 10) -> ValidationReport:
    """Validate ``document`` by PROV-CONSTRAINTS.

    Each bundle, and the document without its bundles, is validated on its own (section 7.2).

    Args:
        document: the document, which is not changed.
        limit: the number of violations of each rule to describe, 1 or more. All are counted.

    Raises:
        ConfigurationError: ``limit`` is less than 1.
    """
    require_integer("limit", limit, 1)
    violations: list[Violation] = []
    counts: dict[Rule, int] = {}
    for result in _violations(read_instance(document), limit):
        if result.total:
            counts[result.rule] = counts.get(result.rule, 0) + result.total
            violations += result.violations
    violations.sort(key=lambda violation: str(violation.rule))
    return ValidationReport(len(document), tuple(violations), dict(sorted(counts.items(), key=str)))


def _violations(instance: Instance, limit: int) -> Iterator[RuleViolations]:
    # Unification must not fill in an argument that a statement has to have itself.
    yield missing_arguments(instance, limit)
    tables = term_tables(instance)
    conflicts = unify_terms(tables)
    replace_unified_variables(instance, tables)
    yield from _contradictions(instance, conflicts, limit)
    yield from impossibility_violations(instance, tables, limit)
    # The order of events needs much memory and no terms.
    tables.clear()
    instance.release()
    yield ordering_violations(instance, limit)


def _contradictions(
    instance: Instance, conflicts: list[Equalities], limit: int
) -> Iterator[RuleViolations]:
    """Yield the violations of uniqueness constraints.

    All statements that contradict the same statement are one violation.
    """
    for rule in dict.fromkeys(conflict.rule for conflict in conflicts):
        rule_conflicts = [conflict for conflict in conflicts if conflict.rule == rule]
        numbers = np.unique(
            np.concatenate([conflict.left_statements for conflict in rule_conflicts])
        )
        violations = [
            _contradiction(instance, rule_conflicts, number, limit) for number in numbers[:limit]
        ]
        yield RuleViolations(rule, violations, len(numbers))


def _contradiction(
    instance: Instance, conflicts: list[Equalities], number: int, limit: int
) -> Violation:
    """Return the violation of a rule by the statement ``number`` and those that contradict it."""
    arguments: list[str] = []
    numbers = [number]
    for conflict in conflicts:
        opposing = conflict.right_statements[conflict.left_statements == number]
        if len(opposing):
            arguments.append("identifier" if conflict.argument == "id" else conflict.argument)
            numbers += opposing[:limit].tolist()
    statements = instance.statements(numbers)
    rule, kind = conflicts[0].rule, conflicts[0].kind
    message = _CONTRADICTIONS.get(rule.number or 0)
    if message is None:
        # A statement of another kind, from which one of this kind is inferred, has the identifier
        # of something else.
        identifiers = {
            statement.id
            for statement in statements
            if statement.kind == kind and statement.id is not None
        }
        subject = " ".join([kind, *sorted(identifiers)[:1]])
        values = " and more than one ".join(dict.fromkeys(arguments))
        message = f"{subject} would have more than one {values}"
    return Violation(rule, message, statements)
