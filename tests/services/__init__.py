"""Services that tests start on this machine, and stop: database servers, and MLflow of earlier years."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

pytest.register_assert_rewrite("tests.services.reading")

ALL = "MLFLOW2PROV_TEST_ALL"
"""The variable by which a service that is missing fails the tests of it, in place of skipping them."""


def is_missing(what: str) -> NoReturn:
    """Skip the tests of a service that this machine has not, or fail where all have to run."""
    if os.environ.get(ALL):
        pytest.fail(f"{what} (and {ALL} is set)", pytrace=False)
    pytest.skip(what)
