"""The document of a state file: its tables are read where they are."""

import pytest

from mlflow2prov import Statement, engine
from mlflow2prov.engine import AttachedFile, attach_for_reading
from mlflow2prov.prov import KIND
from mlflow2prov.prov.namespaces import MLFLOW2PROV
from mlflow2prov.state import statements
from tests.prov.statements import document

STATEMENTS = (
    Statement("entity", "a", ()),
    Statement("entity", "b", ()),
    Statement("used", None, ("c", "a", None)),
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "state"
    written = AttachedFile(path, is_writable=True)
    statements.store(written, document(*STATEMENTS))
    written.detach()
    return path


def loaded(file):
    return statements.load(attach_for_reading(file), MLFLOW2PROV, ())


def changed(file, sql):
    written = AttachedFile(file, is_writable=True)
    engine.execute(sql.format(written.table("document", "entity")))
    written.detach()


def test_statements_are_read_from_the_file(file):
    read = loaded(file)
    assert read.tables.of(KIND["entity"]).startswith("attached_")
    assert list(read.statements()) == list(STATEMENTS)


def test_statements_are_added_to_a_copy(file):
    read = loaded(file)
    read.extend([Statement("entity", "c", ())])
    assert [each.id for each in read.statements() if each.kind == "entity"] == ["a", "b", "c"]
    assert list(loaded(file).statements()) == list(STATEMENTS)


def test_a_rewritten_table_is_a_copy(file):
    read = loaded(file)
    read.tables.rewrite(lambda _, table: f"FROM {table} LIMIT 1", [KIND["entity"]], unified=True)
    assert [each.id for each in read.statements()] == ["a", None]
    assert list(loaded(file).statements()) == list(STATEMENTS)


@pytest.mark.parametrize(
    "sql", ["DELETE FROM {} WHERE id = 'a'", "ALTER TABLE {} ALTER id TYPE BLOB USING id::BLOB"]
)
def test_a_table_of_another_form_is_copied(file, sql):
    changed(file, sql)
    read = loaded(file)
    assert read.tables.of(KIND["entity"]).startswith("document_")
    assert [each.id for each in read.statements() if each.kind == "entity"][-1] == "b"
