"""Observed changes in a graph: neither lineage, nor selectors, nor the audit take a state for its subject."""

import pytest

from mlflow2prov import audit, check, explain, impact, lineage, list_elements, report, statistics
from mlflow2prov.analysis.explanation import select_subject
from mlflow2prov.analysis.options import LISTED_KINDS
from mlflow2prov.errors import SelectionError
from mlflow2prov.graph.selectors import select
from tests.observations import HISTORY, IDENTIFIERS, REGISTRY, WINE, changes, document_of

EVERY_SUBJECT = [
    *HISTORY,
    *changes("models:/wine", "description", "a", "b"),
    *changes("Experiment:1", "name", "old", "wine"),
    *changes("models:/wine/2", "tag", None, "fit", key="name"),
]


@pytest.fixture(scope="module")
def today():
    """The project as it is, without its history."""
    return document_of([], **REGISTRY)


@pytest.fixture(scope="module")
def document():
    return document_of(EVERY_SUBJECT, **REGISTRY)


def identifiers(document):
    return {statement.id for statement in document.statements() if statement.id}


def of_type(document, name):
    return {name_ for name_ in identifiers(document) if name_.startswith(f"{name}.")}


@pytest.mark.parametrize("direction", ["upstream", "downstream", "both"])
@pytest.mark.parametrize(
    "selector",
    ["models:/wine@production", "models:/wine/2", "models:/wine", "runs:/r1", "Experiment:1"],
)
def test_lineage_is_the_same_with_and_without_a_history(document, today, selector, direction):
    assert lineage(document, selector, direction) == lineage(today, selector, direction)


def test_lineage_of_an_alias_does_not_reach_the_versions_that_it_pointed_to_before(document):
    part = lineage(document, "models:/wine@production")
    assert of_type(part, "RegisteredModelVersion") == {
        f"RegisteredModelVersion.{WINE['identity']}.3"
    }


def test_lineage_of_a_change_leads_to_the_changes_before_it_and_to_its_subject(document):
    latest = max(
        (s for s in document.statements() if s.kind == "activity" and "@production" in str(s)),
        key=lambda s: next(a.value for a in s.attributes if a.key == "not_after"),
    )
    part = lineage(document, latest.id)
    assert len(of_type(part, "ObservedChange")) == 2
    assert len(of_type(part, "ObservedState")) == 2
    assert len(of_type(part, "RegisteredModelAlias")) == 1
    assert of_type(part, "RegisteredModelVersion") == set()


@pytest.mark.parametrize(
    "selector",
    [
        *("models:/wine", "wine", "models:/wine/2", "models:/wine@production", "wine@production"),
        *("runs:/r1", "Run:fit", "run_id=r1", "status=finished", "Experiment:wine"),
        "RegisteredModelVersion:wine/2",
    ],
)
def test_selectors_select_the_same(document, today, selector):
    assert select(document, selector) == select(today, selector)


def test_an_attribute_of_a_state_selects_no_state(document):
    with pytest.raises(SelectionError, match="nothing in the document matches"):
        select(document, "value=Staging")


def test_the_versions_of_a_model_are_not_its_states(document):
    with pytest.raises(SelectionError, match=r"models:/wine/3 .*, models:/wine/2"):
        select_subject(document, "models:/wine")
    (model,) = audit(document).models
    assert [version.item.label for version in model.versions] == ["wine 2", "wine 3"]


def test_the_audit_is_the_same(document, today):
    for version in ("models:/wine/2", "models:/wine/3"):
        assert explain(document, version).to_dict() == explain(today, version).to_dict()
    assert check(document).findings == check(today).findings
    assert impact(document, "runs:/r1").to_dict() == impact(today, "runs:/r1").to_dict()
    for kind in (None, *LISTED_KINDS):
        assert list_elements(document, kind) == list_elements(today, kind)
    assert "ObservedState" not in report(document, "markdown")


def test_statistics_count_changes_and_states_as_elements_of_their_types(document):
    counts = {row[:2]: row[2] for row in statistics(document, "fine").rows}
    assert counts["activity", "ObservedChange"] == len(EVERY_SUBJECT)
    assert counts["entity", "ObservedState"] > len(EVERY_SUBJECT)
    contributions = statistics(document, by=["agent", "type"])
    assert contributions == statistics(document_of([], **REGISTRY), by=["agent", "type"])


def test_a_vanished_subject_is_selected_by_its_identifier(document):
    name = IDENTIFIERS["models:/wine/1"]
    assert select(document, name) == (name,)
