"""A check: what an audit finds, held against what is required and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mlflow2prov.analysis.audit import Audit, AuditedVersion, audit
from mlflow2prov.analysis.explanation import UNKNOWN, Item
from mlflow2prov.analysis.options import FAIL_ON, SEVERITIES, FailOn
from mlflow2prov.analysis.questions import QUESTION, QUESTIONS, VERSION
from mlflow2prov.analysis.rules import DELETED, ERROR, RULES, Finding
from mlflow2prov.errors import ConfigurationError, SelectionError, unknown_choice
from mlflow2prov.prov import Document

INCOMPLETE = "incomplete"
MISSING = "missing-"

REQUIRABLE = tuple(question.name for question in QUESTIONS if VERSION in question.of)
"""The questions whose answers can be required; one thing of several is required by its singular too."""

MEANINGS = {
    **{rule.code: (rule.severity, rule.meaning) for rule in (*RULES, DELETED)},
    INCOMPLETE: (ERROR, "A version that answers too few questions"),
    **{
        f"{MISSING}{name}": (
            ERROR,
            f"A version without a required answer: {QUESTION[name].text.lower()}",
        )
        for name in REQUIRABLE
    },
}
"""Every code that a check can find, with its severity and what it means."""


@dataclass(frozen=True)
class Waiver:
    """A finding that is allowed, and why."""

    code: str
    reason: str
    of: str = "*"
    """The versions, as ``models:/fraud/*`` or ``models:/fraud@champion``; a pattern of the shell's kind."""


@dataclass(frozen=True)
class CheckResult:
    """What a check comes to."""

    audit: Audit
    findings: tuple[Finding, ...]
    """Those that are not allowed, the gravest first."""
    allowed: tuple[tuple[Finding, Waiver], ...]
    unused: tuple[Waiver, ...]
    """Allowances that allowed nothing."""
    fail_on: FailOn

    @property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that make the check fail."""
        if self.fail_on == "never":
            return ()
        worst = SEVERITIES[: SEVERITIES.index(self.fail_on) + 1]
        return tuple(finding for finding in self.findings if finding.severity in worst)

    @property
    def is_passed(self) -> bool:
        """Whether nothing makes the check fail."""
        return not self.failing


def check(
    document: Document,
    selectors: str | Iterable[str] = (),
    *,
    require: Iterable[str] = (),
    minimum: int = 0,
    fail_on: FailOn = ERROR,
    allow: Iterable[Waiver] = (),
) -> CheckResult:
    """Hold the versions of registered models against what is required of them.

    Args:
        document: as for :func:`~mlflow2prov.analysis.audit.audit`.
        selectors: models, versions and aliases to check; by default, all. Deleted versions are not judged.
        require: names of questions that must be answered for each version, as ``commit`` or ``datasets``.
        minimum: how many of the questions must be answered for each version, in percent.
        fail_on: the least severity that makes it fail: ``error``, ``warning``, ``note``; or ``never``.
        allow: findings that are allowed.

    Raises:
        ConfigurationError: an argument is not one of those that there are.
        SelectionError: a selector names nothing, several things, or something else; or there is nothing to judge,
            which is no reason to pass.
    """
    required = [question_named(name) for name in require]
    allowances = tuple(allow)
    if fail_on not in FAIL_ON:
        raise ConfigurationError(unknown_choice("severity", fail_on, FAIL_ON))
    if unknown := [one.code for one in allowances if one.code not in MEANINGS]:
        raise ConfigurationError(unknown_code(unknown[0]))
    found = audit(document, selectors)
    judged = [version for version in found.versions if not version.is_deleted]
    if not judged:
        raise SelectionError("there is no version of a registered model to check")
    all_findings = [
        finding
        for version in judged
        for finding in (*_required(version, required, minimum), *version.findings)
    ]
    all_findings.sort(key=lambda one: SEVERITIES.index(one.severity))
    kept, allowed = _sorted_out(all_findings, allowances)
    used = {allowance for _, allowance in allowed}
    unused = tuple(one for one in allowances if one not in used)
    return CheckResult(found, kept, allowed, unused, fail_on)


def unused_waivers(results: Sequence[CheckResult]) -> list[Waiver]:
    """Return the waivers that no result used, each once."""
    waivers = dict.fromkeys(waiver for result in results for waiver in result.unused)
    return [waiver for waiver in waivers if all(waiver in result.unused for result in results)]


def question_named(name: str) -> str:
    """Return the name of the question that a requirement means: ``datasets``, for ``dataset`` too.

    Raises:
        ConfigurationError: there is none.
    """
    for question in REQUIRABLE:
        if name in (question, question.removesuffix("s")):
            return question
    raise ConfigurationError(
        f"there is no question {name!r} to be required; there are {', '.join(REQUIRABLE)}"
    )


def unknown_code(code: str) -> str:
    """Say that there is no finding of that code."""
    return f"there is no finding {code!r}; there are {', '.join(MEANINGS)}"


def _required(version: AuditedVersion, required: Sequence[str], minimum: int) -> Iterable[Finding]:
    explained = version.explanation
    for name in dict.fromkeys(required):
        answer = explained.answer(name)
        if answer.state == UNKNOWN:
            yield _error(
                version.item, f"{MISSING}{name}", f"not known: {answer.question.text.lower()}"
            )
    percent = 100 * explained.completeness
    if percent < minimum:
        asked = len(explained.answers)
        answered = asked - len(explained.unknown)
        message = f"{answered} of {asked} questions are answered ({percent:.0f} %), fewer than {minimum} %"
        yield _error(version.item, INCOMPLETE, message)


def _error(version: Item, code: str, message: str) -> Finding:
    return Finding(code, ERROR, version, message)


def _sorted_out(
    found: Sequence[Finding], allowances: Sequence[Waiver]
) -> tuple[tuple[Finding, ...], tuple[tuple[Finding, Waiver], ...]]:
    """Return what is not allowed, and what is, with that which allows it."""
    kept, allowed = [], []
    for finding in found:
        by = next((one for one in allowances if _allows(one, finding)), None)
        if by is None:
            kept.append(finding)
        else:
            allowed.append((finding, by))
    return tuple(kept), tuple(allowed)


def _allows(allowance: Waiver, finding: Finding) -> bool:
    about = finding.version.about
    uris = [about.get("uri", finding.version.label)]
    uris += [
        f"models:/{about.get('name')}@{alias}" for alias in about.get("aliases", "").split(", ")
    ]
    return allowance.code == finding.code and any(fnmatchcase(u, allowance.of) for u in uris)
