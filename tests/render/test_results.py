"""The formats of every result: which there are, and how several results become one text."""

import json
import subprocess
import sys

import pytest

from mlflow2prov import (
    check,
    difference,
    explain,
    history,
    impact,
    list_elements,
    statistics,
    validate,
)
from mlflow2prov.capture.record_files.rerun import Change, RerunCheck
from mlflow2prov.render import FORMATS
from tests.analysis.graphs import project
from tests.observations import HISTORY, document_of
from tests.prov.statements import document, entity


@pytest.fixture(scope="module")
def fraud():
    return project()


@pytest.fixture(scope="module")
def results(fraud):
    """One result of every type."""
    return {
        "statistics": statistics(fraud),
        "list": list_elements(fraud, "runs"),
        "explanation": explain(fraud, "fraud@live"),
        "impact": impact(fraud, "Commit.c1"),
        "history": history(document_of(HISTORY), "models:/wine"),
        "difference": difference(document(entity("a", name="x")), document(entity("a", name="y"))),
        "validation": (fraud, validate(fraud)),
        "check": check(fraud),
        "rerun": RerunCheck((Change("Python", "3.11.7", "3.12.0"),)),
    }


def test_every_result_has_these_formats():
    assert {result: tuple(formats) for result, formats in FORMATS.items()} == {
        "statistics": ("table", "csv", "json", "markdown"),
        "list": ("table", "csv", "json", "markdown"),
        "explanation": ("table", "csv", "json", "markdown"),
        "impact": ("table", "csv", "json", "markdown"),
        "history": ("table", "csv", "json", "markdown"),
        "difference": ("text", "json", "markdown"),
        "validation": ("text", "json"),
        "check": ("text", "json", "sarif", "github"),
        "rerun": ("table", "csv", "json", "markdown"),
    }


@pytest.mark.parametrize(
    ("name", "format_"), [(name, format_) for name in FORMATS for format_ in FORMATS[name]]
)
def test_every_format_renders_one_result_and_several(results, name, format_):
    render = FORMATS[name][format_]
    one, several = render([results[name]]), render([results[name]] * 2)
    assert one.endswith("\n") and several.endswith("\n")
    assert len(one) < len(several)


@pytest.mark.parametrize("name", ["explanation", "impact", "history", "difference", "check"])
def test_json_is_an_object_for_one_result_and_an_array_for_several(results, name):
    to_json = FORMATS[name]["json"]
    one = json.loads(to_json([results[name]]))
    assert isinstance(one, dict)
    assert json.loads(to_json([results[name]] * 2)) == [one, one]


def test_listing_the_formats_does_not_load_the_engine():
    script = "import sys, mlflow2prov.render; print(sorted({'duckdb', 'numpy', 'pyarrow'} & {*sys.modules}))"
    command = [sys.executable, "-c", script]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert output == "[]\n"
