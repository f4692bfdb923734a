"""Nearby statements: the answers of a large document are those of a small one."""

import pytest

from mlflow2prov import engine, load
from mlflow2prov.analysis import subject_tables
from mlflow2prov.analysis.explanation import explain_all
from mlflow2prov.analysis.subject_tables import SUBJECT_TYPES, SubjectTables
from mlflow2prov.prov import KIND
from mlflow2prov.prov.sql import is_any_of
from tests.analysis.graphs import project
from tests.call_documents import document_of_calls
from tests.golden import HERE as GOLDEN

DOCUMENTS = {
    "golden": lambda: load(GOLDEN / "result.json"),
    "project": project,
    "calls": document_of_calls,
}


def subjects_of(document):
    query = f"""
        SELECT DISTINCT id
        FROM {document.tables.of(KIND["entity"])}
        WHERE {is_any_of("attributes", SUBJECT_TYPES)}
        ORDER BY id
        """
    return [identifier for (identifier,) in engine.rows(query)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_answers_are_those_of_the_whole_document(name, monkeypatch):
    document = DOCUMENTS[name]()
    subjects = subjects_of(document)
    assert subjects
    expected = [explanation.to_dict() for explanation in explain_all(document, subjects)]
    monkeypatch.setattr(subject_tables, "MIN_LARGE_DOCUMENT", 0)
    together = explain_all(document, subjects)
    assert [explanation.to_dict() for explanation in together] == expected
    alone = explain_all(document, subjects[:1])
    assert [explanation.to_dict() for explanation in alone] == expected[:1]


def test_the_questions_about_a_large_document_read_a_part_of_it(monkeypatch):
    document = project()
    subjects = subjects_of(document)[:1]
    table = document.tables.of(KIND["entity"])
    assert SubjectTables(document, subjects).statements("entity") == table
    monkeypatch.setattr(subject_tables, "MIN_LARGE_DOCUMENT", 0)
    part = SubjectTables(document, subjects)
    rows = f"SELECT count(*) FROM {part.statements('entity')}"
    assert 0 < engine.scalar(rows) < engine.scalar(f"SELECT count(*) FROM {table}")
