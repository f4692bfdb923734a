"""What a validation finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mlflow2prov.prov import Statement
from mlflow2prov.prov.validation.rules import Rule


@dataclass(frozen=True)
class Step:
    """One event precedes another, by a constraint of PROV-CONSTRAINTS section 6.2.

    ``before`` and ``after`` say which events (``generation of ex:report``); ``statements`` are those that
    the constraint orders them by, none where all of it is inferred.
    """

    before: str
    after: str
    strict: bool
    rule: Rule
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class Violation:
    """One way in which a document is not valid.

    ``rule`` is what it breaks. Of a cycle of events that is the constraint which wants one of them strictly
    earlier, and ``cycle`` has all steps, each with its own; ``cycle_length`` counts them, as of a very long
    cycle only the first steps are here.
    """

    rule: Rule
    message: str
    statements: tuple[Statement, ...]
    cycle: tuple[Step, ...] = ()
    cycle_length: int = 0

    @property
    def bundle(self) -> str:
        """The bundle in which it is; empty for the document's own statements."""
        return self.statements[0].bundle if self.statements else ""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """All rules that have a part in it, by number."""
        return tuple(sorted({self.rule, *(step.rule for step in self.cycle)}, key=str))


@dataclass(frozen=True)
class ValidationReport:
    """The outcome of a validation.

    ``statements`` were looked at; ``violations`` are the first of each rule, and ``counts`` has how many
    there are of it in all.
    """

    statements: int
    violations: tuple[Violation, ...]
    counts: Mapping[Rule, int]

    @property
    def is_valid(self) -> bool:
        """Whether the document is valid by PROV-CONSTRAINTS section 7.1."""
        return not self.violations
