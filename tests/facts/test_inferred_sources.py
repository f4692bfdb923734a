"""The scripts that runs without a commit probably executed: facts in, inferred sources out."""

import pytest

from mlflow2prov.facts import Facts
from mlflow2prov.facts.inferred_sources import (
    AT_LAST_COMMIT,
    AT_PARENT,
    AT_RECORDED_COMMIT,
    ONLY_NOTEBOOK,
    candidate_files,
    candidate_notebooks,
    infer_sources,
    unlinked_runs,
)

RUN = "1" * 32
DAY = 86_400


def sha(ordinal):
    return f"{ordinal:040x}"


class History:
    """Commits a day apart, each with the whole tree that it changes."""

    def __init__(self):
        self.trees = []
        self.facts = Facts()

    def commit(self, *parents, day=None, **changes):
        """Add a commit with parents by number (the previous one by default), and files by name and content."""
        ordinal = len(self.trees)
        parents = parents or ([ordinal - 1] if ordinal else [])
        tree = dict(self.trees[parents[0]]) if parents and parents[0] >= 0 else {}
        self.facts.add(
            "commits",
            ordinal=ordinal,
            sha=sha(ordinal),
            committed_epoch=DAY * (ordinal if day is None else day),
            is_selected=True,
        )
        for position, parent in enumerate(parents):
            name = sha(parent) if parent >= 0 else "f" * 40
            self.facts.add(
                "parents", ordinal=ordinal, sha=sha(ordinal), parent=name, position=position
            )
        for name, content in changes.items():
            path = name.replace("__", ".")
            tree[path] = content
            self.facts.add(
                "revisions", ordinal=ordinal, sha=sha(ordinal), path=path, status="A", blob=content
            )
        self.trees.append(tree)
        return ordinal

    def run(self, start=None, stored_by=None, **tags):
        """Add the run, which started on a day and was stored by a commit."""
        started_at = None if start is None else f"1970-01-{start + 1:02}T12:00:00+00:00"
        self.facts.add("experiments", experiment_id="1", name="wine", identity="e")
        self.facts.add("runs", run_id=RUN, experiment_id="1", started_at=started_at)
        for key, value in tags.items():
            self.facts.add("run_tags", run_id=RUN, key=key.replace("__", "."), value=value)
        if stored_by is not None:
            self.facts.add("stored_runs", run_id=RUN, sha=sha(stored_by))
        return self

    def sources(self, notebooks=()):
        """Return the (commit, path, method) of the inferred sources, if these blobs name the experiment."""
        self.facts.flush()
        runs = unlinked_runs(self.facts)
        for commit, path in candidate_files(self.facts, runs):
            blob = self.trees[int(commit, 16)].get(path)
            if blob is not None:
                self.facts.add("tree_files", sha=commit, path=path, blob=blob)
        self.facts.flush()
        blobs, names = candidate_notebooks(self.facts, runs)
        for blob in set(blobs) & set(notebooks):
            for name in names:
                self.facts.add("notebook_names", blob=blob, name=name)
        self.facts.flush()
        infer_sources(self.facts, runs)
        rows = self.facts.rows("SELECT sha, path, inferred FROM run_sources ORDER BY path")
        return [(int(commit, 16), path, method) for commit, path, method in rows]


@pytest.fixture
def history():
    """Four commits of a script on the days 0 to 3, each with a change."""
    history = History()
    for day in range(4):
        history.commit(train__py=f"version {day}")
    return history


SCRIPT = {"mlflow__source__name": "train.py"}
NOTEBOOK = {"mlflow__source__name": "/x/ipykernel_launcher.py"}


@pytest.mark.parametrize(("start", "commit"), [(0, 0), (1, 1), (2, 2), (3, 3), (9, 3)])
def test_a_script_is_that_of_the_last_commit_before_the_run(history, start, commit):
    assert history.run(start, **SCRIPT).sources() == [(commit, "train.py", AT_LAST_COMMIT)]


def test_the_revision_is_the_one_that_gave_the_script_its_content(history):
    history.commit(other__py="x")
    assert history.run(5, **SCRIPT).sources() == [(3, "train.py", AT_LAST_COMMIT)]


def test_the_commit_is_an_ancestor_of_the_one_that_stored_the_run(history):
    branch = history.commit(0, day=1, train__py="branch")
    stored_by = history.commit(branch, day=5, train__py="later")
    assert history.run(3, stored_by, **SCRIPT).sources() == [(branch, "train.py", AT_LAST_COMMIT)]


