"""The commit that added the files of a run: facts in, stored runs out."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.facts.stored_runs import derive_stored_runs

RUN = "1" * 32
OTHER = "2" * 32


def history(*commits):
    """Return the facts of commits a second apart, each a list of paths or of changes."""
    facts = Facts()
    with facts:
        for ordinal, changes in enumerate(commits):
            sha = f"{ordinal:040x}"
            facts.add(
                "commits", ordinal=ordinal, sha=sha, committed_epoch=ordinal, is_selected=True
            )
            for change in changes:
                row = {"status": "A", "is_boundary": False}
                row |= change if isinstance(change, dict) else {"path": change}
                facts.add("changes", ordinal=ordinal, sha=sha, position=0, **row)
        facts.add("runs", run_id=RUN)
    return facts


def stored_runs(facts):
    derive_stored_runs(facts)
    return {
        run_id: int(sha, 16) for run_id, sha in facts.rows("SELECT run_id, sha FROM stored_runs")
    }


@pytest.mark.parametrize(
    "path",
    [
        f"mlruns/1/{RUN}/meta.yaml",
        f"mlruns/1/{RUN}/params/depth",
        f"mlruns/.trash/1/{RUN}/tags/mlflow.user",
        f"1/{RUN}/metrics/loss",
        f"deep/below/mlartifacts/1/{RUN}/artifacts/model/MLmodel",
        f"{RUN}/artifacts/plot.png",
    ],
)
def test_the_commit_that_adds_a_file_of_a_run_stored_the_run(path):
    assert stored_runs(history(["train.py"], [path])) == {RUN: 1}


@pytest.mark.parametrize(
    "path",
    [
        f"mlruns/1/{OTHER}/meta.yaml",
        f"notes/{RUN}/read.me",
        f"mlruns/1/x{RUN}/meta.yaml",
        f"mlruns/1/{RUN}",
        f"mlruns/1/{RUN}/meta.yaml.orig",
    ],
)
def test_other_files_do_not_store_the_run(path):
    assert stored_runs(history([path])) == {}


def test_the_first_commit_counts_and_not_a_change_a_deletion_or_a_move():
    meta, moved = f"mlruns/1/{RUN}/meta.yaml", f"old/mlruns/1/{RUN}/meta.yaml"
    changes = [
        [meta],
        [{"path": meta, "status": "M", "previous_path": meta}],
        [{"path": moved, "status": "R", "previous_path": meta}],
        [{"path": moved, "status": "D"}],
    ]
    assert stored_runs(history(*changes)) == {RUN: 0}


def test_the_earliest_of_several_branches_counts():
    facts = history([f"mlruns/1/{RUN}/meta.yaml"], [f"mlruns/1/{RUN}/meta.yaml"])
    facts.execute("UPDATE commits SET committed_epoch = 9 WHERE ordinal = 0")
    assert stored_runs(facts) == {RUN: 1}


def test_the_commit_is_unknown_if_the_oldest_state_of_a_shallow_clone_has_the_files():
    meta = f"mlruns/1/{RUN}/meta.yaml"
    facts = history([{"path": meta, "is_boundary": True}], [{"path": meta, "status": "M"}])
    assert stored_runs(facts) == {}
