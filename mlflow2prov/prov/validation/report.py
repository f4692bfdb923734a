"""The result of a validation: violations, and the cycles of events that some of them consist of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mlflow2prov.prov import Statement
from mlflow2prov.prov.validation.rules import Rule
from mlflow2prov.quantity import quantity
from mlflow2prov.table import Tabular


@dataclass(frozen=True)
class Step:
    """The precedence of one event over another, by an ordering constraint (PROV-CONSTRAINTS 6.2).

    Attributes:
        before: the earlier event, such as ``generation of ex:report``.
        after: the later event.
        strict: whether the events cannot be simultaneous.
        rule: the constraint that orders the events.
        statements: the statements to which the constraint applies; empty if they are all inferred.
    """

    before: str
    after: str
    strict: bool
    rule: Rule
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Violation:
    """One violation of a rule.

    Attributes:
        rule: the rule. For a cycle of events it is the constraint that makes one step strict.
        message: a description in one sentence.
        statements: the statements that violate the rule.
        cycle: the steps of a cycle of events; empty for other violations. Only the first steps of a
            very long cycle are included.
        cycle_length: the number of steps of the whole cycle.
    """

    rule: Rule
    message: str
    statements: tuple[Statement, ...]
    cycle: tuple[Step, ...] = ()
    cycle_length: int = 0

    @property
    def bundle(self) -> str:
        """The bundle that contains the statements; empty for the document itself."""
        return self.statements[0].bundle if self.statements else ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The violated rule and the rules of all steps, each once and sorted."""
        return tuple(sorted({self.rule, *(step.rule for step in self.cycle)}, key=str))


@dataclass(frozen=True, repr=False)
class ValidationReport(Tabular):
    """The result of the validation of a document.

    Attributes:
        statements: the number of statements in the document.
        violations: the first violations of each rule, sorted by rule.
        counts: the number of all violations of each violated rule.
    """

    statements: int
    violations: tuple[Violation, ...]
    counts: Mapping[Rule, int]

    def __repr__(self) -> str:
        if self.is_valid:
            return f"<ValidationReport: valid, {quantity(self.statements, 'statement')}>"
        violations = quantity(sum(self.counts.values()), "violation")
        return f"<ValidationReport: not valid, {violations}>"

    @property
    def is_valid(self) -> bool:
        """Whether the document is valid by PROV-CONSTRAINTS section 7.1."""
        return not self.violations


class RuleViolations(NamedTuple):
    """The first violations of one rule, and the number of all its violations."""

    rule: Rule
    violations: list[Violation]
    total: int
