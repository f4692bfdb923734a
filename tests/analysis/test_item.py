"""Items of answers, which are created when they are used."""

from unittest import mock

import pytest

from mlflow2prov.analysis import item
from mlflow2prov.analysis.item import Item, Items, item_values

ROWS = [("a", "id:a", "1", None), ("b", None, "", "x"), ("c", "id:c", None, None)]
ITEMS = (
    Item("a", "id:a", {"value": "1"}),
    Item("b", None, {"digest": "x"}),
    Item("c", "id:c"),
)


@pytest.fixture
def items():
    return Items(("value", "digest"), ROWS)


def test_items_are_those_of_the_rows(items):
    assert items == ITEMS
    assert [items] == [ITEMS]
    assert items != ITEMS[:2]
    assert (len(items), items[-1], items[1:], tuple(items)) == (3, ITEMS[2], ITEMS[1:], ITEMS)
    assert repr(items) == repr(ITEMS)
    assert not Items((), [])


def test_values_are_those_of_the_items(items):
    expected = [("a", "", "1"), ("b", "x", ""), ("c", "", "")]
    assert list(item_values(items, "digest", "value")) == expected
    assert list(item_values(ITEMS, "digest", "value")) == expected


def test_values_need_no_items(items):
    with mock.patch.object(item, "Item", side_effect=AssertionError):
        assert len(list(item_values(items, "value"))) == 3
        with pytest.raises(AssertionError):
            next(iter(items))
