"""Validation of large documents: what is left out or kept in files does not change the result."""

import itertools

import numpy as np
import pytest

from mlflow2prov import Document, Statement, validate
from mlflow2prov.engine import Sql
from mlflow2prov.prov.validation import graph, instance
from mlflow2prov.prov.validation.instance import read_instance
from mlflow2prov.prov.validation.repetition import repeating_rows

EX = {"ex": "http://example.org/"}


def document(*statements):
    return Document.from_statements([Statement(*statement) for statement in statements], EX)


CHAIN = [
    *(("entity", f"ex:e{number}") for number in range(6)),
    *(("wasDerivedFrom", None, (f"ex:e{number + 1}", f"ex:e{number}")) for number in range(5)),
    *(("wasGeneratedBy", None, (f"ex:e{number}", "ex:a")) for number in range(6)),
]
CYCLE = ("wasDerivedFrom", None, ("ex:e0", "ex:e5"))
CONTRADICTION = (
    ("wasGeneratedBy", "ex:g", ("ex:e1", "ex:a")),
    (
        "wasGeneratedBy",
        "ex:h",
        ("ex:e1", "ex:a"),
    ),
)


def selected(*statements):
    rows = repeating_rows(read_instance(document(*statements)))
    return {kind: len(places) for kind, places in rows.items() if len(places)}


def test_statements_that_share_nothing_are_not_unified():
    assert selected(*CHAIN) == {}


@pytest.mark.parametrize(
    ("statements", "kinds"),
    [
        ([("entity", "ex:x"), ("entity", "ex:x")], {"entity": 2}),
        ([("used", "ex:x", ("ex:a",)), ("entity", "ex:x")], {"entity": 1, "used": 1}),
        ([("wasGeneratedBy", None, ("ex:e", "ex:a"))] * 2, {"wasGeneratedBy": 2}),
        (
            [
                ("wasGeneratedBy", "ex:g", ("ex:e",)),
                ("wasInfluencedBy", "ex:g", ("ex:e", "ex:a")),
                ("wasGeneratedBy", "ex:h", ("ex:e", "ex:a")),
            ],
            {"wasGeneratedBy": 2, "wasInfluencedBy": 1},
        ),
        (
            [
                ("wasDerivedFrom", None, ("ex:e", "ex:f", "ex:a", "ex:g")),
                ("wasGeneratedBy", "ex:h", ("ex:e", "ex:a")),
                ("wasGeneratedBy", "ex:i", ("ex:f", "ex:a")),
            ],
            {"wasDerivedFrom": 1, "wasGeneratedBy": 1},
        ),
        (
            [("mentionOf", None, ("ex:e", general, "ex:b")) for general in ("ex:f", "ex:g")],
            {"mentionOf": 2},
        ),
        (
            [
                ("activity", "ex:a", ("2024-01-01T00:00:00Z",)),
                ("wasStartedBy", None, ("ex:a", None, None, "2024-01-02T00:00:00Z")),
                ("activity", "ex:b", ("2024-01-01T00:00:00Z",)),
                ("wasStartedBy", None, ("ex:b", None, None, "2024-01-01T00:00:00Z")),
            ],
            {"activity": 1, "wasStartedBy": 1},
        ),
    ],
)
def test_statements_that_may_be_the_same_are_unified(statements, kinds):
    assert selected(*statements) == kinds


@pytest.mark.parametrize("batch_rows", [1, 7])
@pytest.mark.parametrize("further", [(), (CYCLE,), CONTRADICTION])
def test_numbers_in_files_give_the_same_report(monkeypatch, batch_rows, further):
    expected = validate(document(*CHAIN, *further))
    monkeypatch.setattr(instance, "_BATCH_ROWS", batch_rows)
    assert validate(document(*CHAIN, *further)) == expected
    assert expected.is_valid is not bool(further)


def test_names_with_the_same_hash_have_different_numbers(monkeypatch):
    expected = validate(document(*CHAIN, CYCLE))
    salts = itertools.count()
    name_hash = instance._name_hash

    def colliding(bundle, name, salt):
        return Sql("7::UBIGINT") if salt == 0 and not next(salts) else name_hash(bundle, name, salt)

    monkeypatch.setattr(instance, "_name_hash", colliding)
    report = validate(document(*CHAIN, CYCLE))
    assert report.counts == expected.counts
    assert not report.is_valid


def test_edges_outside_of_cycles_are_left_out():
    sources, targets = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 0, 0, 5])
    edges = graph._edges_within(sources, targets, 6)
    assert edges.tolist() == [0, 1, 2]
    sources, targets, count = graph._renumbered(sources[edges] + 7, targets[edges] + 7, 20)
    assert (sources.tolist(), targets.tolist(), count) == ([0, 1, 2], [1, 2, 0], 3)
    sources, targets = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 0, 0, 5])
    assert graph.shortest_cycles(sources, targets, 6, np.array([2, 3]), 1)[1] == 1
