"""Comparison of captured calls: the code of the functions that one side called, and the contents that they returned."""

from __future__ import annotations

from mlflow2prov import engine
from mlflow2prov.analysis.explanation import Explanation
from mlflow2prov.prov import KIND, Document
from mlflow2prov.prov.sql import is_any_of, names_table

_NAME = "concat(attr(element.attributes, 'module') || '.', attr(element.attributes, 'name'))"


def functions(document: Document, explanation: Explanation) -> dict[str, str]:
    """Return the digests of the source of each function that was called, with its version if it has one."""
    return _digests(
        f"""
        SELECT
            {_NAME} AS name,
            concat_ws(
                ', ',
                attr(element.attributes, 'digest'),
                'version ' || attr(element.attributes, 'version')
            ) AS digest
        FROM {document.tables.of(KIND["wasAssociatedWith"])} AS association
        JOIN {document.tables.of(KIND["entity"])} AS element ON element.id = association.plan
        WHERE association.activity IN (SELECT name FROM {_calls(explanation)})
            AND is_a(element.attributes, 'Function')
        """
    )


def results(document: Document, explanation: Explanation) -> dict[str, str]:
    """Return the digests of the results of each function, computed or looked up, by function and by key or path."""
    key = "coalesce(attr(result.attributes, 'key'), attr(result.attributes, 'path'))"
    return _digests(
        f"""
        WITH results AS (
            SELECT activity, entity AS result FROM {document.tables.of(KIND["wasGeneratedBy"])}
            UNION
            SELECT activity, entity
            FROM {document.tables.of(KIND["used"])}
            WHERE is_named(attr(attributes, 'prov:role'), 'CachedResult')
        )
        SELECT
            {_NAME} || coalesce('[' || {key} || ']', '()') AS name,
            coalesce(attr(result.attributes, 'digest'), '') AS digest
        FROM results
        JOIN {document.tables.of(KIND["activity"])} AS element ON element.id = results.activity
        JOIN {document.tables.of(KIND["entity"])} AS result ON result.id = results.result
        WHERE results.activity IN (SELECT name FROM {_calls(explanation)})
            AND {is_any_of("result.attributes", ["Result"])}
        """
    )


def _calls(explanation: Explanation) -> str:
    return names_table(item.identifier or "" for item in explanation.answer("calls").items)


def _digests(query: str) -> dict[str, str]:
    """Return the values of the column ``digest`` of a query by its column ``name``, several of them joined."""
    rows = engine.rows(
        f"""
        WITH digests AS ({query})
        SELECT name, string_agg(DISTINCT digest, ', ' ORDER BY digest)
        FROM digests
        GROUP BY name
        ORDER BY name
        """
    )
    return dict(rows)
