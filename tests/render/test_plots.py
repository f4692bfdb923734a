"""Small plots of numbers of any size."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mlflow2prov.render.report import plots

NUMBERS = some.lists(some.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=400)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.5", 0.5),
        ("-1e3", -1000.0),
        ("NaN", None),
        ("Infinity", None),
        ("-inf", None),
        ("x", None),
        (None, None),
    ],
)
def test_a_value_is_a_finite_number_or_none(text, value):
    assert plots.number(text) == value


@given(NUMBERS)
def test_all_points_lie_within_the_plot_in_order(values):
    points = plots.points(values)
    assert 1 <= len(points) <= 80
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(0 <= x <= plots.WIDTH and 0 <= y <= plots.HEIGHT for x, y in points)
    assert all(math.isfinite(n) for point in points for n in point)


def test_the_highest_and_the_lowest_are_kept_however_many_there_are():
    values = [0.0] * 1000
    values[357], values[702] = 9.0, -9.0
    heights = [y for _, y in plots.points(values)]
    assert min(heights) == 4 and max(heights) == plots.HEIGHT - 4


@given(NUMBERS)
def test_blocks_are_a_short_line(values):
    assert 1 <= len(plots.blocks(values)) <= 24


def test_blocks_rise_and_fall_with_the_values():
    assert plots.blocks([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert plots.blocks([5, 5]) == "▅▅"
