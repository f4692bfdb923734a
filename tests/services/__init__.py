"""Services that tests start on this machine and stop again: databases, graph stores, and older versions of MLflow."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

RUN_ALL = "MLFLOW2PROV_TEST_ALL"
"""The environment variable that makes the tests of a missing service fail instead of being skipped."""


def skip_or_fail(reason: str) -> NoReturn:
    """Skip a test whose service this machine lacks, or fail it if :data:`RUN_ALL` is set."""
    if os.environ.get(RUN_ALL):
        pytest.fail(f"{reason} (and {RUN_ALL} is set)", pytrace=False)
    pytest.skip(reason)
