"""Validation: whether a document is valid by W3C PROV-CONSTRAINTS (Recommendation of 30 April 2013).

An instance is normalized, by definitions, inferences and merging, and its normal form is then looked at for
what cannot be (section 7.1). The modules are the Recommendation's parts: :mod:`.inference` (section 5),
:mod:`.uniqueness` (6.1), :mod:`.ordering` (6.2), :mod:`.typing` (6.3), :mod:`.impossibility` (6.4). They work on
columns of numbers (:mod:`.instance`), so that a document of millions of statements takes minutes and no
Python object stands for a statement, but for those in the report.

After a contradiction there is no normal form. The rest is looked at all the same, with what is contradictory left
as it stands, so that one report names all that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mlflow2prov.arguments import checked
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.prov import Document
from mlflow2prov.prov.validation import impossibility, ordering, uniqueness
from mlflow2prov.prov.validation.instance import Instance, instance
from mlflow2prov.prov.validation.report import Step, ValidationReport, Violation
from mlflow2prov.prov.validation.rules import CONSTRAINT, Rule
from mlflow2prov.prov.validation.uniqueness import Equalities

__all__ = ["Rule", "Step", "ValidationReport", "Violation", "validate"]


_ONE_EVENT = {
    24: "an activity generates an entity once, and this would have more than one name",
    25: "an activity invalidates an entity once, and this would have more than one name",
    26: "an activity starts another once, and this would have more than one name",
    27: "an activity ends another once, and this would have more than one name",
    28: "an activity starts at the time of its start, and this would be more than one time",
    29: "an activity ends at the time of its end, and this would be more than one time",
}


@checked
def validate(document: Document, limit: int = 10) -> ValidationReport:
    """Return whether ``document`` is valid by PROV-CONSTRAINTS, and what is wrong with it.

    What the document itself says and each of its bundles are validated on their own (section 7.2).

    Args:
        document: left as it is.
        limit: how many violations of each rule are described, 1 or more; all are counted.

    Raises:
        ConfigurationError: ``limit`` is less than 1.
    """
    if limit < 1:
        raise ConfigurationError(f"limit is {limit}, and must be 1 or more")
    numbers = instance(document)
    found: list[Violation] = []
    counts: dict[Rule, int] = {}
    for rule, shown, count in _found(numbers, limit):
        if count:
            counts[rule] = counts.get(rule, 0) + count
            found += shown
    found.sort(key=lambda violation: str(violation.rule))
    return ValidationReport(len(document), tuple(found), dict(sorted(counts.items(), key=str)))


def _found(numbers: Instance, limit: int) -> Iterator[impossibility.Found]:
    # As the statements stand: what is merged with them does not mend them.
    yield impossibility.required(numbers, limit)
    made = uniqueness.tables(numbers)
    conflicts = uniqueness.unify(made)
    uniqueness.settle(numbers, made)
    yield from _contradictions(numbers, conflicts, limit)
    yield from impossibility.violations(numbers, made, limit)
    made.clear()
    cycles, count = ordering.violations(numbers, limit)
    yield CONSTRAINT[42], cycles, count


def _contradictions(
    numbers: Instance, conflicts: list[Equalities], limit: int
) -> Iterator[impossibility.Found]:
    """Yield what could not be unified; statements that contradict the same one are one violation."""
    for rule in dict.fromkeys(each.rule for each in conflicts):
        of_rule = [each for each in conflicts if each.rule == rule]
        against = np.unique(np.concatenate([each.left_statements for each in of_rule]))
        yield (
            rule,
            [_contradiction(numbers, of_rule, n, limit) for n in against[:limit]],
            len(against),
        )


def _contradiction(
    numbers: Instance, conflicts: list[Equalities], statement: int, limit: int
) -> Violation:
    arguments: list[str] = []
    statements = [statement]
    for each in conflicts:
        contrary = each.right_statements[each.left_statements == statement]
        if len(contrary):
            arguments.append("identifier" if each.argument == "id" else each.argument)
            statements += contrary[:limit].tolist()
    told = numbers.statements(statements)
    rule, kind = conflicts[0].rule, conflicts[0].kind
    message = _ONE_EVENT.get(rule.number or 0)
    if message is None:
        # Another kind's statement implies one of this kind, of which it has the name.
        named = {each.id for each in told if each.kind == kind and each.id is not None}
        different = " and more than one ".join(dict.fromkeys(arguments))
        message = f"{' '.join([kind, *sorted(named)[:1]])} would have more than one {different}"
    return Violation(rule, message, told)