def test_the_storing_commit_itself_is_never_used(history):
    assert history.run(9, stored_by=2, **SCRIPT).sources() == [(1, "train.py", AT_LAST_COMMIT)]
    first = History()
    first.commit(train__py="1")
    assert first.run(9, stored_by=0, **SCRIPT).sources() == []


def test_without_the_script_at_the_last_commit_the_parent_of_the_storing_one_is_used():
    history = History()
    history.commit(README="x")
    added = history.commit(day=5, train__py="1")
    stored_by = history.commit(day=6, train__py="2")
    assert history.run(1, stored_by, **SCRIPT).sources() == [(added, "train.py", AT_PARENT)]


def test_without_the_time_of_the_run_the_parent_of_the_storing_commit_is_used(history):
    assert history.run(None, stored_by=3, **SCRIPT).sources() == [(2, "train.py", AT_PARENT)]


def test_without_a_time_and_a_storing_commit_nothing_is_inferred(history):
    assert history.run(None, **SCRIPT).sources() == []


def test_before_the_first_commit_nothing_is_inferred():
    history = History()
    history.commit(day=9, train__py="1")
    assert history.run(3, **SCRIPT).sources() == []


def test_a_commit_that_a_shallow_clone_may_hide_is_not_replaced_by_an_earlier_one():
    history = History()
    history.commit(day=1, train__py="1")
    history.commit(-1, day=5, train__py="2")
    stored_by = history.commit(1, 0, day=6)
    assert history.run(3, stored_by, **SCRIPT).sources() == [(1, "train.py", AT_PARENT)]


@pytest.mark.parametrize(
    "tags",
    [
        {"mlflow__source__name": "other/train.py"},
        {"mlflow__source__name": "/usr/bin/python3"},
        {"mlflow__source__name": "/usr/lib/python3/site-packages/train.py"},
        {},
    ],
)
def test_a_run_of_another_or_no_script_is_not_linked(history, tags):
    assert history.run(2, **tags).sources() == []


def test_a_run_with_a_known_commit_is_not_linked_to_another_one(history):
    tags = {"mlflow__source__name": "gone.py", "mlflow__source__git__commit": sha(0)}
    history.commit(gone__py="x")
    assert history.run(9, **tags).sources() == []


def test_the_commit_of_another_repository_does_not_prevent_an_inference(history):
    tags = {**SCRIPT, "mlflow__source__git__commit": "e" * 40}
    assert history.run(1, **tags).sources() == [(1, "train.py", AT_LAST_COMMIT)]


def test_a_project_is_linked_to_its_file(history):
    history.commit(**{"fit/MLproject": "x"})
    tags = {
        "mlflow__source__name": "https://example.org/wine#fit",
        "mlflow__source__type": "PROJECT",
    }
    assert history.run(9, **tags).sources() == [(4, "fit/MLproject", AT_LAST_COMMIT)]


@pytest.mark.parametrize("tags", [NOTEBOOK, {"mlflow__source__type": "NOTEBOOK"}])
def test_the_only_notebook_that_names_the_experiment_is_linked(history, tags):
    history.commit(**{"a.ipynb": "a", "b.ipynb": "b"})
    assert history.run(9, **tags).sources(notebooks=["a"]) == [
        (4, "a.ipynb", f"{ONLY_NOTEBOOK}, {AT_LAST_COMMIT}")
    ]


def test_one_of_several_notebooks_is_not_chosen(history):
    history.commit(**{"a.ipynb": "a", "b.ipynb": "b"})
    assert history.run(9, **NOTEBOOK).sources(notebooks=["a", "b"]) == []


def test_a_checkpoint_of_a_notebook_is_not_another_notebook(history):
    history.commit(**{"a.ipynb": "a", ".ipynb_checkpoints/a-checkpoint.ipynb": "a"})
    assert [path for _, path, _ in history.run(9, **NOTEBOOK).sources(["a"])] == ["a.ipynb"]


def test_a_notebook_is_looked_up_at_the_recorded_commit(history):
    commit = history.commit(**{"a.ipynb": "a"})
    history.commit(**{"a.ipynb": "changed"})
    history.run(9, **NOTEBOOK, mlflow__source__git__commit=sha(commit))
    assert history.sources(notebooks=["a", "changed"]) == [
        (commit, "a.ipynb", f"{ONLY_NOTEBOOK}, {AT_RECORDED_COMMIT}")
    ]
