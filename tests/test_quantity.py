"""Counts with their nouns."""

import pytest

from mlflow2prov.quantity import duration, quantity


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1234, "1,234 runs")]
)
def test_only_one_item_is_in_the_singular(count, text):
    assert quantity(count, "run") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (59.9, "59 seconds"),
        (60, "1 minute"),
        (7_200, "2 hours"),
        (86_399, "23 hours"),
        (33.9 * 86_400, "33 days"),
    ],
)
def test_a_time_span_has_the_largest_unit_that_it_contains(seconds, text):
    assert duration(seconds) == text
