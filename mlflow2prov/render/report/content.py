"""The content of a report as plain data for its templates: an audit with links, plots and drawings, and runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from mlflow2prov.analysis.audit import Audit, AuditedModel, AuditedVersion, audit
from mlflow2prov.analysis.experiments import select_experiments
from mlflow2prov.analysis.explanation import Answer
from mlflow2prov.analysis.finding import AuditRule, Finding
from mlflow2prov.analysis.item import Item
from mlflow2prov.analysis.neighborhood import Neighborhood, Node, Relation, neighborhoods
from mlflow2prov.analysis.options import SEVERITIES, Severity
from mlflow2prov.analysis.rules import DELETED, RULES
from mlflow2prov.arguments import require_texts
from mlflow2prov.prov import Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.render.report import links
from mlflow2prov.render.report.drawing import Drawing, draw
from mlflow2prov.render.report.identity import Fact, identify
from mlflow2prov.render.report.links import Link
from mlflow2prov.render.report.plots import finite_number, relative_position
from mlflow2prov.render.report.runs import RunsContent, gather_runs
from mlflow2prov.secrets import mask_secrets

MAX_CALLS = 100
"""A report lists this many captured calls of a version, and this many of their arguments and input files."""

_QUESTIONS_OF_CALLS = ("calls", "arguments", "inputs")

MAX_OPEN_VERSIONS = 2
"""Up to this many versions in use are unfolded at first."""

MAX_MAIN_VERSIONS = 10
"""This many versions in use of a model precede the fold with its other versions."""

_ROLES = {
    "authors": "author of the commit",
    "committers": "committer of the commit",
    "coauthors": "co-author of the commit",
    "run_by": "started the run",
    "registered_by": "registered the version",
}
"""The questions whose answers are people, and the role of those people."""


@dataclass(frozen=True)
class Metric:
    """A metric of a version: its last value and the values before it."""

    name: str
    value: str
    step: str | None
    history: tuple[float, ...]
    """The values in the order of their steps, if there are several; finite numbers only."""
    position: float | None = None
    """Where the last value lies between the lowest and the highest of all versions of the model, from 0 to 1."""


@dataclass(frozen=True)
class Person:
    """A person with their roles in a version."""

    item: Item
    roles: tuple[str, ...]


@dataclass(frozen=True)
class VersionContent:
    """A model version in a report."""

    audited: AuditedVersion
    anchor: str
    """The identifier of its section."""
    commits: tuple[Link, ...]
    scripts: tuple[Link, ...]
    metrics: tuple[Metric, ...]
    people: tuple[Person, ...]
    drawing: Drawing | None
    """Its direct lineage, or None for a deleted version."""

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
        """Its stage, or None without one. MLflow stores a missing stage as the text ``None``."""
        stage = self.item.about.get("registered_model_version_stage")
        return None if stage in (None, "None") else stage

    @property
    def is_in_use(self) -> bool:
        """Whether the version has an alias or a stage other than ``Archived``."""
        return not self.audited.is_deleted and bool(
            self.aliases or self.stage not in (None, "Archived")
        )

    @property
    def percent(self) -> int:
        """The percentage of questions that are answered."""
        return round(100 * self.audited.explanation.completeness)

    @property
    def inferred_percent(self) -> int:
        """The percentage of questions that are answered by inference only."""
        return round(100 * self.audited.explanation.inferred_fraction)

    def answer(self, question: str) -> Answer:
        """Return the answer to the question of that name; of many captured calls, the first ones and a count."""
        answer = self.audited.explanation.answer(question)
        more = len(answer.items) - MAX_CALLS
        if more <= 0 or question not in _QUESTIONS_OF_CALLS:
            return answer
        rest = Item(f"and {more:,} more; explain with the format json lists all")
        return replace(answer, items=(*answer.items[:MAX_CALLS], rest))


@dataclass(frozen=True)
class Trend:
    """The values of a metric over the versions of a model that have it."""

    metric: str
    versions: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class ModelContent:
    """A registered model in a report."""

    audited: AuditedModel
    anchor: str
    """The identifier of its section."""
    versions: tuple[VersionContent, ...]
    trends: tuple[Trend, ...]

    @property
    def item(self) -> Item:
        """The model itself."""
        return self.audited.item

    @property
    def main_versions(self) -> tuple[VersionContent, ...]:
        """The latest versions in use, the latest first; without any, the latest version that is not deleted."""
        latest_first = self.versions[::-1]
        in_use = tuple(v for v in latest_first if v.is_in_use)[:MAX_MAIN_VERSIONS]
        return in_use or tuple(v for v in latest_first if not v.audited.is_deleted)[:1]

    @property
    def other_versions(self) -> tuple[VersionContent, ...]:
        """The other versions, the latest first."""
        anchors = {version.anchor for version in self.main_versions}
        return tuple(version for version in self.versions[::-1] if version.anchor not in anchors)


@dataclass(frozen=True)
class ElementContent:
    """An element in the drawings of a report, with its relations in all of them."""

    node: Node
    anchor: str
    """The identifier of its section."""
    causes: tuple[Relation, ...]
    effects: tuple[Relation, ...]


@dataclass(frozen=True)
class FindingGroup:
    """The findings of a rule in all versions."""

    rule: AuditRule
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Content:
    """The content of a report."""

    audit: Audit
    models: tuple[ModelContent, ...]
    identity: tuple[Fact, ...] = ()
    rules: tuple[AuditRule, ...] = (*RULES, DELETED)
    severities: tuple[Severity, ...] = SEVERITIES
    anchors: dict[str, str] = field(default_factory=dict)
    """The anchors of versions by identifier."""
    elements: dict[str, ElementContent] = field(default_factory=dict)
    """The elements in the drawings, by identifier."""
    mlflow_ui: str | None = None
    """The address of MLflow's UI."""
    runs: RunsContent = field(default_factory=RunsContent)
    """The experiments and their runs; empty in a report on selected versions."""
    is_selection: bool = False
    """Whether the report is on a part of the document only."""

    def version_link(self, version: VersionContent) -> Link:
        """Return a version with its address in MLflow's UI."""
        about = version.item.about
        url = links.version_url(self.mlflow_ui, about.get("name"), about.get("version"))
        return Link(version.item, url)

    def run_link(self, version: VersionContent, run: Item) -> Link:
        """Return a run of a version with its address in MLflow's UI."""
        experiments = version.answer("experiment").items
        experiment_id = experiments[0].about.get("experiment_id") if experiments else None
        return Link(run, links.run_url(self.mlflow_ui, experiment_id, run.about.get("run_id")))

    @property
    def unfolds_main_versions(self) -> bool:
        """Whether the main versions are so few that they are unfolded at first."""
        return sum(len(model.main_versions) for model in self.models) <= MAX_OPEN_VERSIONS

    @property
    def finding_groups(self) -> tuple[FindingGroup, ...]:
        """The findings by their rule, the most severe first."""
        groups: dict[str, list[Finding]] = {}
        for finding in self.audit.findings:
            groups.setdefault(finding.code, []).append(finding)
        rules = {rule.code: rule for rule in self.rules}
        return tuple(FindingGroup(rules[code], tuple(group)) for code, group in groups.items())

    @property
    def counts(self) -> dict[Severity, int]:
        """The numbers of findings by severity."""
        severities = [finding.severity for finding in self.audit.findings]
        return {severity: severities.count(severity) for severity in self.severities}


