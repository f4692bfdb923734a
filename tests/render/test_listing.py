"""Lists on a terminal: short ids that are still selectors, short times and numbers."""

import pytest

from mlflow2prov import list_elements, load
from mlflow2prov.graph.selectors import select
from mlflow2prov.render.listing import MAX_CELL_LENGTH, short
from mlflow2prov.table import Table
from tests.golden import HERE as GOLDEN


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("runs:/40942273b4ea4bdaa9405149be295853", "Run:40942273"),
        ("Commit:38e0f527e8d60fbc6a62b2d83e6fa709e57d7e60", "Commit:38e0f527"),
        ("2026-11-21T06:42:40.171000+00:00", "2026-11-21 06:42"),
        ("0.9814814814814815", "0.9815"),
        ("1.0", "1"),
        ("models:/wine/2", "models:/wine/2"),
        ("abc", "abc"),
        (12345, 12345),
        ("x" * 100, "x" * (MAX_CELL_LENGTH - 1) + "…"),
    ],
)
def test_cells_are_short(cell, text):
    assert short(Table(("a",), [(cell,)])).rows == [(text,)]


@pytest.mark.parametrize("kind", ["runs", "commits", "versions"])
def test_short_selectors_select_the_same(kind):
    wine = load(GOLDEN / "result.json")
    table = list_elements(wine, kind)
    for full, brief in zip(table.rows, short(table).rows, strict=True):
        assert select(wine, brief[-1]) == select(wine, full[-1])
