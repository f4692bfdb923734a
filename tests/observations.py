"""Rows of the table of observed changes, and documents of them, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from mlflow2prov.facts import Facts
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify

WINE = {"name": "wine", "is_prompt": False, "identity": "0123456789abcdef01234567"}

SUBJECTS: dict[str, dict[str, Any]] = {
    "http://127.0.0.1:5000": {"subject": "store"},
    "Experiment:1": {"subject": "experiment", "identity": "e1", "experiment_id": "1"},
    "runs:/r1": {"subject": "run", "run_id": "r1"},
    "models:/m-1": {"subject": "logged_model", "model_id": "m-1"},
    "models:/wine": {"subject": "registered_model", **WINE},
    "models:/wine/1": {"subject": "version", **WINE, "version": "1"},
    "models:/wine/2": {"subject": "version", **WINE, "version": "2"},
    "models:/wine@production": {"subject": "alias", **WINE, "alias": "production"},
    "models:/wine@old": {"subject": "alias", **WINE, "alias": "old"},
    "prompts:/greeting/1": {
        "subject": "version",
        "name": "greeting",
        "version": "1",
        "is_prompt": True,
        "identity": "p1",
    },
    "refs/heads/main": {"subject": "branch", "identity": "repository", "name": "refs/heads/main"},
}
"""The columns that identify a subject of each kind, by its address."""

IDENTIFIERS = {
    "Experiment:1": "Experiment.e1.1",
    "runs:/r1": "Run.r1",
    "models:/m-1": "LoggedModel.m-1",
    "models:/wine": f"RegisteredModel.{WINE['identity']}",
    "models:/wine/1": f"RegisteredModelVersion.{WINE['identity']}.1",
    "models:/wine/2": f"RegisteredModelVersion.{WINE['identity']}.2",
    "prompts:/greeting/1": "PromptVersion.p1.1",
}
"""The identifiers of subjects that other rules describe."""


def night(number: int) -> str:
    """Return the time of an observation: 2 o'clock in the morning after so many days."""
    return f"2026-{1 + number // 28:02}-{1 + number % 28:02}T02:00:00+00:00"


def changes(
    uri: str,
    property: str,  # noqa: A002
    *values: str | None,
    key: str | None = None,
    nights: Sequence[int] = (),
    **columns: Any,
) -> list[dict[str, Any]]:
    """Return the changes of a property from each value to the next.

    Args:
        uri: one of :data:`SUBJECTS`.
        property: the property.
        values: its values.
        key: the name of the tag or the parameter.
        nights: the nights of the observations, one for each value; by default consecutive ones.
        columns: other columns of all rows, such as ``changed_at``.
    """
    nights = nights or range(len(values))
    name = f"{uri} {property} {key}"
    return [
        {
            **SUBJECTS[uri],
            "uri": uri,
            "change_id": f"{name} {number}",
            "property": property,
            "key": key,
            "old_value": old,
            "new_value": new,
            "old_state": f"{name} {number - 1}",
            "old_state_since": night(nights[0]) if number == 1 else None,
            "new_state": f"{name} {number}",
            "not_before": night(before),
            "not_after": night(after),
            **columns,
        }
        for number, ((old, new), (before, after)) in enumerate(
            zip(pairwise(values), pairwise(nights), strict=True), start=1
        )
    ]


def document_of(rows: Iterable[dict[str, Any]], **tables: Iterable[dict[str, Any]]) -> Document:
    """Return the unified document of observed changes and of rows of other fact tables."""
    with Facts() as facts:
        for table, table_rows in {"observed_changes": rows, **tables}.items():
            for row in table_rows:
                facts.add(table, **row)
    document = Document()
    expand(RULES, facts, document)
    unify(document)
    return document


TIME = "2025-12-24T10:00:00+00:00"

REGISTRY: dict[str, list[dict[str, Any]]] = {
    "experiments": [
        {
            "experiment_id": "1",
            "name": "wine",
            "lifecycle_stage": "active",
            "created_at": TIME,
            "identity": "e1",
        }
    ],
    "runs": [
        {
            "run_id": "r1",
            "experiment_id": "1",
            "name": "fit",
            "status": "finished",
            "lifecycle_stage": "active",
            "user": "ann",
            "started_at": TIME,
            "ended_at": TIME,
        }
    ],
    "registered_models": [{**WINE, "created_at": TIME}],
    "registered_model_versions": [
        {**WINE, "version": version, "source_run_id": run, "created_at": TIME, "is_deleted": False}
        for version, run in (("2", "r2"), ("3", "r1"))
    ],
    "registered_model_aliases": [{"name": "wine", "alias": "production", "version": "3"}],
}
"""The project as it is today: version 1 has vanished, and the alias ``production`` points to version 3."""

HISTORY = [
    *changes("models:/wine@production", "version", "1", "2", "3", nights=(0, 10, 20)),
    *changes("models:/wine@old", "version", None, "1", None, nights=(0, 10, 20)),
    *changes("models:/wine/1", "presence", "present", None, nights=(0, 20)),
    *changes("models:/wine/2", "stage", "None", "Staging", "Production", nights=(0, 5, 10)),
    *changes("models:/wine/2", "tag", None, "yes", key="approved", nights=(5, 10)),
    *changes("runs:/r1", "status", "running", "finished", nights=(0, 1), changed_at=night(0), time_source="end_time"),
]  # fmt: skip
"""The observed changes of the project."""

VALUES = st.one_of(st.none(), st.sampled_from(["present", "active", "deleted", "", "1"]), st.text())


@st.composite
def histories(draw):
    """Return rows of observed changes, in any order: chains of values of properties of subjects."""
    chains = draw(
        st.lists(
            st.tuples(
                st.sampled_from(sorted(SUBJECTS)),
                st.sampled_from(["presence", "name", "stage", "lifecycle_stage", "version"]),
            ),
            unique=True,
            max_size=4,
        )
    )
    rows = []
    for uri, property_ in chains:
        values = draw(st.lists(VALUES, min_size=2, max_size=5))
        nights = sorted(
            draw(st.sets(st.integers(0, 300), min_size=len(values), max_size=len(values)))
        )
        rows += changes(uri, property_, *values, nights=nights)
    for row in rows:
        if draw(st.booleans()):
            row |= {"changed_at": row["not_before"], "time_source": "last_updated_timestamp"}
    return draw(st.permutations(rows))
