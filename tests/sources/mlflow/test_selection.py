"""Selection: only some experiments and runs of a store, with what belongs to them."""

import pytest

from mlflow2prov.errors import TrackingStoreError
from tests.sources.mlflow.stores import count_rows, differing_tables, read


def names(facts, table, column):
    return [name for (name,) in facts.rows(f"SELECT DISTINCT {column} FROM {table} ORDER BY 1")]


@pytest.fixture(params=["sqlite_store", "file_store"])
def store(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("patterns", [["fraud"], ["fr*"], ["[f]raud"], ["fraud,fr?ud"]])
def test_an_experiment_is_selected_by_its_name_or_a_pattern(store, patterns):
    _, everything = read(store)
    _, facts = read(store, experiments=tuple(patterns))
    assert names(facts, "experiments", "name") == ["fraud"]
    ((experiment_id,),) = facts.rows("SELECT experiment_id FROM experiments")
    assert names(facts, "runs", "experiment_id") == [experiment_id]
    runs = everything.rows(f"SELECT run_id FROM runs WHERE experiment_id = '{experiment_id}'")
    assert len(facts.rows("SELECT run_id FROM runs")) == len(runs) > 0
    _, by_id = read(store, experiments=(experiment_id,))
    assert differing_tables(facts, by_id) == set()


def test_a_list_of_experiments_is_their_union(store):
    _, facts = read(store, experiments=("fraud,gone",))
    assert names(facts, "experiments", "name") == ["fraud", "gone"]
    _, one_by_one = read(store, experiments=("gone", "fraud"))
    assert differing_tables(facts, one_by_one) == set()


def test_all_experiments_are_all_facts_of_runs(store):
    _, everything = read(store)
    _, facts = read(store, experiments=("*",))
    kept = set(count_rows(everything)) - differing_tables(facts, everything)
    assert {"experiments", "runs", "params", "metrics", "logged_models", "run_tags"} <= kept


def test_nothing_of_other_experiments_is_left(store):
    _, facts = read(store, experiments=("fraud",))
    runs, models = names(facts, "runs", "run_id"), names(facts, "logged_models", "model_id")
    for table in ("params", "metrics", "run_tags", "artifacts", "dataset_inputs", "run_traces"):
        assert set(names(facts, table, "run_id")) <= set(runs), table
    versions = facts.rows("SELECT source_run_id, source_model_id FROM registered_model_versions")
    assert versions and all(run in runs or model in models for run, model in versions)
    registered = names(facts, "registered_model_versions", "name")
    assert names(facts, "registered_models", "name") == registered
    assert set(names(facts, "registered_model_aliases", "name")) <= set(registered)


def test_without_its_runs_a_registered_model_is_not_selected(store):
    _, facts = read(store, experiments=("gone",))
    assert facts.rows("SELECT * FROM registered_models") == []
    assert facts.rows("SELECT * FROM registered_model_aliases") == []


def test_identities_do_not_depend_on_the_selection(store):
    _, everything = read(store)
    _, facts = read(store, experiments=("fraud",), runs_since=4_000_000_000)
    query = "SELECT identity FROM experiments WHERE name = 'fraud'"
    assert facts.rows(query) == everything.rows(query)
    assert facts.rows("SELECT * FROM runs") == []


def test_runs_are_selected_by_their_start(store):
    _, everything = read(store)
    starts = [start for (start,) in everything.rows("SELECT started_at FROM runs ORDER BY 1")]
    ((middle,),) = everything.rows(
        f"SELECT ceil(epoch(CAST('{starts[len(starts) // 2]}' AS TIMESTAMPTZ)))::BIGINT"
    )
    _, facts = read(store, runs_since=middle)
    query = f"SELECT run_id FROM runs WHERE epoch(CAST(started_at AS TIMESTAMPTZ)) >= {middle} ORDER BY 1"
    expected = everything.rows(query)
    assert facts.rows("SELECT run_id FROM runs ORDER BY 1") == expected
    assert 0 < len(expected) < len(starts)


def test_an_unknown_experiment_is_an_error_that_lists_the_others(store):
    with pytest.raises(
        TrackingStoreError, match=r"unknown experiment 'fruad'; .*did you mean fraud\?"
    ):
        read(store, experiments=("fraud,fruad",))


def test_gaps_in_the_versions_of_a_selection_are_no_deletions(sqlite_store):
    report, _ = read(sqlite_store, experiments=("fraud",))
    assert not any("version numbers are missing" in notice for notice in report.notices)


@pytest.mark.parametrize("options", [{"experiments": ("fraud",)}, {"runs_since": 1_700_000_001}])
def test_a_server_selects_as_its_database_does(sqlite_server, sqlite_store, options):
    _, direct = read(sqlite_store, artifacts="none", **options)
    _, served = read(sqlite_server, artifacts="none", **options)
    for table in ("experiments", "params", "metrics", "logged_models", "registered_models"):
        assert table not in differing_tables(direct, served)
    query = "SELECT run_id FROM runs ORDER BY run_id"
    assert direct.rows(query) == served.rows(query) != []
