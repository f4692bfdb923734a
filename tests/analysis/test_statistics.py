"""Statistics: the numbers of elements and relations."""

import io

import pandas
import pytest

from mlflow2prov import Attribute, Statement, statistics
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.tables import to_csv
from tests.prov.statements import QUALIFIED, agent, attributed, document, entity


def entity_of_types(identifier, *types, bundle=""):
    attributes = tuple(Attribute("prov:type", name, QUALIFIED) for name in types)
    return Statement("entity", identifier, (), attributes, bundle)


MANY = (
    entity_of_types("a", "Run", "prov:Collection"),
    entity_of_types("b", "Run"),
    entity_of_types("b", "Run"),
    entity_of_types("b", "Run", bundle="other"),
    entity("c"),
    agent("g", "User"),
    attributed("a", "g"),
    attributed("a", "g"),
    attributed("b", "g"),
    Statement("used", None, ("x", "a", None)),
)


def test_coarse_statistics_count_elements_and_relations_and_repetitions_once():
    table = statistics(document(*MANY))
    assert table.columns == ("kind", "count")
    assert table.rows == [("entity", 4), ("activity", 0), ("agent", 1), ("relation", 3)]


def test_fine_statistics_count_elements_by_type_and_relations_by_kind():
    table = statistics(document(*MANY), "fine")
    assert table.columns == ("kind", "type", "count")
    assert table.rows == [
        ("entity", "-", 1),
        ("entity", "Run", 3),
        ("entity", "prov:Collection", 1),
        ("agent", "User", 1),
        ("used", "-", 1),
        ("wasAttributedTo", "-", 2),
    ]


def test_an_element_that_is_described_twice_counts_once_and_under_each_of_its_types():
    many = document(entity_of_types("a", "Run"), entity_of_types("a", "prov:Collection"))
    assert statistics(many).rows[0] == ("entity", 1)
    assert statistics(many, "fine").rows == [("entity", "Run", 1), ("entity", "prov:Collection", 1)]


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
def test_statistics_do_not_depend_on_the_order_of_statements_and_do_not_change_the_document(
    resolution,
):
    many = document(*MANY)
    reverse = document(*reversed(MANY))
    assert statistics(many, resolution) == statistics(reverse, resolution)
    assert len(many) == len(MANY)


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
def test_pandas_reads_the_csv_of_a_table(resolution):
    table = statistics(document(*MANY), resolution)
    frame = pandas.read_csv(io.StringIO(to_csv(table)))
    assert frame.equals(table.to_pandas())
    assert frame["count"].dtype == "int64"


def test_the_counts_of_an_empty_document_are_zero():
    assert statistics(document()).rows == [
        (kind, 0) for kind in ("entity", "activity", "agent", "relation")
    ]
    assert statistics(document(), "fine").rows == []
    assert list(statistics(document(), "fine").to_pandas().columns) == ["kind", "type", "count"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"resolution": "medium"}, "unknown resolution 'medium'; choose from coarse, fine"),
        ({"resolution": None}, "resolution.*None"),
        ({"by": "colour"}, "unknown dimension 'colour'; choose from agent, month, type, model"),
        ({"by": ["agent", "colour"]}, "unknown dimension 'colour'"),
        ({"by": [None]}, "by: "),
        ({"by": None}, "by: "),
    ],
)
def test_an_argument_that_is_not_a_choice_is_refused(argument, message):
    with pytest.raises(ConfigurationError, match=message):
        statistics(document(), **argument)
