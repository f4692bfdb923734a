"""What a report says, as plain data for its templates: an audit, with what is drawn and linked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from mlflow2prov.analysis.audit import Audit, AuditedModel, AuditedVersion, audit
from mlflow2prov.analysis.explanation import Answer, Item
from mlflow2prov.analysis.neighborhood import neighborhoods
from mlflow2prov.analysis.rules import DELETED, RULES, SEVERITIES, Rule
from mlflow2prov.prov import Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.render.report import links
from mlflow2prov.render.report.drawing import Drawing, draw
from mlflow2prov.render.report.plots import number

_DEEDS = {
    "authors": "author of the commit",
    "committers": "committer of the commit",
    "coauthors": "co-author of the commit",
    "run_by": "ran it",
    "registered_by": "registered the version",
}
"""By which answers people are named, and what each says that they did."""


@dataclass(frozen=True)
class Metric:
    """A metric of a version: its last value, and its course."""

    name: str
    value: str
    step: str | None
    course: tuple[float, ...]
    """The values by step, where there are several; numbers only."""
    place: float | None = None
    """Where the last value lies between the lowest and the highest of the model's versions, from 0 to 1."""


@dataclass(frozen=True)
class Person:
    """Somebody who had a part in a version."""

    item: Item
    deeds: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A thing, and where on the web it can be looked at."""

    item: Item
    url: str | None


@dataclass(frozen=True)
class VersionContent:
    """A version as a report lays it out."""

    audited: AuditedVersion
    anchor: str
    commits: tuple[Link, ...]
    scripts: tuple[Link, ...]
    metrics: tuple[Metric, ...]
    people: tuple[Person, ...]
    drawing: Drawing | None

    @property
    def item(self) -> Item:
        """The version itself."""
        return self.audited.item

    @property
    def aliases(self) -> tuple[str, ...]:
        """The names of its aliases."""
        aliases = self.item.about.get("aliases")
        return tuple(aliases.split(", ")) if aliases else ()

    @property
    def stage(self) -> str | None:
        """Its stage, if it has one: MLflow's word for none is ``None``."""
        stage = self.item.about.get("registered_model_version_stage")
        return None if stage in (None, "None") else stage

    @property
    def percent(self) -> int:
        """How many of the questions are answered, in percent."""
        return round(100 * self.audited.explanation.completeness)

    def answer(self, question: str) -> Answer:
        """Return the answer to the question of that name."""
        return self.audited.explanation.answer(question)


@dataclass(frozen=True)
class Course:
    """A metric over the versions of a model: those that have it, and its values."""

    name: str
    versions: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class ModelContent:
    """A registered model as a report lays it out."""

    audited: AuditedModel
    anchor: str
    versions: tuple[VersionContent, ...]
    courses: tuple[Course, ...]

    @property
    def item(self) -> Item:
        """The model itself."""
        return self.audited.item


@dataclass(frozen=True)
class Content:
    """All that a report says."""

    audit: Audit
    models: tuple[ModelContent, ...]
    rules: tuple[Rule, ...] = (*RULES, DELETED)
    severities: tuple[str, ...] = SEVERITIES
    anchors: dict[str, str] = field(default_factory=dict)
    """By the identifiers of versions."""

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are, by severity."""
        found = [finding.severity for finding in self.audit.findings]
        return {severity: found.count(severity) for severity in self.severities}


def content(
    document: Document, selectors: str | Iterable[str] = (), repository_url: str | None = None
) -> Content:
    """Gather what a report says (:func:`mlflow2prov.render.report.report`)."""
    document = unified(document)
    audited = audit(document, selectors)
    living = [version for version in audited.versions if not version.is_deleted]
    drawings = {
        name: draw(closeup)
        for name, closeup in neighborhoods(document, [v.explanation for v in living]).items()
    }
    models = []
    anchors: dict[str, str] = {}
    for number_, model in enumerate(audited.models, start=1):
        metrics = {v.item.identifier: _metrics(v) for v in model.versions}
        courses = _courses(model, metrics)
        versions = []
        for order, version in enumerate(model.versions, start=1):
            anchor = f"model-{number_}-version-{order}"
            anchors[version.item.identifier or ""] = anchor
            versions.append(
                VersionContent(
                    version,
                    anchor,
                    *_links(version, repository_url),
                    tuple(_placed(m, courses) for m in metrics[version.item.identifier]),
                    _people(version),
                    drawings.get(version.item.identifier or ""),
                )
            )
        models.append(ModelContent(model, f"model-{number_}", tuple(versions), courses))
    return Content(audited, tuple(models), anchors=anchors)


def _links(
    version: AuditedVersion, repository_url: str | None
) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    """Return the commits and the scripts with their links."""
    explained = version.explanation
    recorded = [i.about.get("repository_url") for i in explained.answer("commit").items]
    known = [url for url in (*recorded, repository_url) if url]
    page = next((found for url in known if (found := links.web_page(url))), None)
    commits = tuple(
        Link(item, links.commit_url(page, item.label)) for item in explained.answer("commit").items
    )
    scripts = tuple(
        Link(item, links.file_url(page, item.about.get("commit", ""), item.label))
        for item in explained.answer("script").items
    )
    return commits, scripts


def _people(version: AuditedVersion) -> tuple[Person, ...]:
    """Return who had a part in a version, each once, with what they did."""
    found: dict[str, tuple[Item, list[str]]] = {}
    for question, deed in _DEEDS.items():
        for item in version.explanation.answer(question).items:
            _, deeds = found.setdefault(item.identifier or item.label, (item, []))
            deeds.append(deed)
    return tuple(Person(item, tuple(deeds)) for item, deeds in found.values())


def _metrics(version: AuditedVersion) -> tuple[Metric, ...]:
    """Return each metric once, with its last value: that of the last step, and of the last time at it."""
    by_name: dict[str, list[Item]] = {}
    for item in version.explanation.answer("metrics").items:
        by_name.setdefault(item.label, []).append(item)
    return tuple(_metric(name, items) for name, items in sorted(by_name.items()))


def _metric(name: str, items: Sequence[Item]) -> Metric:
    ordered = sorted(
        items, key=lambda i: (number(i.about.get("step")) or 0.0, i.about.get("timestamp", ""))
    )
    last = ordered[-1].about
    by_step = {item.about.get("step"): number(item.about.get("value")) for item in ordered}
    course = tuple(value for value in by_step.values() if value is not None)
    return Metric(name, last.get("value", ""), last.get("step"), course if len(course) > 1 else ())


def _courses(
    model: AuditedModel, metrics: dict[str | None, tuple[Metric, ...]]
) -> tuple[Course, ...]:
    """Return the metrics that several of a model's versions have, in turn."""
    found: dict[str, list[tuple[str, float]]] = {}
    for version in model.versions:
        for metric in metrics[version.item.identifier]:
            value = number(metric.value)
            if value is not None:
                called = version.item.about.get("version", version.item.label)
                found.setdefault(metric.name, []).append((called, value))
    return tuple(
        Course(name, tuple(v for v, _ in pairs), tuple(value for _, value in pairs))
        for name, pairs in sorted(found.items())
        if len(pairs) > 1
    )


def _placed(metric: Metric, courses: Sequence[Course]) -> Metric:
    """Say where a metric lies among those of the other versions."""
    course = next((c for c in courses if c.name == metric.name), None)
    value = number(metric.value)
    if course is None or value is None:
        return metric
    low, high = min(course.values), max(course.values)
    place = (value / 2 - low / 2) / (high / 2 - low / 2) if high > low else None
    return Metric(metric.name, metric.value, metric.step, metric.course, place)
