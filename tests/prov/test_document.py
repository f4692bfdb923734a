"""The Document: a set of statements, whatever their order and whatever their prefixes are called."""

import pytest

from mlflow2prov.prov import KIND, KINDS, Attribute, Document, Statement
from mlflow2prov.prov.kinds import ARGUMENT_COLUMNS

EX = {"ex": "http://example.org/ns#"}
AGENT = Statement("agent", "ex:g", (), (Attribute("ex:k", "v"),))
ENTITY = Statement("entity", "ex:e")
USED = Statement("used", None, ("ex:a", "ex:e", "2024-01-31T12:00:00+00:00"))


def document(*statements, namespaces=None):
    return Document.from_statements(statements, namespaces or EX)


def test_statements_come_in_the_canonical_order():
    in_bundle = Statement("entity", "ex:a", (), (), "ex:b")
    assert list(document(in_bundle, USED, AGENT, ENTITY).statements()) == [
        ENTITY,
        AGENT,
        USED,
        in_bundle,
    ]


def test_equal_are_documents_that_say_the_same():
    assert document(AGENT, ENTITY) == document(ENTITY, AGENT, ENTITY)
    assert document(AGENT) != document(ENTITY)
    renamed = Statement("agent", "x:g", (), (Attribute("x:k", "v"),))
    assert document(AGENT) == document(renamed, namespaces={"x": EX["ex"]})
    assert document(AGENT) != document(renamed, namespaces={"x": "http://example.org/other#"})
    assert document() != "a document"


def test_a_document_goes_with_its_table():
    from mlflow2prov import engine

    gone = document(AGENT)
    schema = gone.tables.of(KIND["agent"]).partition(".")[0]
    listed = f"SELECT count(*) FROM duckdb_schemas() WHERE schema_name = '{schema}'"
    assert engine.scalar(listed) == 1
    del gone
    assert engine.scalar(listed) == 0


def test_a_frame_has_a_row_a_statement():
    frame = document(USED, ENTITY).to_pandas()
    assert list(frame["kind"]) == ["entity", "used"]
    assert list(frame.columns) == [*("bundle", "kind", "id"), *ARGUMENT_COLUMNS, "attributes"]
    assert {"entity", "activity", "time", "startTime", "usedEntity", "asInBundle"} < set(frame)


def test_a_graph_goes_from_effect_to_cause():
    graph = document(USED, ENTITY, AGENT).to_networkx()
    assert graph.nodes["ex:g"] == {"kind": "agent", "ex:k": "v"}
    assert list(graph.edges(data=True)) == [
        ("ex:a", "ex:e", {"kind": "used", "time": "2024-01-31T12:00:00+00:00"})
    ]


def test_several_values_to_a_key_are_a_list_in_a_graph():
    several = Statement("entity", "ex:e", (), tuple(Attribute("ex:k", v) for v in "abc"))
    assert document(several).to_networkx().nodes["ex:e"]["ex:k"] == ["a", "b", "c"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_goes_to_prov_and_back(kind):
    values = [
        "2024-01-31T12:00:00" if a.type.name == "TIME" else f"ex:{a.name}" for a in kind.arguments
    ]
    said = document(Statement(kind.name, "ex:i" if kind.identified else None, tuple(values)))
    assert Document.from_prov(said.to_prov()) == said
