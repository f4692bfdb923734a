"""Operations on large documents: validation, lineage, difference, report."""

from __future__ import annotations

from benchmarks.documents import linear_history, registry
from benchmarks.measurement import measure_call, print_row
from mlflow2prov.graph.lineage import lineage
from mlflow2prov.prov.difference import difference
from mlflow2prov.prov.merge import merge
from mlflow2prov.prov.validation import validate
from mlflow2prov.render.report import report

VERSIONS = 200
"""The number of model versions in the report."""


def measure(statements: int, repeat: int) -> None:
    """Print a row for each operation. The floor is one unified copy of the document."""
    document = linear_history(statements)
    floor = measure_call(lambda: merge(document), repeat)
    print_row(f"merge of {len(document):,} statements: the floor", floor, floor)
    copy = merge(document)
    models = registry(VERSIONS)
    last_revision = f"Revision.{statements // 4 - 1}"
    for work, operation in (
        ("validate", lambda: validate(document)),
        (
            "lineage of the last revision, with the complete history",
            lambda: lineage(document, last_revision, history="all"),
        ),
        ("diff against an equal copy", lambda: difference(document, copy)),
        (f"report on {VERSIONS} versions", lambda: report(models)),
    ):
        print_row(work, measure_call(operation, repeat), floor)
