"""Tests of MLflow as a source of facts."""

import pytest

pytest.register_assert_rewrite("tests.sources.mlflow.stores")
