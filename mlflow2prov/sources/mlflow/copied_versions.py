"""Versions of registered models that were registered from other versions.

``MlflowClient.copy_model_version`` writes ``models:/<name>/<version>`` as the source of the copy. A user may
also register ``models:/<name>@<alias>``, ``models:/<name>/<stage>`` or ``models:/<name>/latest`` (MLflow
documentation, "Model Registry", "Fetch a model version").
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pyarrow as pa

from mlflow2prov import engine
from mlflow2prov.facts import Facts

_VERSION_URI = re.compile(r"models:(?://)?/([^/]+)(?:/([^/]+))?/?")


class VersionReference(NamedTuple):
    """A version of a registered model, by its name and one of a number, an alias, a stage or ``latest``."""

    name: str
    version: str | None = None
    alias: str | None = None
    stage: str | None = None
    is_latest: bool = False


def parse_reference(source: str) -> VersionReference | None:
    """Return the version that a URI ``models:/...`` refers to, or None for any other text."""
    match = _VERSION_URI.fullmatch(source)
    if match is None:
        return None
    name, suffix = match.groups()
    if suffix is None:
        name, _, alias = name.rpartition("@")
        return VersionReference(name, alias=alias) if name and alias else None
    if suffix.isascii() and suffix.isdigit():
        return VersionReference(name, version=suffix.lstrip("0") or "0")
    if suffix.lower() == "latest":
        return VersionReference(name, is_latest=True)
    return VersionReference(name, stage=suffix.lower())


def link_copied_versions(facts: Facts) -> None:
    """Set ``source_name`` and ``source_version`` of versions that were registered from other versions.

    An alias or a stage refers to the version that has it now, unless that version is younger than the copy, or
    has another run: then it has been moved, and the origin is unknown. ``latest`` refers to the latest version at
    the time of the registration.
    """
    references = [
        (source, *reference)
        for (source,) in facts.rows(
            """
            SELECT DISTINCT source
            FROM registered_model_versions
            WHERE starts_with(source, 'models:/') AND source_model_id IS NULL
            ORDER BY source
            """
        )
        if (reference := parse_reference(source)) is not None
    ]
    if not references:
        return
    names = ("source", *VersionReference._fields)
    columns = {
        name: pa.array(values)
        for name, values in zip(names, zip(*references, strict=True), strict=True)
    }
    types = {name: pa.bool_() if name == "is_latest" else pa.string() for name in names}
    table = pa.table({name: column.cast(types[name]) for name, column in columns.items()})
    with engine.registered(table) as rows:
        facts.execute(_LINK_COPIES.format(references=rows))


_LINK_COPIES = """
    WITH copies AS (
        SELECT
            copy.name,
            copy.version,
            copy.created_at,
            copy.source_run_id,
            reference.name AS source_name,
            reference.version AS source_version,
            reference.alias,
            reference.stage,
            reference.is_latest
        FROM registered_model_versions AS copy
        JOIN {references} AS reference USING (source)
        WHERE copy.source_model_id IS NULL
    ),
    candidates AS (
        SELECT
            copy.name,
            copy.version,
            original.version AS source_version
        FROM copies AS copy
        JOIN registered_model_versions AS original ON original.name = copy.source_name
        LEFT JOIN registered_model_aliases AS alias
            ON alias.name = copy.source_name AND alias.alias = copy.alias
        WHERE (original.name <> copy.name OR original.version <> copy.version)
            AND NOT coalesce(original.created_at > copy.created_at, false)
            AND (
                original.version = copy.source_version
                OR copy.is_latest
                OR (
                    (original.version = alias.version OR lower(original.stage) = copy.stage)
                    AND NOT coalesce(original.source_run_id <> copy.source_run_id, false)
                )
            )
    ),
    latest_candidates AS (
        SELECT
            name,
            version,
            arg_max(source_version, (coalesce(TRY_CAST(source_version AS BIGINT), 0), source_version))
                AS source_version
        FROM candidates
        GROUP BY name, version
    ),
    -- The number of a version that was purged is still known.
    missing_originals AS (
        SELECT name, version, source_version
        FROM copies AS copy
        WHERE source_version IS NOT NULL
            AND NOT EXISTS (
                FROM registered_model_versions AS original
                WHERE original.name = copy.source_name AND original.version = copy.source_version
            )
    ),
    originals AS (
        FROM latest_candidates
        UNION ALL
        FROM missing_originals
    )
    UPDATE registered_model_versions AS copy
    SET source_name = copies.source_name, source_version = originals.source_version
    FROM copies
    JOIN originals USING (name, version)
    WHERE copies.name = copy.name AND copies.version = copy.version
"""
