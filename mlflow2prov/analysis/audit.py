"""An audit: the registered models of a document, their versions explained, and the findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import ALIASES, Explanation, Item, explanations, versions
from mlflow2prov.analysis.options import SEVERITIES
from mlflow2prov.analysis.rules import Finding, findings, gather, is_deleted
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.selectors import describe, select
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.selection import has_type, names, value

_ABOUT = ("description", "created_at", "last_updated_at")


@dataclass(frozen=True)
class AuditedVersion:
    """A version of a registered model: what is behind it, and what is found."""

    explanation: Explanation
    findings: tuple[Finding, ...]
    """The gravest first."""

    @property
    def item(self) -> Item:
        """The version itself."""
        return self.explanation.subject

    @property
    def is_deleted(self) -> bool:
        """Whether it was deleted; such a one is shown, and not judged."""
        return is_deleted(self.explanation)


@dataclass(frozen=True)
class AuditedModel:
    """A registered model and those of its versions that are looked at, the earliest first."""

    item: Item
    versions: tuple[AuditedVersion, ...]

    @property
    def completeness(self) -> float | None:
        """The mean completeness of its versions (:func:`completeness`)."""
        return completeness(self.versions)


@dataclass(frozen=True)
class Audit:
    """What an audit of a document comes to."""

    models: tuple[AuditedModel, ...]
    """By name."""

    @property
    def versions(self) -> tuple[AuditedVersion, ...]:
        """The versions of all models."""
        return tuple(version for model in self.models for version in model.versions)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the gravest first."""
        found = (finding for version in self.versions for finding in version.findings)
        return tuple(sorted(found, key=lambda one: SEVERITIES.index(one.severity)))

    @property
    def completeness(self) -> float | None:
        """The mean completeness of all versions (:func:`completeness`)."""
        return completeness(self.versions)


def completeness(of: Sequence[AuditedVersion]) -> float | None:
    """Return the mean part of the questions that are answered, from 0 to 1, of the versions that are not deleted.

    None, where there are no such versions.
    """
    scores = [v.explanation.completeness for v in of if not v.is_deleted]
    return sum(scores) / len(scores) if scores else None


def audit(document: Document, selectors: str | Iterable[str] = ()) -> Audit:
    """Explain all versions of registered models, and find what an auditor would object to.

    Args:
        document: as ``extract`` makes it, or merged of such.
        selectors: models, versions and aliases to audit; by default, all.

    Raises:
        SelectionError: a selector names nothing, several things, or something else.
    """
    document = unified(document)
    selectors = [selectors] if isinstance(selectors, str) else list(selectors)
    chosen = _chosen(document, selectors) if selectors else None
    explained = explanations(document, versions(document))
    gathered = gather(document, explained)
    owners: dict[str, str] = dict(
        engine.rows(
            f"SELECT specificEntity, min(generalEntity) FROM {document.tables.of(KIND['specializationOf'])} "
            f"WHERE specificEntity IN (SELECT name FROM {names(_name(e) for e in explained)}) GROUP BY specificEntity"
        )
    )
    by_model: dict[str, list[AuditedVersion]] = {}
    called: dict[str, str] = {}
    for one in explained:
        name = one.subject.about.get("name", _name(one))
        model = owners.get(_name(one), name)
        called.setdefault(model, name)
        if chosen is None or _name(one) in chosen:
            by_model.setdefault(model, []).append(AuditedVersion(one, findings(one, gathered)))
    described = _models(document)
    shown = {*by_model, *(described if chosen is None else ())}
    models = [
        AuditedModel(
            described.get(model) or Item(called[model], model), tuple(by_model.get(model, ()))
        )
        for model in shown
    ]
    models.sort(key=lambda model: (model.item.label, model.item.identifier or ""))
    return Audit(tuple(models))


def _name(explained: Explanation) -> str:
    return explained.subject.identifier or ""


def _models(document: Document) -> dict[str, Item]:
    about = ", ".join(value(key) for key in _ABOUT)
    found = engine.rows(
        f"SELECT id, coalesce({value('name')}, id), {about} FROM {document.tables.of(KIND['entity'])} "
        f"WHERE {has_type('RegisteredModel')} ORDER BY bundle DESC"
    )
    return {
        name: Item(label, name, {k: v for k, v in zip(_ABOUT, rest, strict=True) if v})
        for name, label, *rest in found
    }


def _chosen(document: Document, selectors: Sequence[str]) -> set[str]:
    """Return the identifiers of the versions that are meant: themselves, by alias, or by their model."""
    entity, alternate, specialization = (
        document.tables.of(KIND[name]) for name in ("entity", "alternateOf", "specializationOf")
    )
    chosen: set[str] = set()
    for selector in selectors:
        given = select(document, selector)
        means = f"(SELECT name FROM {names(given)})"
        versions_of = f"SELECT id FROM {entity} WHERE {has_type('RegisteredModelVersion')}"
        found = engine.rows(
            f"SELECT id FROM ({versions_of}) WHERE id IN {means} "
            f"OR id IN (SELECT specificEntity FROM {specialization} WHERE generalEntity IN {means}) "
            f"OR id IN (SELECT alternate2 FROM {alternate} JOIN {entity} e ON e.id = alternate1 "
            f"WHERE alternate1 IN {means} AND {has_type(*ALIASES, attributes='e.attributes')})"
        )
        if not found:
            raise SelectionError(
                f"{selector!r} is {', '.join(describe(document, given[:3]))}; what can be audited is a "
                "RegisteredModel, a RegisteredModelVersion or an alias, and a model has to have versions"
            )
        chosen |= {name for (name,) in found}
    return chosen
