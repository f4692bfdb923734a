"""Counts with their nouns."""

import pytest

from mlflow2prov.quantity import quantity


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1234, "1,234 runs")]
)
def test_only_one_item_is_in_the_singular(count, text):
    assert quantity(count, "run") == text