def gather_content(
    document: Document,
    selectors: str | Iterable[str] = (),
    repository_url: str | None = None,
    mlflow_ui: str | None = None,
    sources: Mapping[str, str] | None = None,
) -> Content:
    """Return the content of a report; the arguments are those of :func:`mlflow2prov.render.report.report`."""
    document = unified(document)
    selectors = require_texts("selectors", selectors)
    experiments = {selector: select_experiments(document, selector) for selector in selectors}
    of_versions = [selector for selector in selectors if not experiments[selector]]
    result = audit(document, of_versions) if of_versions or not selectors else Audit(())
    explanations = [v.explanation for v in result.versions if not v.is_deleted]
    graphs = neighborhoods(document, explanations)
    drawings = {name: draw(graph) for name, graph in graphs.items()}
    models = tuple(
        _model_content(model, f"model-{number}", drawings, repository_url)
        for number, model in enumerate(result.models, start=1)
    )
    anchors = {
        version.item.identifier or "": version.anchor
        for model in models
        for version in model.versions
    }
    identity = identify(document, selectors, repository_url, sources or {})
    elements = _elements(graphs.values())
    ui = links.mlflow_ui_page(mlflow_ui)
    selection = list(chain.from_iterable(experiments.values())) if selectors else None
    runs = gather_runs(document, repository_url, ui, selection)
    return Content(
        result,
        models,
        identity,
        anchors=anchors,
        elements=elements,
        mlflow_ui=ui,
        runs=runs,
        is_selection=bool(selectors),
    )


