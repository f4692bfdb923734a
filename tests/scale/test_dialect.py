"""The dialect: every macro of DuckDB is a part of the translated query."""

import pytest

from tests.scale.conftest import require_spark


def to_spark(query):
    require_spark()
    from mlflow2prov.scale import dialect

    return dialect.to_spark(query)


@pytest.mark.parametrize(
    ("query", "translation"),
    [
        ("SELECT attr(a, 'x') FROM t", "IS_NAMED"),
        ("SELECT len(a) FROM t", "LENGTH"),
        ("SELECT regexp_full_match(a, 'x') FROM t", "REGEXP_FULL_MATCH"),
        ("SELECT 'a'::ENUM('a', 'b') FROM t", "ENUM"),
        ("WITH a AS MATERIALIZED (SELECT 1) SELECT * FROM a", "MATERIALIZED"),
    ],
)
def test_what_spark_lacks_is_translated(query, translation):
    assert translation not in to_spark(query).upper()


def test_places_of_lists_count_from_1():
    query = "SELECT list_filter(a, lambda x, place: list_position(b, b[place]) = place) FROM t"
    assert to_spark(query) == (
        "SELECT FILTER(a, (x, place) -> ARRAY_POSITION(b, GET(b, place)) = (place + 1)) FROM t"
    )
