"""Traversal: several groups of starts at once."""

import pytest

from mlflow2prov import engine, load
from mlflow2prov.graph import adjacency
from mlflow2prov.graph.traversal import create_reachable, create_reachable_of_groups
from mlflow2prov.prov import KIND
from mlflow2prov.prov.sql import elements_table
from tests.golden import HERE as GOLDEN


@pytest.mark.parametrize("direction", ["upstream", "downstream"])
@pytest.mark.parametrize("max_batch_rows", [1, 1_000_000])
def test_a_group_reaches_what_its_starts_reach_alone(direction, max_batch_rows, monkeypatch):
    monkeypatch.setattr("mlflow2prov.graph.traversal.MAX_BATCH_ROWS", max_batch_rows)
    document = load(GOLDEN / "result.json")
    names = engine.rows(f"SELECT DISTINCT id FROM {elements_table(document)} ORDER BY id")
    groups = [[name] for (name,) in names[::7]] + [[], [names[0][0], names[-1][0]]]
    schema = engine.Schema("test")
    table = create_reachable_of_groups(schema, "groups", document, groups, direction)
    rows = engine.rows(f"SELECT group_number, name FROM {table} ORDER BY ALL")
    assert rows == [
        (number, name)
        for number, starts in enumerate(groups)
        for (name,) in engine.rows(
            "SELECT name FROM "
            f"{create_reachable(schema, f'alone_{number}', document, starts, direction)} ORDER BY name"
        )
    ]


def test_groups_share_one_graph(monkeypatch):
    document = load(GOLDEN / "result.json")
    versions = [
        name
        for (name,) in engine.rows(
            f"SELECT id FROM {document.tables.of(KIND['entity'])} "
            "WHERE is_a(attributes, 'RegisteredModelVersion')"
        )
    ]
    graphs = []
    from_edges = adjacency.Adjacency.from_edges

    def counted(*arguments, **options):
        graphs.append(from_edges(*arguments, **options))
        return graphs[-1]

    monkeypatch.setattr(adjacency.Adjacency, "from_edges", counted)
    groups = [[version] for version in versions]
    create_reachable_of_groups(engine.Schema("test"), "groups", document, groups, "upstream")
    assert len(groups) > 1
    assert len(graphs) == 1
