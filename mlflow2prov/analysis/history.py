"""History: the observed changes of models, versions, aliases, runs and experiments, in the order of time.

MLflow overwrites. ``mlflow2prov update`` compares each observation of a project with the previous one, and the mapping
describes every difference as a change (:mod:`mlflow2prov.mapping.observed_changes`). Changes carry the address of their
subject, so the history of a version that vanished, or of an alias that was removed, is still found by its address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from mlflow2prov import engine
from mlflow2prov.arguments import checked, require_text, require_texts
from mlflow2prov.engine import literal
from mlflow2prov.errors import ConfigurationError, NamespaceError, SelectionError, StatementError
from mlflow2prov.graph.selectors import select
from mlflow2prov.prov import KIND, Attribute, Document, Statement
from mlflow2prov.prov.attributes import QUALIFIED_NAME
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.quantity import quantity
from mlflow2prov.sources.git.dates import parse_date
from mlflow2prov.table import Tabular

_KEYS = (
    "subject_uri",
    "subject",
    "resource_type",
    "property",
    "key",
    "old_value",
    "new_value",
    "not_before",
    "not_after",
    "time_source",
)

_ID_KEYS = {"Run": "run_id", "LoggedModel": "model_id", "Experiment": "experiment_id"}
"""The attribute that has the id in an address, by the type of the subject."""


@dataclass(frozen=True)
class ObservedChange:
    """A change that two observations of a project show.

    Times are ``xsd:dateTime`` with an offset; unknown facts are None.

    Attributes:
        identifier: the identifier of the change in the document.
        subject: the address of the subject: ``models:/wine@production``, ``runs:/<id>``, ``Experiment:<id>``.
        subject_identifier: the identifier of the subject, which may be missing from the document.
        type: the type of the subject in the vocabulary, such as ``RegisteredModelVersion``.
        property: ``presence``, ``name``, ``description``, ``status``, ``stage``, ``lifecycle_stage``, ``version`` (of
            an alias), ``tag``, ``param``, ``tip`` (of a branch) or ``identity`` (of a store).
        key: the name of the tag or the parameter.
        old_value: the value before the change; None if there was none.
        new_value: the value after the change; None if there is none.
        not_before: the time of the last observation of the old value.
        not_after: the time of the first observation of the new value.
        changed_at: the time of the change, if MLflow recorded it.
        time_source: MLflow's name for that time.
    """

    identifier: str
    subject: str
    subject_identifier: str | None
    type: str | None
    property: str
    key: str | None
    old_value: str | None
    new_value: str | None
    not_before: str | None
    not_after: str | None
    changed_at: str | None
    time_source: str | None


@dataclass(frozen=True, repr=False)
class ObservedHistory(Tabular):
    """The observed changes of some subjects.

    Attributes:
        selectors: the selectors of the subjects; empty for all changes.
        changes: the changes in the order of time.
        is_observed: whether the document has any observed changes.
    """

    selectors: tuple[str, ...]
    changes: tuple[ObservedChange, ...]
    is_observed: bool

    def __repr__(self) -> str:
        subjects = f" of {', '.join(self.selectors)}" if self.selectors else ""
        return f"<ObservedHistory{subjects}: {quantity(len(self.changes), 'change')}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the history as JSON values."""
        return {
            "selectors": list(self.selectors),
            "changes": [asdict(change) for change in self.changes],
        }


@checked
def history(
    document: Document, selectors: str | Iterable[str] = (), *, since: str | None = None
) -> ObservedHistory:
    """Return the observed changes of models, versions, aliases, runs and experiments, in the order of time.

    A registered model includes its versions and aliases. A change counts at the time that MLflow recorded for it, else
    when its new value was first observed.

    Args:
        document: a document with the changes that ``mlflow2prov update`` recorded.
        selectors: the subjects (:mod:`~mlflow2prov.graph.selectors`), which need not exist any more; none for all
            changes.
        since: leave out changes that were observed before this date, in any form that git accepts.

    Raises:
        SelectionError: a selector matches nothing, or several elements.
        ConfigurationError: a selector is not text, or ``since`` is not a date.
    """
    document = unified(document)
    selectors = require_texts("selectors", selectors)
    subjects = _subjects(document) if selectors else {}
    names = {name for selector in selectors for name in _select(document, subjects, selector)}
    start = None if since is None else _seconds(since)
    changes = _changes(document)
    selected = tuple(
        change
        for change, observed, references in changes
        if (not selectors or names & references)
        and (start is None or (observed is not None and observed >= start))
    )
    return ObservedHistory(selectors, selected, is_observed=bool(changes))


def _seconds(since: str) -> int:
    try:
        return parse_date(require_text("since", since))
    except ConfigurationError as error:
        raise ConfigurationError(f"since: {error}") from error


# Subjects, which may be no longer in the document


@dataclass(frozen=True)
class _Subject:
    """The type and the address of a subject."""

    type: str
    uri: str


