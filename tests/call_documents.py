"""Documents of captured calls with every type and relation of the mapping, for tests of formats and stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mlflow2prov.facts import Facts
from mlflow2prov.mapping import RULES, expand
from mlflow2prov.prov import Document
from mlflow2prov.prov.unify import unify
from scripts.pictures import EXAMPLES

ODD = "\u2028 <&> \"'\\ ;-- =1+1 \u0416\u6f22\U0001f600\n\t{{x}} %s"
"""A text that needs escapes in every format."""

Row = tuple[str, dict[str, object]]


def rows_of_calls() -> list[Row]:
    """Return rows of fact tables: calls in and around a run, nested, cached, failed, with odd texts."""
    examples = [EXAMPLES["call"], EXAMPLES["call-in-run"]]
    rows = [(table, row) for example in examples for table in example for row in example[table]]
    call = {**EXAMPLES["call"]["calls"][0], "module": ODD, "function": ODD, "argv": ODD}
    composite = {"call_id": "odd", "artifact_id": "whole", "digest": "sha256:44"}
    rows += [
        ("calls", call | {"call_id": "odd", "host": ODD, "exception": ODD, "artifact_id": "whole"}),
        ("calls", call | {"call_id": "within", "parent_id": "odd", "status": "FAILED", "seed": -1}),
        ("calls", call | {"call_id": "cached", "cached": True, "artifact_id": "whole"}),
        ("call_arguments", {"call_id": "odd", "name": ODD, "value": ODD, "is_ignored": True}),
        ("call_results", composite),
        ("call_results", composite | {"key": ODD, "artifact_id": "part", "digest": "sha256:55"}),
        ("environment_packages", {"digest": "e1", "name": ODD, "version": "1"}),
        ("calls", call | {"call_id": "packages", "environment_digest": "e1"}),
    ]
    return rows


def document_of_calls(
    order: Callable[[Iterable[Row]], Iterable[Row]] = lambda rows: rows,
) -> Document:
    """Return the unified document of :func:`rows_of_calls`, which are added in an order."""
    with Facts() as facts:
        for table, row in order(rows_of_calls()):
            facts.add(table, **row)
    document = Document()
    expand(RULES, facts, document)
    unify(document)
    return document
