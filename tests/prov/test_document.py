"""The Document: a set of statements. Neither their order nor the names of prefixes matter."""

import pytest

from mlflow2prov.prov import KIND, KINDS, Attribute, Document, Statement
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS

EX = {"ex": "http://example.org/ns#"}
AGENT = Statement("agent", "ex:g", (), (Attribute("ex:k", "v"),))
ENTITY = Statement("entity", "ex:e")
USED = Statement("used", None, ("ex:a", "ex:e", "2024-01-31T12:00:00+00:00"))


def document(*statements, namespaces=None):
    return Document.from_statements(statements, namespaces or EX)


def test_statements_are_in_canonical_order():
    in_bundle = Statement("entity", "ex:a", (), (), "ex:b")
    assert list(document(in_bundle, USED, AGENT, ENTITY).statements()) == [
        ENTITY,
        AGENT,
        USED,
        in_bundle,
    ]


def test_documents_with_the_same_statements_are_equal():
    assert document(AGENT, ENTITY) == document(ENTITY, AGENT, ENTITY)
    assert document(AGENT) != document(ENTITY)
    renamed = Statement("agent", "x:g", (), (Attribute("x:k", "v"),))
    assert document(AGENT) == document(renamed, namespaces={"x": EX["ex"]})
    assert document(AGENT) != document(renamed, namespaces={"x": "http://example.org/other#"})
    assert document() != "a document"


def test_the_tables_of_a_document_are_dropped_with_it():
    from mlflow2prov import engine

    doomed = document(AGENT)
    schema = doomed.tables.of(KIND["agent"]).partition(".")[0]
    query = f"SELECT count(*) FROM duckdb_schemas() WHERE schema_name = '{schema}'"
    assert engine.scalar(query) == 1
    del doomed
    assert engine.scalar(query) == 0


def test_a_frame_has_one_row_per_statement():
    frame = document(USED, ENTITY).to_pandas()
    assert list(frame["kind"]) == ["entity", "used"]
    assert list(frame.columns) == [*("bundle", "kind", "id"), *ARGUMENT_COLUMNS, "attributes"]
    assert {"entity", "activity", "time", "startTime", "usedEntity", "asInBundle"} < set(frame)


def test_the_edges_of_a_graph_point_from_effect_to_cause():
    graph = document(USED, ENTITY, AGENT).to_networkx()
    assert graph.nodes["ex:g"] == {"kind": "agent", "ex:k": "v"}
    assert list(graph.edges(data=True)) == [
        ("ex:a", "ex:e", {"kind": "used", "time": "2024-01-31T12:00:00+00:00"})
    ]


def test_several_values_of_a_key_are_a_list_in_a_graph():
    several = Statement("entity", "ex:e", (), tuple(Attribute("ex:k", v) for v in "abc"))
    assert document(several).to_networkx().nodes["ex:e"]["ex:k"] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_converts_to_prov_and_back(kind):
    values = [
        "2024-01-31T12:00:00" if a.type.name == "TIME" else f"ex:{a.name}" for a in kind.arguments
    ]
    original = document(Statement(kind.name, "ex:i" if kind.identified else None, tuple(values)))
    assert Document.from_prov(original.to_prov()) == original
