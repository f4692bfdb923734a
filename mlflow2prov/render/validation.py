"""Validation reports as text: lines for a person, or JSON for a program.

Both quote statements in PROV-N, the W3C's notation for people, as :mod:`mlflow2prov.formats.provn` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mlflow2prov.escaping import printable
from mlflow2prov.quantity import quantity
from mlflow2prov.render.json_text import to_json
from mlflow2prov.render.renderer import Formats
from mlflow2prov.table import Table

if TYPE_CHECKING:
    from mlflow2prov.prov import Document, Statement
    from mlflow2prov.prov.validation import Rule, Step, ValidationReport, Violation

    Validation = tuple[Document, ValidationReport]
    """A document and its report; the document declares the prefixes of the statements."""

    Quotes = dict[Statement, str]
    """Statements in PROV-N."""


def as_text(validations: Sequence[Validation]) -> str:
    """Return validation reports as lines, numbered if there are several documents."""
    lines: list[str] = []
    for number, (document, report) in enumerate(validations, start=1):
        title = f"document {number}: " if len(validations) > 1 else ""
        lines += [f"{title}{_verdict(report)}", *_violation_lines(document, report)]
    return "".join(f"{line}\n" for line in lines)


def _verdict(report: ValidationReport) -> str:
    statements = quantity(report.statements, "statement")
    if report.is_valid:
        return f"valid: {statements}, no violation of PROV-CONSTRAINTS"
    violations = quantity(sum(report.counts.values()), "violation")
    return f"not valid: {statements}, {violations} of PROV-CONSTRAINTS"


def _violation_lines(document: Document, report: ValidationReport) -> Iterator[str]:
    """Yield, for each rule, its number of violations, and the described ones with their statements."""
    quotes = _quotes(document, report)
    for rule, count in report.counts.items():
        violations = [violation for violation in report.violations if violation.rule == rule]
        omission = "" if len(violations) >= count else f", of which the first {len(violations):,}"
        yield ""
        yield f"{rule}: {count:,}{omission}"
        for violation in violations:
            bundle = f" (in the bundle {printable(violation.bundle)})" if violation.bundle else ""
            yield f"  {printable(violation.message)}{bundle}"
            if violation.cycle:
                yield from _cycle_lines(violation, quotes)
            else:
                yield from (f"    {printable(quotes[s])}" for s in violation.statements)


def _cycle_lines(violation: Violation, quotes: Quotes) -> Iterator[str]:
    for step in violation.cycle:
        relation = "strictly precedes" if step.strict else "precedes"
        yield f"    {printable(step.before)} {relation} {printable(step.after)}, by {step.rule}"
        yield from (f"      {printable(quotes[statement])}" for statement in step.statements)
    if violation.cycle_length > len(violation.cycle):
        yield f"    ... a cycle of {violation.cycle_length:,} steps"


def _quotes(document: Document, report: ValidationReport) -> Quotes:
    """Return every statement of a report in PROV-N."""
    from mlflow2prov.formats.provn import statement_texts

    groups: list[Violation | Step] = [*report.violations]
    groups += [step for violation in report.violations for step in violation.cycle]
    statements = list(dict.fromkeys(s for group in groups for s in group.statements))
    return dict(zip(statements, statement_texts(statements, document.namespaces), strict=True))


def to_table(report: ValidationReport) -> Table:
    """Return a row for each rule, with the number of its violations and the message of the first."""
    messages = {violation.rule: violation.message for violation in reversed(report.violations)}
    rows = [(str(rule), count, messages[rule]) for rule, count in report.counts.items()]
    return Table(("rule", "violations", "first violation"), list(rows))


def as_json(validations: Sequence[Validation]) -> str:
    """Return validation reports as a JSON object with a summary and an entry for each document."""
    return to_json(
        {
            "valid": all(report.is_valid for _, report in validations),
            "documents": [_document_dict(document, report) for document, report in validations],
        }
    )


def _document_dict(document: Document, report: ValidationReport) -> dict[str, Any]:
    quotes = _quotes(document, report)
    return {
        "valid": report.is_valid,
        "statements": report.statements,
        "counts": [{**_rule_dict(rule), "count": count} for rule, count in report.counts.items()],
        "violations": [_violation_dict(violation, quotes) for violation in report.violations],
    }


def _violation_dict(violation: Violation, quotes: Quotes) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **_rule_dict(violation.rule),
        "message": violation.message,
        "bundle": violation.bundle or None,
        "statements": [quotes[statement] for statement in violation.statements],
    }
    if violation.cycle:
        fields["cycle"] = [_step_dict(step, quotes) for step in violation.cycle]
        fields["cycle_length"] = violation.cycle_length
    return fields


def _step_dict(step: Step, quotes: Quotes) -> dict[str, Any]:
    return {
        **_rule_dict(step.rule),
        "before": step.before,
        "after": step.after,
        "strict": step.strict,
        "statements": [quotes[statement] for statement in step.statements],
    }


def _rule_dict(rule: Rule) -> dict[str, Any]:
    return {"part": rule.part, "number": rule.number, "name": rule.name}


FORMATS: Formats[Validation] = {"text": as_text, "json": as_json}
"""The formats of validation reports."""
