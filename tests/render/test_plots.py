"""Small plots of numbers of any magnitude."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov.render.report import plots

VALUES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=400)


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
def test_only_finite_numbers_are_plotted(text, value):
    assert plots.finite_number(text) == value


@given(VALUES)
def test_points_are_inside_the_plot_and_in_order(values):
    points = plots.points(values)
    assert 1 <= len(points) <= plots.MAX_POINTS
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    assert all(0 <= x <= plots.WIDTH and 0 <= y <= plots.HEIGHT for x, y in points)
    assert all(math.isfinite(n) for point in points for n in point)


def test_downsampling_keeps_the_extremes():
    values = [0.0] * 1000
    values[357], values[702] = 9.0, -9.0
    heights = [y for _, y in plots.points(values)]
    assert min(heights) == 4 and max(heights) == plots.HEIGHT - 4


def test_downsampling_begins_above_the_maximum_number_of_points(monkeypatch):
    monkeypatch.setattr(plots, "MAX_POINTS", 6)
    assert len(plots.points([1, 2, 1, 2, 1, 2])) == 6
    assert len(plots.points([1, 2, 1, 2, 1, 2, 1])) < 7


@given(VALUES)
def test_blocks_are_a_short_line(values):
    assert 1 <= len(plots.blocks(values)) <= plots.MAX_BLOCKS


def test_blocks_rise_and_fall_with_the_values():
    assert plots.blocks([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert plots.blocks([5, 5]) == "▅▅"


def test_the_relative_position_of_a_value():
    assert plots.relative_position(2, 1, 5) == 0.25
    assert plots.relative_position(1e308, -1e308, 1e308) == 1
    assert plots.relative_position(5, 5, 5) is None
