"""Data sets become folders of Parquet, and folders data sets, with the same statements."""

import pytest

from mlflow2prov import load, merge
from mlflow2prov.output import Output
from mlflow2prov.scale.merge import merge as merge_datasets
from mlflow2prov.scale.reading import read
from mlflow2prov.scale.saving import stage
from tests.prov.statements import document
from tests.scale.datasets import datasets, rows_of_dataset, rows_of_document
from tests.scale.test_operations import PROJECT, typed


@pytest.fixture(scope="module")
def project():
    return document(*PROJECT, typed("entity", "x", "T", note='ü \\ " \n'))


def published(dataset, path):
    output = Output()
    output.add_folder(stage(dataset, str(path)))
    output.publish_files()
    output.discard()
    return sorted(each for each in path.iterdir() if each.name.startswith("part-"))


def test_parquet_can_be_read_by_both_engines(spark, tmp_path, project):
    merged = merge_datasets(datasets(spark, tmp_path, project))
    parts = published(merged, tmp_path / "out.parquet")
    assert merge(load(part) for part in parts) == project
    again = read(spark, str(tmp_path / "out.parquet"))
    assert again.namespaces == project.namespaces
    assert rows_of_dataset(again) == rows_of_document(project)
