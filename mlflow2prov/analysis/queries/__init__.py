"""The query behind each question of an audit, over the statements of the mapping (``docs/prov-model.md``).

A query answers its question for all subjects of a call at once. It is built from
:class:`~mlflow2prov.analysis.subject_tables.SubjectTables` by one function in a module of this package, which is listed
in the ``QUERIES`` of that module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import groupby
from operator import itemgetter

from mlflow2prov import engine
from mlflow2prov.analysis.item import Items
from mlflow2prov.analysis.queries import calls, code, data, registrations, runs
from mlflow2prov.analysis.queries.parts import Query
from mlflow2prov.analysis.queries.subjects import subject_items
from mlflow2prov.analysis.subject_tables import SubjectTables
from mlflow2prov.engine import identifier

__all__ = ["QUERIES", "answer_items", "subject_items"]

QUERIES: Mapping[str, Callable[[SubjectTables], Query]] = {
    **registrations.QUERIES,
    **runs.QUERIES,
    **code.QUERIES,
    **data.QUERIES,
    **calls.QUERIES,
}
"""The function that builds the query of each question of :data:`~mlflow2prov.analysis.questions.QUESTIONS`."""


def answer_items(tables: SubjectTables, question: str) -> dict[str, Items]:
    """Return the items of the answers to a question by subject, in a stable order and without repetitions."""
    if question in calls.QUERIES and not tables.has_calls:
        return {}
    keys, sql, first = QUERIES[question](tables)
    columns = [identifier(key) for key in keys]
    groups = ", ".join(["subject", "label", *columns])
    values = "".join(f", {column}" for column in columns)
    order = ", ".join(
        [
            "subject",
            first,
            "label",
            *(f"TRY_CAST({column} AS DOUBLE) NULLS LAST, {column}" for column in columns),
            "identifier",
        ]
    )
    rows = engine.rows(
        f"""
        WITH answers AS ({sql})
        SELECT subject, label, min(identifier) AS identifier{values}
        FROM answers
        GROUP BY {groups}
        ORDER BY {order}
        """
    )
    return {
        subject: Items(keys, [row[1:] for row in answers])
        for subject, answers in groupby(rows, itemgetter(0))
    }
