"""The identity of experiments and registered models: one per thing, whatever happens to the rest of its store."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.sources.mlflow.identity import add_identities
from mlflow2prov.vocabulary import identifier_digest

T, U, V = (f"2024-01-0{day}T00:00:00+00:00" for day in (1, 2, 3))


def identities(*, experiments=(), runs=(), registered_models=(), registered_model_versions=()):
    """Return the identities of experiments by id, and of registered models by name."""
    with Facts() as facts:
        for experiment in experiments:
            facts.add("experiments", **({"lifecycle_stage": "active"} | experiment))
        for run in runs:
            facts.add("runs", **({"lifecycle_stage": "active"} | run))
        for model in registered_models:
            facts.add("registered_models", **model)
        for version in registered_model_versions:
            facts.add("registered_model_versions", **version)
    add_identities(facts)
    return dict(
        facts.rows(
            """
            SELECT experiment_id, identity FROM experiments
            UNION ALL SELECT name, identity FROM registered_models
            UNION ALL SELECT name || '/' || version, identity FROM registered_model_versions
            """
        )
    )


def experiment(experiment_id="0", **columns):
    return {"experiment_id": experiment_id, "name": "Default", **columns}


def run(run_id, experiment_id="0", started_at=T, **columns):
    return {"run_id": run_id, "experiment_id": experiment_id, "started_at": started_at, **columns}


def test_an_experiment_is_identified_by_its_creation_time_and_its_id():
    result = identities(experiments=[experiment("0", created_at=T), experiment("1", created_at=T)])
    assert result == {"0": identifier_digest(T, "0"), "1": identifier_digest(T, "1")}


def test_an_experiment_keeps_its_identity_without_the_others():
    both = [experiment("0", created_at=T), experiment("1", created_at=U)]
    assert identities(experiments=both)["1"] == identities(experiments=both[1:])["1"]


def test_an_experiment_keeps_its_identity_when_it_is_renamed_or_deleted():
    before = experiment(created_at=T)
    after = experiment(created_at=T) | {"name": "old", "lifecycle_stage": "deleted"}
    assert identities(experiments=[before]) == identities(experiments=[after])


@pytest.mark.parametrize("location", ["./mlruns/0", "file:///srv/mlruns/0", None])
def test_old_experiments_of_two_stores_differ_by_their_runs(location):
    old = experiment(artifact_location=location)
    assert identities(experiments=[old], runs=[run("a")]) != identities(
        experiments=[old], runs=[run("b")]
    )


def test_empty_old_experiments_of_two_stores_differ_by_the_runs_of_their_stores():
    old = [experiment("0"), experiment("1")]
    first = identities(experiments=old, runs=[run("a", "1")])
    second = identities(experiments=old, runs=[run("b", "1")])
    assert first["0"] != second["0"]


def test_old_experiments_of_stores_without_runs_differ_by_their_location():
    first, second = experiment(artifact_location="/a/0"), experiment(artifact_location="/b/0")
    assert identities(experiments=[first]) != identities(experiments=[second])


@pytest.mark.parametrize(
    "more",
    [
        {"runs": [run("later", started_at=V)]},
        {"runs": [run("unstarted", started_at=None)]},
        {"experiments": [experiment("1", created_at=U)]},
        {"runs": [run("earlier", "1", started_at=T)], "experiments": [experiment("1")]},
        {"runs": [run("deleted", started_at=T, lifecycle_stage="deleted")]},
    ],
    ids=["later run", "unstarted run", "new experiment", "other experiment", "deleted run"],
)
def test_an_old_experiment_keeps_its_identity_when_others_are_added_or_purged(more):
    store = {"experiments": [experiment()], "runs": [run("first", started_at=U)]}
    larger = {table: [*rows, *more.get(table, [])] for table, rows in store.items()}
    assert identities(**store)["0"] == identities(**larger)["0"]


def test_an_old_experiment_keeps_its_identity_when_it_is_deleted_with_its_runs():
    deleted = {"lifecycle_stage": "deleted"}
    assert identities(experiments=[experiment()], runs=[run("a")]) == identities(
        experiments=[experiment() | deleted], runs=[run("a") | deleted]
    )


def test_a_registered_model_is_identified_by_its_creation_time_and_its_name():
    wine = {"name": "wine", "created_at": T}
    result = identities(registered_models=[wine, wine | {"name": "beer"}])
    assert result == {"wine": identifier_digest(T, "wine"), "beer": identifier_digest(T, "beer")}
    assert identities(registered_models=[wine | {"created_at": U}])["wine"] != result["wine"]


def test_a_version_has_the_identity_of_its_model():
    result = identities(
        registered_models=[{"name": "wine", "created_at": T}],
        registered_model_versions=[{"name": "wine", "version": "1", "created_at": U}],
    )
    assert result["wine/1"] == result["wine"]
