"""A repository for each test of the Git source."""

import pytest

from tests.repositories import Repository


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "repository")
