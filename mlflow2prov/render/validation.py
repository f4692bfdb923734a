"""The findings of a validation as text: for a person, for a program."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mlflow2prov.formats.provn import statement_texts
from mlflow2prov.prov import Document, Statement
from mlflow2prov.prov.validation import Rule, Step, ValidationReport, Violation
from mlflow2prov.render.escaping import printable

Found = Sequence[tuple[Document, ValidationReport]]
"""Documents, each with what was found."""

_Texts = dict[Statement, str]


def _texts(document: Document, report: ValidationReport) -> _Texts:
    """Return the statements of a report in PROV-N."""
    of: list[Violation | Step] = [*report.violations]
    of += [step for violation in report.violations for step in violation.cycle]
    statements = list(dict.fromkeys(statement for each in of for statement in each.statements))
    written = statement_texts(statements, document.namespaces)
    return dict(zip(statements, written, strict=True))


def _text(found: Found) -> str:
    lines: list[str] = []
    for number, (document, report) in enumerate(found, start=1):
        title = f"document {number}: " if len(found) > 1 else ""
        lines += [f"{title}{line}" if n == 0 else line for n, line in _lines(document, report)]
    return "".join(f"{line}\n" for line in lines)


def _lines(document: Document, report: ValidationReport) -> Iterator[tuple[int, str]]:
    return enumerate([_verdict(report), *_described(document, report)])


def _verdict(report: ValidationReport) -> str:
    if report.is_valid:
        return f"valid: {report.statements:,} statements, no violation of PROV-CONSTRAINTS"
    count = sum(report.counts.values())
    noun = "violation" if count == 1 else "violations"
    return f"not valid: {report.statements:,} statements, {count:,} {noun} of PROV-CONSTRAINTS"


def _described(document: Document, report: ValidationReport) -> Iterator[str]:
    texts = _texts(document, report)
    for rule, count in report.counts.items():
        of_rule = [violation for violation in report.violations if violation.rule == rule]
        left = "" if len(of_rule) >= count else f", of which the first {len(of_rule):,}"
        yield ""
        yield f"{rule}: {count:,}{left}"
        for violation in of_rule:
            inside = f" (in the bundle {printable(violation.bundle)})" if violation.bundle else ""
            yield f"  {printable(violation.message)}{inside}"
            if violation.cycle:
                yield from _walked(violation, texts)
            else:
                yield from (f"    {printable(texts[s])}" for s in violation.statements)


def _walked(violation: Violation, texts: _Texts) -> Iterator[str]:
    for step in violation.cycle:
        relation = "strictly precedes" if step.strict else "precedes"
        yield f"    {printable(step.before)} {relation} {printable(step.after)}, by {step.rule}"
        yield from (f"      {printable(texts[statement])}" for statement in step.statements)
    if violation.cycle_length > len(violation.cycle):
        yield f"    ... a cycle of {violation.cycle_length:,} steps"


def _json(found: Found) -> str:
    whole = {
        "valid": all(report.is_valid for _, report in found),
        "documents": [_document(document, report) for document, report in found],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _document(document: Document, report: ValidationReport) -> dict[str, Any]:
    texts = _texts(document, report)
    return {
        "valid": report.is_valid,
        "statements": report.statements,
        "counts": [{**_rule(rule), "count": count} for rule, count in report.counts.items()],
        "violations": [_violation(violation, texts) for violation in report.violations],
    }


def _violation(violation: Violation, texts: _Texts) -> dict[str, Any]:
    described: dict[str, Any] = {
        **_rule(violation.rule),
        "message": violation.message,
        "bundle": violation.bundle or None,
        "statements": [texts[statement] for statement in violation.statements],
    }
    if violation.cycle:
        described["cycle"] = [_step(step, texts) for step in violation.cycle]
        described["cycle_length"] = violation.cycle_length
    return described


def _step(step: Step, texts: _Texts) -> dict[str, Any]:
    return {
        **_rule(step.rule),
        "before": step.before,
        "after": step.after,
        "strict": step.strict,
        "statements": [texts[statement] for statement in step.statements],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {"part": rule.part, "number": rule.number, "name": rule.name}


FORMATS: dict[str, Callable[[Found], str]] = {"text": _text, "json": _json}
"""How findings are asked for, and the function that renders them."""
