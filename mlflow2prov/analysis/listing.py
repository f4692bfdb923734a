"""Lists of the models, versions, runs, experiments, datasets, people and commits of a document, with their selectors.

Each kind has one query; its columns are those of the list. Filters and sorting are the same for all kinds.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from mlflow2prov import engine
from mlflow2prov.analysis.element_rows import attribute, elements, run_rows
from mlflow2prov.analysis.options import LISTED_KINDS, ListedKind
from mlflow2prov.arguments import (
    checked,
    require_choice,
    require_integer,
    require_text,
    require_texts,
)
from mlflow2prov.errors import ConfigurationError, unknown_choice
from mlflow2prov.graph.main_metrics import main_metrics
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.merge import unified
from mlflow2prov.prov.sql import ids_of_type, is_any_of
from mlflow2prov.table import Cell, Table

_CONDITION = re.compile(
    r"\s*(?P<column>\w+)\s*(?P<operator>!=|>=|<=|=|>|<)\s*(?P<value>.*?)\s*", re.S
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_MISSING = "-"


@checked
def list_elements(
    document: Document,
    kind: ListedKind | None = None,
    *,
    where: str | Iterable[str] = (),
    sort: str | None = None,
    limit: int | None = None,
) -> Table:
    """List the elements of a kind, each with a selector that other functions take.

    Args:
        document: a document from ``extract``, or several of them merged.
        kind: ``models``, ``versions``, ``runs``, ``experiments``, ``datasets``, ``people`` or ``commits``; None counts
            the elements of each kind.
        where: conditions that all hold: ``column=value``, whose value may be a pattern with ``*`` and ``?``, ``!=``, or
            ``<``, ``<=``, ``>``, ``>=``, which compare numbers as numbers and other values as texts.
        sort: the column to sort by, with ``-`` before it for the largest first. Rows without a value come last.
        limit: the number of rows, at least 1; all by default.

    Returns:
        A table; ``-`` stands for an unknown value.

    Raises:
        ConfigurationError: an argument is not valid, or names a column that the list lacks.
    """
    document = unified(document)
    if kind is None:
        table = _overview(document)
    else:
        require_choice("kind", kind, LISTED_KINDS)
        table = _table(_QUERIES[kind](document))
    rows = table.rows
    for condition in require_texts("where", where):
        holds = _condition(condition, table.columns)
        rows = [row for row in rows if holds(row)]
    if sort is not None:
        rows = _sorted(rows, table.columns, require_text("sort", sort))
    if limit is not None:
        rows = rows[: require_integer("limit", limit, 1)]
    return Table(table.columns, rows)


@checked
def list_subjects(document: Document, *, impact: bool = False) -> Table:
    """List the versions and runs that can be explained; with ``impact``, also commits, datasets and people.

    Args:
        document: a document from ``extract``, or several of them merged.
        impact: list the elements that :func:`~mlflow2prov.analysis.impact.impact` takes.

    Returns:
        A table with the columns ``selector``, ``kind``, ``name``, ``started_at``, ``metric`` and ``value``.
    """
    document = unified(document)
    kinds: tuple[ListedKind, ...] = ("versions", "runs")
    if impact:
        kinds = ("commits", "datasets", "people", "versions", "runs")
    columns = ("selector", "kind", "name", "started_at", "metric", "value")
    rows: list[tuple[Cell, ...]] = []
    for kind in kinds:
        table = _table(_QUERIES[kind](document))
        for row in table.rows:
            cells = dict(zip(table.columns, row, strict=True))
            name = _name(cells)
            cells |= {
                "kind": kind.removesuffix("s") if kind != "people" else "person",
                "name": name,
            }
            rows.append(tuple(cells.get(column, _MISSING) for column in columns))
    return Table(columns, rows)


def _name(cells: Mapping[str, Cell]) -> str:
    """Return the name that distinguishes a row from others of its kind."""
    names = (str(cells.get(key, _MISSING)) for key in ("name", "title", "username"))
    name = next((name for name in names if name != _MISSING), _MISSING)
    if "version" in cells:
        name = f"{name} {cells['version']}"
    aliases = cells.get("aliases", _MISSING)
    return name if aliases == _MISSING else f"{name} ({aliases})"


def _table(query: tuple[tuple[str, ...], str]) -> Table:
    columns, sql = query
    rows = [
        tuple(_MISSING if cell is None or cell == "" else cell for cell in row)
        for row in engine.rows(sql)
    ]
    return Table(columns, rows)


def _overview(document: Document) -> Table:
    """Return the number of elements of each kind."""
    counts = [(kind, len(_table(_QUERIES[kind](document)).rows)) for kind in LISTED_KINDS]
    return Table(("kind", "count"), list(counts))


# Conditions and order.


def _condition(text: str, columns: Sequence[str]) -> Callable[[Sequence[Cell]], bool]:
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f"where: {text[:80]!r} is not a condition; write column=value, as status=finished or 'value>0.9'"
        )
    index = _column(match["column"], columns)
    symbol, value = match["operator"], match["value"]
    if symbol in ("=", "!="):
        return lambda row: _matches(str(row[index]), value) == (symbol == "=")
    compare = _COMPARISONS[symbol]

    def holds(row: Sequence[Cell]) -> bool:
        cell = row[index]
        if cell == _MISSING:
            return False
        number, bound = _number(cell), _number(value)
        if number is None or bound is None:
            return compare(str(cell), value)
        return compare(number, bound)

    return holds


def _matches(cell: str, pattern: str) -> bool:
    return cell == pattern or fnmatchcase(cell.casefold(), pattern.casefold())


def _column(name: str, columns: Sequence[str]) -> int:
    if name not in columns:
        raise ConfigurationError(unknown_choice("column", name, columns))
    return columns.index(name)


def _sorted(
    rows: list[tuple[Cell, ...]], columns: Sequence[str], sort: str
) -> list[tuple[Cell, ...]]:
    index = _column(sort.removeprefix("-"), columns)
    rows_with_value = [row for row in rows if row[index] != _MISSING]
    rows_without_value = [row for row in rows if row[index] == _MISSING]
    numbers = [_number(row[index]) for row in rows_with_value]
    is_numeric = all(number is not None for number in numbers)

    def key(row: tuple[Cell, ...]) -> tuple[float, str]:
        return (_number(row[index]) or 0.0, "") if is_numeric else (0.0, str(row[index]).casefold())

    return [*sorted(rows_with_value, key=key, reverse=sort.startswith("-")), *rows_without_value]


def _number(cell: Cell) -> float | None:
    try:
        number = float(cell)
    except ValueError:
        return None
    return None if number != number else number  # NaN is not a number


# The kinds. Each function returns the columns and the query of a list.


def _versions(document: Document) -> tuple[tuple[str, ...], str]:
    tables = document.tables
    columns = (
        "name",
        "version",
        "aliases",
        "stage",
        "run",
        "metric",
        "value",
        "created_at",
        "selector",
    )
    return (
        columns,
        f"""
        WITH alias_names AS (
            SELECT alternate.alternate2 AS id, {attribute("name", "alias")} AS name
            FROM {tables.of(KIND["alternateOf"])} AS alternate
            JOIN {tables.of(KIND["entity"])} AS alias ON alias.id = alternate.alternate1
            WHERE {is_any_of("alias.attributes", ["RegisteredModelAlias"])}
        ),
        aliases AS (
            SELECT id, string_agg(DISTINCT name, ', ' ORDER BY name) AS names FROM alias_names GROUP BY id
        ),
        runs AS (
            SELECT registration.entity AS id, min(generation.entity) AS run
            FROM {tables.of(KIND["wasGeneratedBy"])} AS registration
            JOIN {tables.of(KIND["wasInformedBy"])} AS communication
                ON communication.informed = registration.activity
            JOIN {tables.of(KIND["wasGeneratedBy"])} AS generation
                ON generation.activity = communication.informant
            WHERE generation.entity IN {ids_of_type(document, "entity", ["Run"])}
            GROUP BY registration.entity
        )
        SELECT
            {attribute("name")},
            {attribute("version")},
            aliases.names,
            nullif({attribute("registered_model_version_stage")}, 'None'),
            coalesce({attribute("name", "run")}, {attribute("run_id", "run")}),
            main.metric,
            main.value,
            {attribute("created_at")},
            {attribute("uri")}
        FROM {elements(document, ["RegisteredModelVersion"])} AS element
        LEFT JOIN aliases ON aliases.id = element.id
        LEFT JOIN runs ON runs.id = element.id
        LEFT JOIN {elements(document, ["Run"])} AS run ON run.id = runs.run
        LEFT JOIN {main_metrics(document)} AS main ON main.run = runs.run
        ORDER BY
            {attribute("name")},
            TRY_CAST({attribute("version")} AS BIGINT) DESC,
            element.id
        """,
    )


def _models(document: Document) -> tuple[tuple[str, ...], str]:
    columns = ("name", "versions", "latest", "aliases", "description", "created_at", "selector")
    _, versions = _versions(document)
    return (
        columns,
        f"""
        WITH versions(name, version, aliases, stage, run, metric, value, created_at, uri) AS ({versions})
        SELECT
            {attribute("name")},
            count(versions.name),
            max(TRY_CAST(versions.version AS BIGINT))::VARCHAR,
            string_agg(versions.aliases, ', ' ORDER BY versions.aliases),
            {attribute("description")},
            {attribute("created_at")},
            'RegisteredModel:' || {attribute("name")}
        FROM {elements(document, ["RegisteredModel"])} AS element
        LEFT JOIN versions ON versions.name = {attribute("name")}
        GROUP BY element.id, element.attributes
        ORDER BY {attribute("name")}, element.id
        """,
    )


def _runs(document: Document) -> tuple[tuple[str, ...], str]:
    columns = (
        *(
            "run_id",
            "name",
            "experiment",
            "status",
            "started_at",
            "user",
            "metric",
            "value",
            "commit",
        ),
        "selector",
    )
    return (
        columns,
        f"""
        SELECT
            runs.run_id,
            runs.name,
            runs.experiment_name,
            runs.status,
            runs.started_at,
            runs.user,
            main.metric,
            main.value,
            coalesce(runs.commit, runs.recorded_commit),
            runs.uri
        FROM {run_rows(document)} AS runs
        LEFT JOIN {main_metrics(document)} AS main ON main.run = runs.id
        ORDER BY runs.started_at DESC NULLS LAST, runs.id
        """,
    )


def _experiments(document: Document) -> tuple[tuple[str, ...], str]:
    columns = ("experiment_id", "name", "runs", "last_run_at", "lifecycle_stage", "selector")
    _, runs = _runs(document)
    return (
        columns,
        f"""
        WITH runs(run_id, name, experiment, status, started_at, "user", metric, value, sha, uri) AS ({runs})
        SELECT
            {attribute("experiment_id")},
            {attribute("name")},
            count(runs.run_id),
            max(runs.started_at),
            {attribute("lifecycle_stage")},
            'Experiment:' || {attribute("experiment_id")}
        FROM {elements(document, ["Experiment"])} AS element
        LEFT JOIN runs ON runs.experiment = {attribute("name")}
        GROUP BY element.id, element.attributes
        ORDER BY TRY_CAST({attribute("experiment_id")} AS HUGEINT), element.id
        """,
    )


def _datasets(document: Document) -> tuple[tuple[str, ...], str]:
    columns = ("name", "digest", "source_type", "runs", "selector")
    return (
        columns,
        f"""
        SELECT
            {attribute("name")},
            {attribute("digest")},
            {attribute("source_type")},
            count(DISTINCT usage.activity),
            'Dataset:' || {attribute("name")} || coalesce('@' || {attribute("digest")}, '')
        FROM {elements(document, ["Dataset"])} AS element
        LEFT JOIN {document.tables.of(KIND["used"])} AS usage ON usage.entity = element.id
        GROUP BY element.id, element.attributes
        ORDER BY {attribute("name")}, {attribute("digest")}, element.id
        """,
    )


def _people(document: Document) -> tuple[tuple[str, ...], str]:
    columns = ("name", "email", "username", "commits", "runs", "selector")
    creation = "resource_type"
    return (
        columns,
        f"""
        WITH activities AS (
            SELECT DISTINCT
                association.agent,
                activity.id,
                is_a(activity.attributes, 'Commit') AS is_commit,
                {attribute(creation, "activity")} = 'Run' AS is_run
            FROM {document.tables.of(KIND["wasAssociatedWith"])} AS association
            JOIN {document.tables.of(KIND["activity"])} AS activity
                ON activity.id = association.activity
        )
        SELECT
            {attribute("name")},
            {attribute("email")},
            {attribute("username")},
            count(*) FILTER (activities.is_commit) AS commits,
            count(*) FILTER (activities.is_run) AS runs,
            'User:' || coalesce({attribute("email")}, {attribute("username")}, {attribute("name")})
        FROM {elements(document, ["User", "Person"], "agent")} AS element
        LEFT JOIN activities ON activities.agent = element.id
        GROUP BY element.id, element.attributes
        ORDER BY commits + runs DESC, element.id
        """,
    )


def _commits(document: Document) -> tuple[tuple[str, ...], str]:
    columns = ("sha", "title", "author", "committed_at", "runs", "selector")
    tables = document.tables
    return (
        columns,
        f"""
        WITH runs AS (
            SELECT communication.informant AS activity, count(DISTINCT generation.entity) AS runs
            FROM {tables.of(KIND["wasInformedBy"])} AS communication
            JOIN {tables.of(KIND["wasGeneratedBy"])} AS generation
                ON generation.activity = communication.informed
            WHERE generation.entity IN {ids_of_type(document, "entity", ["Run"])}
            GROUP BY communication.informant
        ),
        authors AS (
            SELECT
                association.activity,
                string_agg(DISTINCT {attribute("name", "agent")}, ', ') AS names
            FROM {tables.of(KIND["wasAssociatedWith"])} AS association
            JOIN {tables.of(KIND["agent"])} AS agent ON agent.id = association.agent
            WHERE is_named(attr(association.attributes, 'prov:role'), 'Author')
            GROUP BY association.activity
        )
        SELECT
            {attribute("sha")},
            {attribute("title")},
            authors.names,
            coalesce({attribute("committed_at")}, element.endTime),
            coalesce(runs.runs, 0),
            'Commit:' || {attribute("sha")}
        FROM {elements(document, ["Commit"], "activity")} AS element
        LEFT JOIN runs ON runs.activity = element.id
        LEFT JOIN authors ON authors.activity = element.id
        ORDER BY coalesce({attribute("committed_at")}, element.endTime) DESC NULLS LAST, element.id
        """,
    )


_QUERIES: Mapping[ListedKind, Callable[[Document], tuple[tuple[str, ...], str]]] = {
    "models": _models,
    "versions": _versions,
    "runs": _runs,
    "experiments": _experiments,
    "datasets": _datasets,
    "people": _people,
    "commits": _commits,
}
"""The function that returns the query of each kind."""
