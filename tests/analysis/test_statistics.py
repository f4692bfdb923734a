"""Statistics: counts of elements and relations."""

import io

import pandas
import pytest

from mlflow2prov import Attribute, Statement, statistics
from mlflow2prov.errors import ConfigurationError
from mlflow2prov.render.tables import to_csv
from tests.prov.statements import QUALIFIED, agent, attributed, document, entity


def typed(identifier, *types, bundle=""):
    literals = tuple(Attribute("prov:type", type_, QUALIFIED) for type_ in types)
    return Statement("entity", identifier, (), literals, bundle)


MANY = (
    typed("a", "Run", "prov:Collection"),
    typed("b", "Run"),
    typed("b", "Run"),
    typed("b", "Run", bundle="other"),
    entity("c"),
    agent("g", "User"),
    attributed("a", "g"),
    attributed("a", "g"),
    attributed("b", "g"),
    Statement("used", None, ("x", "a", None)),
)


def test_A6_coarse_counts_groups_and_what_is_said_twice_once():
    counted = statistics(document(*MANY))
    assert counted.columns == ("kind", "count")
    assert counted.rows == [("entity", 4), ("activity", 0), ("agent", 1), ("relation", 3)]


def test_A6_fine_counts_by_type_and_by_kind_of_relation():
    counted = statistics(document(*MANY), "fine")
    assert counted.columns == ("kind", "type", "count")
    assert counted.rows == [
        ("entity", "-", 1),
        ("entity", "Run", 3),
        ("entity", "prov:Collection", 1),
        ("agent", "User", 1),
        ("used", "-", 1),
        ("wasAttributedTo", "-", 2),
    ]


def test_what_is_given_twice_with_other_attributes_is_one_element_of_both_types():
    made = document(typed("a", "Run"), typed("a", "prov:Collection"))
    assert statistics(made).rows[0] == ("entity", 1)
    assert statistics(made, "fine").rows == [("entity", "Run", 1), ("entity", "prov:Collection", 1)]


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
def test_the_order_of_statements_does_not_count_and_the_document_stays(resolution):
    made = document(*MANY)
    turned = document(*reversed(MANY))
    assert statistics(made, resolution) == statistics(turned, resolution)
    assert len(made) == len(MANY)


@pytest.mark.parametrize("resolution", ["coarse", "fine"])
def test_csv_loads_into_pandas_as_it_is(resolution):
    counted = statistics(document(*MANY), resolution)
    frame = pandas.read_csv(io.StringIO(to_csv(counted)))
    assert frame.equals(counted.to_pandas())
    assert frame["count"].dtype == "int64"


def test_of_nothing_the_counts_are_zero():
    assert statistics(document()).rows == [
        (k, 0) for k in ("entity", "activity", "agent", "relation")
    ]
    assert statistics(document(), "fine").rows == []
    assert list(statistics(document(), "fine").to_pandas().columns) == ["kind", "type", "count"]


def test_another_resolution_is_refused():
    with pytest.raises(ConfigurationError, match="unknown resolution 'medium'"):
        statistics(document(), "medium")
