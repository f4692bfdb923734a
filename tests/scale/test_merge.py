"""Merge on Spark returns what merge on DuckDB returns: one definition, two engines."""

from hypothesis import given
from hypothesis import strategies as st

from mlflow2prov import Attribute, Document, Statement, merge
from mlflow2prov.scale.merge import merge as merge_datasets
from tests.formats.strategies import documents
from tests.property_tests import examples
from tests.scale.datasets import datasets, rows_of_dataset, rows_of_document

EX = {"ex": "http://example.org/ns#"}


def assert_merged_alike(spark, folder, *parts):
    merged = merge_datasets(datasets(spark, folder, *parts))
    expected = merge(parts)
    assert merged.namespaces == expected.namespaces
    assert rows_of_dataset(merged) == rows_of_document(expected)


# Spark takes seconds for each document.
@examples(0.15)
@given(parts=st.lists(documents(), min_size=3, max_size=3))
def test_random_documents_are_merged_alike(spark, tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("parts")
    assert_merged_alike(spark, folder, *parts, parts[0])


def test_spellings_of_one_value_are_unified_alike(spark, tmp_path):
    times = [
        "2024-01-01T12:00:00+01:00",
        "2024-01-01T11:00:00Z",
        "2024-01-01T11:00:00.000000+00:00",
        "2023-12-31T24:00:00Z",
        "2024-01-01T00:00:00+00:00",
        "2024-01-01T00:00:00",
        "2024-01-01T12:00:00.5-05:00",
        "2024-01-01T17:00:00.500000+00:00",
    ]
    values = [
        *((text, "xsd:int") for text in ("007", "7", "+7", " 7", "-0", "0", "x")),
        *((text, "xsd:decimal") for text in ("1.50", "1.5", "01.500", ".0", "0", "-.5")),
        *(
            (text, "xsd:double")
            for text in ("1e3", "1000", "1.0E3", "INF", "-INF", "NaN", "-0", "0")
        ),
        *((text, "xsd:float") for text in ("0.1", "1e-1", "16777217", "16777216")),
        *((text, "xsd:boolean") for text in ("1", "true", "0", "false", "2")),
        *((time, "xsd:dateTime") for time in times),
        ("7", None),
        ("007", "xsd:string"),
        ("a\\b'\n", None),
    ]
    attributes = [Attribute("ex:k", text, datatype) for text, datatype in values]
    attributes += [Attribute("ex:k", "7", None, language) for language in ("en", "EN", "de")]
    statements = [
        *(Statement("wasGeneratedBy", None, ("ex:e", "ex:a", time), ()) for time in times),
        *(Statement("activity", "ex:a", (time, None), ()) for time in times[:2]),
        Statement("activity", "ex:a", (None, times[3]), attributes[:3]),
        Statement("activity", "ex:b", (times[0], None), ()),
        Statement("activity", "ex:b", (times[4], times[4]), ()),
        Statement("entity", "ex:e", (), attributes),
        Statement("entity", "ex:e", (), attributes[::-1]),
        Statement("agent", "ex:e", (), attributes[:2]),
        Statement("entity", "ex:e", (), attributes[:9], "ex:bundle"),
        Statement("used", "ex:u", ("ex:a", None, None), attributes[:4]),
        Statement("used", "ex:u", ("ex:a", None, None), attributes[2:6]),
        Statement("used", None, ("ex:a", None, None), ()),
        Statement("hadMember", None, ("ex:e", "ex:f"), ()),
        Statement("hadMember", None, ("ex:e", "ex:f"), ()),
    ]
    document = Document.from_statements(statements, EX)
    assert_merged_alike(spark, tmp_path, document)
