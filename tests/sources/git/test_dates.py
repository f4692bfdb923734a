"""Dates: a day means the whole day in the local time zone, whatever the time at which it is asked for."""

import time

import pytest

from mlflow2prov.git.repository import Repository as OpenRepository
from mlflow2prov.sources.git.dates import parse_since, parse_until

START, END = 1_706_659_200, 1_706_745_599
"""The first and the last second of 2024-01-31 UTC."""
HOUR = 3_600


@pytest.fixture
def opened(repository, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    return OpenRepository(repository.path)


@pytest.mark.parametrize(
    "now", ["2026-06-15T00:00:01", "2026-06-15T11:22:33", "2026-06-15T23:59:58"]
)
@pytest.mark.parametrize(
    "day",
    [
        "2024-01-31",
        "2024/01/31",
        "2024.01.31",
        "31.01.2024",
        "01/31/2024",
        "20240131",
        "Jan 31 2024",
        "31 January, 2024",
        "Wed, 31 Jan 2024",
        "January 31st 2024",
        "2024-01-31Z",
        "2024-01-31 UTC",
        " 2024-01-31 ",
    ],
)
def test_a_day_begins_with_its_first_second_and_ends_with_its_last(opened, monkeypatch, day, now):
    # Git reads the present time from this variable.
    epoch = int(time.mktime(time.strptime(now, "%Y-%m-%dT%H:%M:%S")))
    monkeypatch.setenv("GIT_TEST_DATE_NOW", str(epoch))
    assert parse_since(opened, day) == START
    assert parse_until(opened, day) == END


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2024-01", "2024-01-01", "2024-01-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2024", "2024-01-01", "2024-12-31"),
    ],
)
def test_a_month_and_a_year_mean_all_of_their_days(opened, period, first, last):
    assert parse_since(opened, period) == parse_since(opened, first)
    assert parse_until(opened, period) == parse_until(opened, last)


def test_a_day_is_a_day_of_the_local_time_zone_unless_it_names_one(opened, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert parse_since(opened, "2024-01-31") == START - 9 * HOUR
    assert parse_since(opened, "2024-01-31 +0200") == START - 2 * HOUR
    assert parse_since(opened, "2024-01-31+02:00") == START - 2 * HOUR
    assert parse_until(opened, "2024-01-31 -05:00") == END + 5 * HOUR
    assert parse_until(opened, "2024-01-31Z") == END


@pytest.mark.parametrize(
    "date", ["2024-01-31 10:20:30", "2024-01-31T10:20:30Z", "Jan 31 10:20:30 2024", "@1706696430"]
)
def test_a_date_with_a_time_of_day_means_that_second(opened, date):
    assert (
        parse_since(opened, date) == parse_until(opened, date) == START + 10 * HOUR + 20 * 60 + 30
    )


def test_words_for_days_mean_whole_days_and_intervals_end_now(opened):
    now = int(time.time())
    today = now - now % (24 * HOUR)
    assert parse_since(opened, "today") == today
    assert parse_since(opened, "yesterday") == today - 24 * HOUR
    assert parse_until(opened, "yesterday") == today - 1
    assert abs(parse_since(opened, "3 days ago") - (now - 72 * HOUR)) < 60
