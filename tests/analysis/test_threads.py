"""The analysis in threads: calls on one document return the same results as calls one after another."""

from concurrent.futures import ThreadPoolExecutor

from mlflow2prov import audit, check, difference, explain, impact, lineage, statistics
from mlflow2prov.analysis.comparison import compare_subjects
from tests.analysis.graphs import STATEMENTS, document, project, relation
from tests.property_tests import IS_FULL

THREADS = 8
ROUNDS = 5 if IS_FULL else 1


def test_calls_in_threads_return_the_results_of_calls_one_after_another():
    fraud = project()
    changed = project(relation("wasInformedBy", "Commit.c3", "Commit.c1"))
    repetitive = document(*STATEMENTS, *STATEMENTS)
    calls = [
        lambda: explain(fraud, "fraud@live"),
        lambda: explain(repetitive, "models:/fraud/1"),
        lambda: impact(fraud, "Commit:c2c2"),
        lambda: list(lineage(fraud, "models:/fraud/1").statements()),
        lambda: list(lineage(fraud, "Commit:c2c2", "both", depth=2).statements()),
        lambda: statistics(fraud, "fine"),
        lambda: statistics(fraud, by=["agent", "model"]),
        lambda: audit(fraud),
        lambda: check(repetitive, require="environment", minimum=90),
        lambda: difference(fraud, changed),
        lambda: compare_subjects(fraud, "Version.1", "Version.2"),
    ]
    expected = [call() for call in calls]
    numbers = list(range(len(calls))) * ROUNDS
    with ThreadPoolExecutor(THREADS) as threads:
        results = list(threads.map(lambda number: calls[number](), numbers))
    assert results == [expected[number] for number in numbers]
