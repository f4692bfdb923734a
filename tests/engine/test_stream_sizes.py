"""The size of the batches of a stream changes no result: every stream of the package runs with batches of two rows."""

import io
from itertools import chain

import pytest

from mlflow2prov import Document, Statement, difference, engine, formats, load, transform, validate
from mlflow2prov.prov import KIND, tables
from mlflow2prov.stores._support.upsert import batches
from tests.golden import HERE as GOLDEN

CYCLE = [
    *(Statement("entity", f"ex:{name}") for name in "abc"),
    *(Statement("wasDerivedFrom", None, (f"ex:{x}", f"ex:{y}")) for x, y in ("ab", "bc", "ca")),
]


ENTITIES = "SELECT id FROM ({}) ORDER BY id"


@pytest.fixture(scope="module")
def document():
    return load(GOLDEN / "result.json")


def changed(document):
    copy = document.copy()
    copy.extend(Statement("entity", f"ex:{name}") for name in ("new", "newer", "newest"))
    return copy


def written(document, name):
    stream = io.BytesIO()
    formats.get(name).write(document, stream)
    return stream.getvalue()


RESULTS = {
    "statements": lambda document: list(document.statements()),
    "differences": lambda document: difference(document, changed(document)).changes,
    "violations": lambda _: validate(Document.from_statements(CYCLE, {"ex": "urn:x:"})).violations,
    "validity": lambda document: validate(document).is_valid,
    "pseudonyms": lambda document: list(
        transform(document, use_pseudonyms=True, pseudonym_key=b"key").statements()
    ),
    "text": lambda document: written(document, "provn"),
    "blank nodes": lambda document: written(document, "nquads"),
    "Parquet": lambda document: formats.read(written(document, "parquet"), format="parquet"),
    "values of stores": lambda document: list(chain(*batches(ENTITIES.format(document.tables.rows(KIND["entity"]))))),
}  # fmt: skip


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_the_size_of_batches_changes_no_result(document, result, monkeypatch):
    expected = result(document)
    sizes = []

    def stream_of_two_rows(sql, size):
        sizes.append(size)
        return stream(sql, 2)

    stream = engine.stream
    monkeypatch.setattr(engine, "stream", stream_of_two_rows)
    monkeypatch.setattr(tables, "FEW_ROWS", 0)
    assert result(document) == expected
    assert min(sizes) > 2
