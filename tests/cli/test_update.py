"""``update`` on the command line: the lines that state the news of a project."""

import re

import pytest

from tests.cli.conftest import TIME
from tests.repositories import Repository


@pytest.fixture
def repository(tmp_path):
    repository = Repository(tmp_path / "project")
    repository.commit("change 1")
    return repository


def test_each_update_states_what_is_new(run, repository):
    def update():
        code, output, error = run("update", "--state", "audit", "--repository-path", "project")
        assert (code, output) == (0, "")
        return error.splitlines()[0]

    def news(text):
        return rf"{TIME} mlflow2prov: audit: {text}"

    assert re.fullmatch(news("first observation"), update())
    assert re.fullmatch(news("nothing changed"), update())
    repository.commit("change 2")
    assert re.fullmatch(news("1 new commit"), update())
    repository.commit("change 3")
    repository.commit("change 4")
    assert re.fullmatch(news("2 new commits"), update())
    repository.git("reset", "--hard", "HEAD~1")
    repository.commit("change 5")
    expected = "1 new commit, 1 change of earlier facts (see history)"
    assert re.fullmatch(news(re.escape(expected)), update())
