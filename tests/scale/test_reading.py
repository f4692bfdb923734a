"""Reading data sets: every name that a file system allows, and the files of several documents."""

import pytest

from mlflow2prov import Document, FormatError, Statement, merge, save
from mlflow2prov.scale.reading import read
from tests.scale.datasets import rows_of_dataset, rows_of_document

ODD_NAMES = [
    "my data %20 \u00e9",
    "\U0001f388#&+;'\"",
    "[1]{a,b}",
    "{",
    "*what?",
    "a\\b]}",
    "kind=agent",
]
URIS = {"the same prefixes": ["urn:x:", "urn:x:"], "other prefixes": ["urn:x:", "urn:y:"]}


def document_of(number, uri):
    return Document.from_statements([Statement("entity", f"ex:e{number}")], {"ex": uri})


def saved(folder, names, uris):
    """Write a document for each name, and return what they have together."""
    folder.mkdir(exist_ok=True)
    documents = [document_of(number, uri) for number, uri in enumerate(uris)]
    for document, name in zip(documents, names, strict=True):
        save(document, folder / name, "parquet")
    return merge(documents)


@pytest.mark.parametrize("uris", URIS.values(), ids=URIS)
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_folder_and_its_files_can_have_any_name(spark, tmp_path, name, uris):
    folder = tmp_path / name
    expected = saved(folder, [f"{name} 1.parquet", f"{name} 2.parquet"], uris)
    dataset = read(spark, f"file://{folder}" if name.isascii() else str(folder))
    assert dataset.namespaces == expected.namespaces
    assert rows_of_dataset(dataset) == rows_of_document(expected)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_can_have_any_name(spark, tmp_path, name):
    expected = saved(tmp_path, [f"{name}.parquet", "other.parquet"], URIS["the same prefixes"])
    dataset = read(spark, str(tmp_path / f"{name}.parquet"))
    assert rows_of_dataset(dataset) == rows_of_document(expected)[:1]


@pytest.mark.parametrize("uris", URIS.values(), ids=URIS)
def test_other_names_with_special_characters_are_patterns(spark, tmp_path, uris):
    expected = saved(tmp_path, ["a b.parquet", "x%.parquet"], uris)
    dataset = read(spark, str(tmp_path / "{a b,[x]?}.p*"))
    assert rows_of_dataset(dataset) == rows_of_document(expected)


@pytest.mark.parametrize("name", ["missing %20", "[missing]", "*.parquet"])
def test_a_missing_name_is_an_error(spark, tmp_path, name):
    with pytest.raises(FormatError, match="there is no such file"):
        read(spark, str(tmp_path / name))


def test_the_name_of_a_folder_is_not_the_value_of_a_column(spark, tmp_path):
    folder = tmp_path / "out" / "bundle=ex:b"
    folder.parent.mkdir()
    expected = saved(folder, ["1.parquet", "2.parquet"], URIS["the same prefixes"])
    assert rows_of_dataset(read(spark, str(folder.parent))) == rows_of_document(expected)
