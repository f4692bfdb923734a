"""A check: the findings of an audit, compared with requirements and waivers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlflow2prov import engine
from mlflow2prov.analysis.audit import Audit, AuditedVersion, audit
from mlflow2prov.analysis.finding import MISSING, Finding, by_severity
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.options import FAIL_ON, SEVERITIES, FailOn, Severity
from mlflow2prov.analysis.questions import QUESTION, REQUIRABLE_QUESTIONS, required_question
from mlflow2prov.analysis.rules import DELETED, RULES
from mlflow2prov.arguments import (
    checked,
    require_choice,
    require_integer,
    require_text,
    require_texts,
)
from mlflow2prov.errors import SelectionError
from mlflow2prov.prov import Document
from mlflow2prov.prov.sql import ids_of_type
from mlflow2prov.quantity import quantity
from mlflow2prov.table import Tabular

_INCOMPLETE = "incomplete"


def _missing_code(question: str) -> str:
    return f"{MISSING}{question}"


MEANINGS: dict[str, tuple[Severity, str]] = {
    **{rule.code: (rule.severity, rule.meaning) for rule in (*RULES, DELETED)},
    _INCOMPLETE: ("error", "Too few questions about the version are answered"),
    **{
        _missing_code(name): (
            "error",
            f"A required answer is unknown: {QUESTION[name].label.lower()}",
        )
        for name in REQUIRABLE_QUESTIONS
    },
}
"""The severity and the meaning of every code of a finding."""

REMEDIES: dict[str, str] = {
    **{rule.code: rule.remedy for rule in (*RULES, DELETED)},
    _INCOMPLETE: "Record the unknown answers, which explain lists, or require fewer of them",
    **dict.fromkeys(
        map(_missing_code, REQUIRABLE_QUESTIONS),
        "Record the answer when the model is trained or registered, or do not require it",
    ),
}
"""How to fix the findings of every code; ``docs/findings`` has a page for each."""


@dataclass(frozen=True)
class Waiver:
    """The acceptance of a finding.

    Attributes:
        code: the code of the finding, such as ``dirty-tree``.
        reason: why the finding is accepted.
        versions: the versions that the waiver applies to: a pattern of URIs with ``*`` and ``?``, such as
            ``models:/fraud/*`` or ``models:/fraud@champion``; all by default.

    Raises:
        ConfigurationError: there is no finding with this code, or a value is not text.
    """

    code: str
    reason: str
    versions: str = "*"

    def __post_init__(self) -> None:
        require_choice("finding", self.code, MEANINGS)
        require_text("reason of a waiver", self.reason)
        require_text("versions of a waiver", self.versions)

    def applies_to(self, finding: Finding) -> bool:
        """Return whether the waiver accepts ``finding``."""
        about = finding.version.about
        aliases = about["aliases"].split(", ") if "aliases" in about else ()
        uris = [
            about.get("uri", finding.version.label),
            *(f"models:/{about.get('name')}@{alias}" for alias in aliases),
        ]
        return self.code == finding.code and any(fnmatchcase(uri, self.versions) for uri in uris)


@dataclass(frozen=True, repr=False)
class CheckResult(Tabular):
    """The result of a check.

    Attributes:
        audit: the audit of the selected versions, including deleted ones.
        findings: the findings that no waiver accepts, the most severe first.
        waived_findings: the other findings, each with the waiver that accepts it.
        unused_waivers: the waivers that accept no finding.
        fail_on: the least severe finding that fails the check, or ``never``.
    """

    audit: Audit
    findings: tuple[Finding, ...]
    waived_findings: tuple[tuple[Finding, Waiver], ...]
    unused_waivers: tuple[Waiver, ...]
    fail_on: FailOn

    def __repr__(self) -> str:
        state = "passed" if self.has_passed else "failed"
        return f"<CheckResult: {state}, {quantity(len(self.findings), 'finding')}>"

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that fail the check."""
        if self.fail_on == "never":
            return ()
        severities = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in severities)

    @property
    def has_passed(self) -> bool:
        """Whether no finding fails the check."""
        return not self.failures


@checked
def check(
    document: Document,
    selectors: str | Iterable[str] = (),
    *,
    require: str | Iterable[str] = (),
    minimum: int = 0,
    fail_on: FailOn = "error",
    waivers: Iterable[Waiver] = (),
    accept_inferred: bool = False,
) -> CheckResult:
    """Check versions of registered models against requirements.

    Args:
        document: a document from ``extract``, or several of them merged.
        selectors: the models, versions and aliases to check (:mod:`~mlflow2prov.graph.selectors`); all models without
            any. Deleted versions are not checked.
        require: the names of questions that must be answered for each version, such as ``commit`` or ``datasets``.
        minimum: the share of the questions that must be answered for each version, in percent, from 0 to 100.
        fail_on: the least severe finding that fails the check: ``error``, ``warning``, ``note``; or ``never``.
        waivers: the findings that are accepted.
        accept_inferred: let inferred answers meet requirements, and apply the rules to them.

    Raises:
        ConfigurationError: an argument is not valid.
        SelectionError: a selector matches nothing, several elements, or neither a version nor a model with versions;
            or there is no version to check, which must not count as success. Only a document of a store without any
            registered model passes, if nothing is selected or required: there is nothing that a check could miss.
    """
    questions = dict.fromkeys(required_question(name) for name in require_texts("require", require))
    minimum = require_integer("minimum", minimum, 0, 100)
    require_choice("severity", fail_on, FAIL_ON)
    result = audit(document, selectors, accept_inferred=accept_inferred)
    versions = [version for version in result.versions if not version.is_deleted]
    is_unconditional = not (result.models or selectors or questions or minimum)
    if not versions and not (is_unconditional and _has_runs(document)):
        raise SelectionError(
            "check: the document has no version of a registered model; extract a store that has one"
        )
    findings = by_severity(
        finding
        for version in versions
        for finding in (
            *_requirement_findings(version, questions, minimum, accept_inferred=accept_inferred),
            *version.findings,
        )
    )
    return _apply_waivers(result, findings, tuple(waivers), fail_on)


def _has_runs(document: Document) -> bool:
    runs = ids_of_type(document, "entity", ["Run"])
    return bool(engine.rows(f"SELECT 1 FROM {runs} LIMIT 1"))


def _apply_waivers(
    result: Audit, findings: Iterable[Finding], waivers: Sequence[Waiver], fail_on: FailOn
) -> CheckResult:
    """Return the result of a check whose findings are each waived by the first waiver that applies."""
    unwaived_findings: list[Finding] = []
    waived_findings: list[tuple[Finding, Waiver]] = []
    for finding in findings:
        waiver = next((waiver for waiver in waivers if waiver.applies_to(finding)), None)
        if waiver is None:
            unwaived_findings.append(finding)
        else:
            waived_findings.append((finding, waiver))
    used_waivers = {waiver for _, waiver in waived_findings}
    unused = tuple(waiver for waiver in waivers if waiver not in used_waivers)
    return CheckResult(result, tuple(unwaived_findings), tuple(waived_findings), unused, fail_on)


def unused_waivers(results: Sequence[CheckResult]) -> list[Waiver]:
    """Return the waivers that none of several checks used, each once."""
    waivers = dict.fromkeys(waiver for result in results for waiver in result.unused_waivers)
    return [
        waiver for waiver in waivers if all(waiver in result.unused_waivers for result in results)
    ]


def _requirement_findings(
    version: AuditedVersion, questions: Iterable[str], minimum: int, *, accept_inferred: bool
) -> Iterator[Finding]:
    explanation = version.explanation
    for question in questions:
        answer = explanation.answer(question)
        if not answer.is_known and not (accept_inferred and answer.state == "inferred"):
            label = answer.question.label.lower()
            yield _error(
                version.item, _missing_code(question), f"a required answer is unknown: {label}"
            )
    total = len(explanation.scored)
    answered = total - len(explanation.unknown)
    if not accept_inferred:
        answered -= len(explanation.inferred)
    percent = 100 * answered / total
    if percent < minimum:
        yield _error(
            version.item,
            _INCOMPLETE,
            f"{answered} of {total} questions are answered ({percent:.0f} %); {minimum} % are required",
        )


def _error(version: Item, code: str, message: str) -> Finding:
    return Finding(code, "error", version, message)
