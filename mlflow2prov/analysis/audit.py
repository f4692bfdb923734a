"""An audit: the registered models of a document, with the explanations of their versions and the findings in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlflow2prov import engine
from mlflow2prov.analysis.audit_context import audit_context, is_deleted
from mlflow2prov.analysis.explanation import Explanation, explain_all, registered_versions
from mlflow2prov.analysis.finding import Finding, by_severity
from mlflow2prov.analysis.item import Item, non_empty
from mlflow2prov.analysis.rules import apply_rules
from mlflow2prov.analysis.subject_tables import ALIAS_TYPES
from mlflow2prov.arguments import checked, require_texts
from mlflow2prov.engine import literal
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.selectors import describe, quoted, select
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.sql import ids_of_type, names_table

_MODEL_KEYS = ("description", "created_at", "last_updated_at")


@dataclass(frozen=True)
class AuditedVersion:
    """A version of a registered model in an audit.

    Attributes:
        explanation: the version and the answers about it.
        findings: the findings in the version, the most severe first.
    """

    explanation: Explanation
    findings: tuple[Finding, ...]

    @property
    def item(self) -> Item:
        """The version itself."""
        return self.explanation.subject

    @property
    def is_deleted(self) -> bool:
        """Whether the version was deleted. Deleted versions are listed, but neither checked nor counted."""
        return is_deleted(self.explanation)

    @property
    def script_path(self) -> str | None:
        """The path of the script that trained the version, relative to its repository; None if it is not known."""
        scripts = self.explanation.answer("script").items
        return next((s.label for s in scripts if s.identifier and not s.is_inferred), None)


@dataclass(frozen=True)
class AuditedModel:
    """A registered model in an audit.

    Attributes:
        item: the model itself.
        versions: the selected versions of the model, the earliest first.
    """

    item: Item
    versions: tuple[AuditedVersion, ...]

    @property
    def completeness(self) -> float | None:
        """The mean completeness of the versions that are not deleted, from 0 to 1; None without such versions."""
        return _mean_completeness(self.versions)


@dataclass(frozen=True)
class Audit:
    """The audit of a document.

    Attributes:
        models: the registered models by name. If versions were selected, only their models.
    """

    models: tuple[AuditedModel, ...]

    @property
    def versions(self) -> tuple[AuditedVersion, ...]:
        """The versions of all models."""
        return tuple(version for model in self.models for version in model.versions)

    @property
    def inferred_fraction(self) -> float:
        """The mean fraction of the questions that are answered by inference only, as :attr:`completeness` counts."""
        return _mean([v.explanation.inferred_fraction for v in self.versions if not v.is_deleted])

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings in all versions, the most severe first."""
        return by_severity([f for version in self.versions for f in version.findings])

    @property
    def completeness(self) -> float | None:
        """The mean completeness of the versions that are not deleted, from 0 to 1; None without such versions."""
        return _mean_completeness(self.versions)


def _mean_completeness(versions: Sequence[AuditedVersion]) -> float | None:
    scores = [version.explanation.completeness for version in versions if not version.is_deleted]
    return _mean(scores) if scores else None


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