def _subjects(document: Document) -> dict[str, _Subject]:
    """Return the subjects of all changes, and the models of versions and aliases, by their identifiers."""
    rows = engine.rows(
        f"""
        WITH changes AS (
            SELECT
                attr(attributes, 'subject') AS subject,
                attr(attributes, 'registered_model') AS registered_model,
                attr(attributes, 'resource_type') AS type,
                attr(attributes, 'subject_uri') AS uri
            FROM {document.tables.of(KIND["activity"])}
            WHERE is_a(attributes, 'ObservedChange')
        ),
        subjects AS (
            SELECT subject, type, uri FROM changes
            UNION
            SELECT
                registered_model,
                regexp_replace(type, '(Version|Alias)$', ''),
                regexp_replace(
                    uri, CASE WHEN ends_with(type, 'Alias') THEN '@[^@]*$' ELSE '/[^/]*$' END, ''
                )
            FROM changes
            WHERE regexp_matches(type, '(Version|Alias)$')
        )
        SELECT subject, type, uri
        FROM subjects
        WHERE subject IS NOT NULL AND type IS NOT NULL AND uri IS NOT NULL
        """
    )
    return {subject: _Subject(type_, uri) for subject, type_, uri in rows}


def _select(document: Document, subjects: Mapping[str, _Subject], selector: str) -> set[str]:
    """Return the identifiers that ``selector`` names: in the document, and as the address of a subject.

    An address may have had several subjects: a model, and after its deletion another one of the same name.
    """
    addresses = {selector, *(f"{scheme}:/{selector}" for scheme in ("models", "prompts"))}
    names = {subject for subject, about in subjects.items() if about.uri in addresses}
    try:
        return {*names, *select(document, selector)}
    except SelectionError:
        if names:
            return names
        # The names of subjects are values of attributes, which a file may have as it likes.
        with suppress(SelectionError, StatementError, NamespaceError):
            return {*select(_describe(document, subjects), selector)}
        raise


def _describe(document: Document, subjects: Mapping[str, _Subject]) -> Document:
    """Return a document of the subjects, with the attributes that selectors look at."""
    statements = (
        Statement(
            "entity",
            identifier,
            (),
            (
                Attribute("prov:type", subject.type, QUALIFIED_NAME),
                Attribute("uri", subject.uri),
                *(Attribute(key, value) for key, value in _names(subject).items()),
            ),
        )
        for identifier, subject in subjects.items()
    )
    namespaces = {"": MLFLOW2PROV, **document.namespaces.declared}
    return Document.from_statements(statements, namespaces)


def _names(subject: _Subject) -> dict[str, str]:
    """Return the ids and names in the address of a subject."""
    name = subject.uri.partition(":")[2].lstrip("/")
    if subject.type in _ID_KEYS:
        return {_ID_KEYS[subject.type]: name}
    if subject.type.endswith("Version"):
        model, _, version = name.rpartition("/")
        return {"name": model, "version": version}
    if subject.type.endswith("Alias"):
        return {"name": name.rpartition("@")[2]}
    return {"name": name or subject.uri}


# Changes


def _changes(document: Document) -> list[tuple[ObservedChange, float | None, set[str]]]:
    """Return the changes in the order of time, each with the second of its observation and the names that select it.

    A recorded time counts only within the bounds, since the clocks of the machines differ.
    """
    values = ", ".join(f"attr(attributes, {literal(key)}) AS {key}" for key in _KEYS)
    rows = engine.rows(
        f"""
        WITH changes AS (
            SELECT
                id,
                startTime AS changed_at,
                {values},
                attr(attributes, 'registered_model') AS registered_model,
                TRY_CAST(startTime AS TIMESTAMPTZ) AS recorded,
                TRY_CAST(not_before AS TIMESTAMPTZ) AS earliest,
                TRY_CAST(not_after AS TIMESTAMPTZ) AS latest
            FROM {document.tables.of(KIND["activity"])}
            WHERE is_a(attributes, 'ObservedChange')
            QUALIFY row_number() OVER (PARTITION BY id ORDER BY bundle) = 1
        )
        SELECT id, epoch(coalesce(latest, recorded)), registered_model, changed_at, {", ".join(_KEYS)}
        FROM changes
        ORDER BY
            CASE
                WHEN recorded IS NULL THEN coalesce(latest, earliest)
                ELSE least(greatest(recorded, earliest), latest)
            END NULLS LAST,
            subject_uri,
            property,
            key,
            id
        """
    )
    return [
        (
            _change(identifier, changed_at, *values),
            observed,
            {identifier, values[_KEYS.index("subject")], model} - {None},
        )
        for identifier, observed, model, changed_at, *values in rows
    ]


def _change(identifier: str, changed_at: str | None, *values: str | None) -> ObservedChange:
    fields: dict[str, Any] = dict(zip(_KEYS, values, strict=True))
    subject = fields.pop("subject")
    return ObservedChange(
        identifier,
        fields.pop("subject_uri") or subject or "-",
        subject,
        fields.pop("resource_type"),
        fields.pop("property") or "-",
        changed_at=changed_at,
        **fields,
    )
