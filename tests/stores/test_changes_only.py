"""Pushing only what the last update of a state file added: the store then has all that it would have had."""

import pytest

from mlflow2prov import StateError, export, load, merge, pull, update
from tests.repositories import Repository


def test_a_push_of_the_changes_completes_the_store(store, tmp_path):
    repository = Repository(tmp_path / "repository")
    repository.commit(train__py="1\n")
    first = update(tmp_path / "state", repository.path).document
    export(first, store.url)
    repository.commit(train__py="2\n")
    second = update(tmp_path / "state", repository.path).document
    news = second.statements_since()
    assert 0 < len(news) < len(second)
    export(second, store.url, changes_only=True)
    assert pull(store.url) == merge([first, second])
    # A night without changes pushes nothing, and a store that missed some nights can catch up.
    update(tmp_path / "state", repository.path)
    export(load(tmp_path / "state"), store.url, changes_only=True)
    store.clear()
    export(first, store.url)
    observed = first.tables.observations.observations[0].finished_at
    export(load(tmp_path / "state"), store.url, changes_since=observed)
    assert pull(store.url) == merge([first, second])


def test_a_document_without_a_state_has_no_changes_to_push(tmp_path):
    repository = Repository(tmp_path / "repository")
    repository.commit(train__py="1\n")
    document = update(tmp_path / "state", repository.path).document
    document.extend([])
    copy = merge([document, document])
    with pytest.raises(StateError, match="as loaded from a state file"):
        export(copy, "bolt://127.0.0.1:9", changes_only=True)