def _elements(graphs: Iterable[Neighborhood]) -> dict[str, ElementContent]:
    """Return the elements of neighborhoods, by identifier, with the relations of each, all without duplicates."""
    nodes: dict[str, Node] = {}
    causes: dict[str, dict[Relation, None]] = {}
    effects: dict[str, dict[Relation, None]] = {}
    for graph in graphs:
        nodes |= {node.identifier: node for node in graph.nodes}
        for relation in graph.relations:
            causes.setdefault(relation.effect, {})[relation] = None
            effects.setdefault(relation.cause, {})[relation] = None
    return {
        name: ElementContent(
            replace(node, attributes=tuple((k, mask_secrets(v)) for k, v in node.attributes)),
            f"element-{number}",
            tuple(causes.get(name, ())),
            tuple(effects.get(name, ())),
        )
        for number, (name, node) in enumerate(nodes.items(), start=1)
    }


def _model_content(
    model: AuditedModel, anchor: str, drawings: Mapping[str, Drawing], repository_url: str | None
) -> ModelContent:
    metrics = [_metrics(version) for version in model.versions]
    trends = _trends(model, metrics)
    versions = tuple(
        VersionContent(
            version,
            f"{anchor}-version-{number}",
            *_links(version, repository_url),
            tuple(_with_position(metric, trends) for metric in version_metrics),
            _people(version),
            drawings.get(version.item.identifier or ""),
        )
        for number, (version, version_metrics) in enumerate(
            zip(model.versions, metrics, strict=True), start=1
        )
    )
    return ModelContent(model, anchor, versions, trends)


def _links(
    version: AuditedVersion, repository_url: str | None
) -> tuple[tuple[Link, ...], tuple[Link, ...]]:
    """Return the commits and the scripts of a version with their links.

    The links lead to the repository that the run recorded, and otherwise to ``repository_url``.
    """
    commits = version.explanation.answer("commit").items
    scripts = version.explanation.answer("script").items
    urls = [*(commit.about.get("repository_url") for commit in commits), repository_url]
    page = next((page for url in urls if (page := links.web_page(url))), None)
    return (
        tuple(Link(commit, links.commit_url(page, commit.label)) for commit in commits),
        tuple(
            Link(script, links.file_url(page, script.about.get("commit", ""), script.label))
            for script in scripts
        ),
    )


def _people(version: AuditedVersion) -> tuple[Person, ...]:
    """Return every person with a role in a version, once, with all roles."""
    people: dict[str, tuple[Item, list[str]]] = {}
    for question, role in _ROLES.items():
        for item in version.explanation.answer(question).items:
            _, roles = people.setdefault(item.identifier or item.label, (item, []))
            roles.append(role)
    return tuple(Person(item, tuple(roles)) for item, roles in people.values())


def _metrics(version: AuditedVersion) -> tuple[Metric, ...]:
    """Return the metrics of a version by name."""
    by_name: dict[str, list[Item]] = {}
    for item in version.explanation.answer("metrics").items:
        by_name.setdefault(item.label, []).append(item)
    return tuple(_metric(name, items) for name, items in sorted(by_name.items()))


def _metric(name: str, items: Sequence[Item]) -> Metric:
    """Return a metric from its values; the last is that of the last step, and there the latest."""
    ordered = sorted(
        items,
        key=lambda i: (finite_number(i.about.get("step")) or 0.0, i.about.get("timestamp", "")),
    )
    last = ordered[-1].about
    by_step = {item.about.get("step"): finite_number(item.about.get("value")) for item in ordered}
    history = tuple(value for value in by_step.values() if value is not None)
    return Metric(
        name, last.get("value", ""), last.get("step"), history if len(history) > 1 else ()
    )


def _trends(model: AuditedModel, metrics: Sequence[Sequence[Metric]]) -> tuple[Trend, ...]:
    """Return the trends of the metrics that at least two versions of a model have, by name."""
    by_metric: dict[str, list[tuple[str, float]]] = {}
    for version, version_metrics in zip(model.versions, metrics, strict=True):
        label = version.item.about.get("version", version.item.label)
        for metric in version_metrics:
            value = finite_number(metric.value)
            if value is not None:
                by_metric.setdefault(metric.name, []).append((label, value))
    return tuple(
        Trend(name, tuple(label for label, _ in pairs), tuple(value for _, value in pairs))
        for name, pairs in sorted(by_metric.items())
        if len(pairs) > 1
    )


def _with_position(metric: Metric, trends: Iterable[Trend]) -> Metric:
    """Return a metric with the position of its last value in the model's trend of it."""
    trend = next((trend for trend in trends if trend.metric == metric.name), None)
    value = finite_number(metric.value)
    if trend is None or value is None:
        return metric
    return replace(metric, position=relative_position(value, min(trend.values), max(trend.values)))