@checked
def audit(
    document: Document, selectors: str | Iterable[str] = (), *, accept_inferred: bool = False
) -> Audit:
    """Explain the versions of registered models, and apply the rules of an audit to them.

    Args:
        document: a document from ``extract``, or several of them merged.
        selectors: the models, versions and aliases to audit (:mod:`~mlflow2prov.graph.selectors`); all models without
            any.
        accept_inferred: apply the rules to inferred links, too.

    Raises:
        SelectionError: a selector matches nothing, several elements, or neither a version nor a model with versions.
        ConfigurationError: a selector is not text.
    """
    document = unified(document)
    selectors = require_texts("selectors", selectors)
    selection = _select_versions(document, selectors) if selectors else None
    # All versions are explained, because rules compare a version with the others.
    explanations = explain_all(document, registered_versions(document))
    context = audit_context(document, explanations, accept_inferred=accept_inferred)
    model_of = _models_of_versions(document, explanations)
    models = _registered_models(document)
    versions: dict[str, list[AuditedVersion]] = {}
    if selection is None:
        versions.update({model: [] for model in models})
    for explanation in explanations:
        identifier = explanation.subject.identifier or ""
        name = explanation.subject.about.get("name", identifier)
        model = model_of.get(identifier, name)
        models.setdefault(model, Item(name, model))
        if selection is None or identifier in selection:
            audited = AuditedVersion(explanation, apply_rules(explanation, context))
            versions.setdefault(model, []).append(audited)
    audited_models = [AuditedModel(models[model], tuple(versions[model])) for model in versions]
    audited_models.sort(key=lambda model: (model.item.label, model.item.identifier or ""))
    return Audit(tuple(audited_models))


def _registered_models(document: Document) -> dict[str, Item]:
    """Return the registered models by their identifier."""
    attributes = ",\n".join(f"attr(attributes, {literal(key)})" for key in _MODEL_KEYS)
    rows = engine.rows(
        f"""
        SELECT
            id,
            coalesce(attr(attributes, 'name'), id),
            {attributes}
        FROM {document.tables.of(KIND["entity"])}
        WHERE is_a(attributes, 'RegisteredModel')
        -- If several bundles describe a model, the last row counts: that of the document itself.
        ORDER BY bundle DESC
        """
    )
    return {
        identifier: Item(label, identifier, non_empty(dict(zip(_MODEL_KEYS, values, strict=True))))
        for identifier, label, *values in rows
    }


def _models_of_versions(
    document: Document, explanations: Sequence[Explanation]
) -> Mapping[str, str]:
    """Return the identifiers of the models by those of their versions."""
    versions = names_table(explanation.subject.identifier or "" for explanation in explanations)
    rows = engine.rows(
        f"""
        SELECT specificEntity, min(generalEntity)
        FROM {document.tables.of(KIND["specializationOf"])}
        WHERE specificEntity IN (SELECT name FROM {versions})
        GROUP BY specificEntity
        """
    )
    return dict(rows)


def _select_versions(document: Document, selectors: Sequence[str]) -> set[str]:
    """Return the identifiers of the versions that selectors match: directly, by an alias or by their model."""
    versions: set[str] = set()
    for selector in selectors:
        identifiers = select(document, selector)
        matches = _versions_of(document, identifiers)
        if not matches:
            raise SelectionError(
                f"selector {quoted(selector)}: {', '.join(describe(document, identifiers[:3]))} cannot be audited; "
                "select a RegisteredModelVersion, an alias, or a RegisteredModel with versions"
            )
        versions.update(matches)
    return versions


def _versions_of(document: Document, identifiers: Iterable[str]) -> list[str]:
    """Return the versions among elements, the versions of the models and the versions that the aliases point to."""
    rows = engine.rows(
        f"""
        WITH selection AS (SELECT name FROM {names_table(identifiers)}),
        versions AS (
            SELECT id
            FROM {document.tables.of(KIND["entity"])}
            WHERE is_a(attributes, 'RegisteredModelVersion')
        ),
        matches AS (
            SELECT name AS id FROM selection
            UNION
            SELECT specificEntity
            FROM {document.tables.of(KIND["specializationOf"])}
            WHERE generalEntity IN (SELECT name FROM selection)
            UNION
            SELECT alternate2
            FROM {document.tables.of(KIND["alternateOf"])}
            WHERE alternate1 IN (SELECT name FROM selection)
                AND alternate1 IN {ids_of_type(document, "entity", ALIAS_TYPES)}
        )
        SELECT DISTINCT id FROM versions SEMI JOIN matches USING (id)
        """
    )
    return [identifier for (identifier,) in rows]
