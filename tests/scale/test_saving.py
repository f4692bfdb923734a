"""Data sets become folders of Parquet, and folders data sets, with the same statements."""

import pytest

from mlflow2prov import Attribute, Statement, load, merge, save
from mlflow2prov.errors import FormatError
from mlflow2prov.output import Output
from mlflow2prov.scale.merge import merge as merge_datasets
from mlflow2prov.scale.reading import read
from mlflow2prov.scale.saving import stage
from tests.prov.statements import document
from tests.scale.datasets import datasets, rows_of_dataset, rows_of_document
from tests.scale.test_operations import PROJECT, START, relation, typed


@pytest.fixture(scope="module")
def project():
    return document(*PROJECT, typed("entity", "x", "T", note='ü \\ " \n'))


def published(dataset, path, format_="parquet"):
    output = Output()
    output.add_folder(stage(dataset, str(path), format_))
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


BUNDLE = (
    typed("entity", "model", "RegisteredModel", bundle="b1"),
    relation("used", "fit", "nothing", START, bundle="b1"),
    relation("used", "fit", "nothing", None, bundle="b1"),
    relation("used", "fit", "nothing", None, bundle="b 2"),
    relation("wasAssociatedWith", "fit", "ada", "plan", bundle="b 2"),
)


@pytest.mark.parametrize("statements", [PROJECT, (*PROJECT, *BUNDLE)], ids=["project", "bundles"])
def test_parts_of_nquads_are_the_document(spark, tmp_path, statements):
    whole = document(
        *statements,
        typed("entity", "a name/with spaces", "T", note='ü \\ " \n', language="x"),
        Statement("used", "u1", ("fit", "rev1", START), (Attribute("role", "data"),)),
        relation("wasAssociatedWith", "fit", "ada", "plan"),
        relation("wasAssociatedWith", "call", "ada", "plan"),
        relation("used", "fit", "rev1", START),
    )
    parts = published(*datasets(spark, tmp_path, whole), tmp_path / "out.nq", "nquads")
    assert len(parts) > 1
    assert merge(load(part, format="nquads") for part in parts) == whole
    joined = tmp_path / "joined.nq"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert load(joined) == whole
    save(whole, tmp_path / "whole.nq", "nquads")
    assert without_blank_nodes(joined) == without_blank_nodes(tmp_path / "whole.nq")


def without_blank_nodes(path):
    """Return the lines of a file of N-Quads that name no blank node, and the number of the others."""
    lines = {line for line in path.read_text().splitlines() if not line.startswith("#")}
    named = {line for line in lines if "_:" not in line}
    return named, len(lines) - len(named)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (
            (
                Statement("used", "x", ("a", "e", None), ()),
                Statement("wasGeneratedBy", "x", ("e", "a", None), ()),
            ),
            "two statements of one identifier",
        ),
        (
            (relation("mentionOf", "e", "g", "b"), relation("mentionOf", "e", "h", "b")),
            "two mentions of e",
        ),
    ],
)
def test_what_nquads_cannot_express_is_refused(spark, tmp_path, statements, message):
    (dataset,) = datasets(spark, tmp_path, document(*statements))
    with pytest.raises(FormatError, match=f"^PROV-O cannot express {message}"):
        stage(dataset, str(tmp_path / "out.nq"), "nquads")
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".nq")]
