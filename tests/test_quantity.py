"""Counts with their nouns."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from mlflow2prov.quantity import quantity, time_between


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (1234, "1,234 runs")]
)
def test_only_one_item_is_in_the_singular(count, text):
    assert quantity(count, "run") == text


START = datetime(2025, 1, 27, 17, 46, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (59.9, "59 seconds"),
        (-60, "1 minute"),
        (7_200, "2 hours"),
        (86_399, "23 hours"),
        (86_400, "1 day"),
        (32.3 * 86_400, "33 days"),
        (-32.9 * 86_400, "33 days"),
    ],
)
def test_the_time_between_two_times_has_the_largest_unit_that_it_contains(seconds, text):
    assert time_between(START, START + timedelta(seconds=seconds)) == text


def test_days_are_those_of_utc():
    zone = timezone(timedelta(hours=9))
    assert time_between(START, (START + timedelta(days=2)).astimezone(zone)) == "2 days"
