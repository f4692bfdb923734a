"""The boundary: whatever a layer raises, callers see the package's own errors, and no file is half-written."""

import inspect
import json
import sys
import warnings
from io import StringIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import mlflow2prov
from mlflow2prov import (
    Document,
    EngineError,
    InternalError,
    MLflow2ProvError,
    check,
    extract,
    formats,
    load,
    push,
    report,
    save,
    statistics,
    transform,
    update,
    validate,
)
from mlflow2prov.boundary import own_errors
from mlflow2prov.cli import main
from mlflow2prov.cli.terminal import log_line
from tests.repositories import Repository

ERRORS = {
    "ValueError": ValueError("a\nb\x1b[31m\ud800 http://ada:hunter2@host/"),
    "KeyError": KeyError("x"),
    "TypeError": TypeError(),
    "AttributeError": AttributeError("'NoneType' object has no attribute 'x'"),
    "ZeroDivisionError": ZeroDivisionError("division by zero"),
    "RecursionError": RecursionError("maximum recursion depth exceeded"),
    "MemoryError": MemoryError(),
    "OSError": OSError(5, "Input/output error"),
    "UnicodeDecodeError": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "UnicodeEncodeError": UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
    "StopIteration": StopIteration(),
    "AssertionError": AssertionError(),
    "duckdb.Error": duckdb.InvalidInputException("Invalid Input Error: x\nLINE 1"),
    "pyarrow": pa.ArrowInvalid("invalid"),
    "Exception": Exception("x" * 5000),
}

PRINTED = ("ValueError", "KeyError", "RecursionError", "MemoryError", "OSError", "duckdb.Error")

SERVER = "http://127.0.0.1:9"
SAVE = ("save", "--output", "out", "--format", "json", "--format", "provn")
LOAD = ("load", "--input", "a.json")

LAYERS = {
    "engine": (
        "mlflow2prov.engine.connection._thread_connection",
        lambda: statistics(load("a.json")),
        (*LOAD, "statistics"),
    ),
    "Git": (
        "mlflow2prov.sources.git.log_parser.LogParser.feed",
        lambda: save(extract("repository"), "out"),
        ("extract", "--repository-path", "repository", *SAVE),
    ),
    "MLflow": (
        "mlflow2prov.sources.mlflow.store.TrackingStore.read",
        lambda: save(extract(mlflow_url="mlruns"), "out"),
        ("extract", "--mlflow-url", "mlruns", *SAVE),
    ),
    "MLflow files": (
        "mlflow2prov.sources.mlflow.filestore.reader.list_experiments",
        lambda: save(extract(mlflow_url="mlruns"), "out"),
        ("extract", "--mlflow-url", "mlruns", *SAVE),
    ),
    "MLflow servers": (
        "mlflow2prov.sources.mlflow.rest.transport.Transport.version",
        lambda: save(extract(mlflow_url=SERVER), "out"),
        ("extract", "--mlflow-url", SERVER, *SAVE),
    ),
    "MLflow databases": (
        "mlflow2prov.sources.database.connection._connect",
        lambda: save(extract(mlflow_url="sqlite:///mlflow.db"), "out"),
        ("extract", "--mlflow-url", "sqlite:///mlflow.db", *SAVE),
    ),
    "facts": (
        "mlflow2prov.facts.Facts.add_columns",
        lambda: save(extract("repository"), "out"),
        ("extract", "--repository-path", "repository", *SAVE),
    ),
    "running Git": (
        "mlflow2prov.git.repository.Repository.stream",
        lambda: save(extract("repository"), "out"),
        ("extract", "--repository-path", "repository", *SAVE),
    ),
    "extraction": (
        "mlflow2prov.extraction.Facts",
        lambda: save(extract("repository"), "out"),
        ("extract", "--repository-path", "repository", *SAVE),
    ),
    "state": (
        "mlflow2prov.state.update.stage_observation",
        lambda: update("out.json.state", "repository"),
        ("update", "--state", "out.json.state", "--repository-path", "repository", *SAVE),
    ),
    "mapping": (
        "mlflow2prov.mapping.expansion.pattern_query",
        lambda: save(extract("repository"), "out"),
        ("extract", "--repository-path", "repository", *SAVE),
    ),
    "readers": (
        "mlflow2prov.formats._support.provjson_reader._parse",
        lambda: load("a.json"),
        (*LOAD, *SAVE),
    ),
    "writers": (
        "mlflow2prov.formats.provn.write_text",
        lambda: save(load("a.json"), "out", ["json", "provn"]),
        (*LOAD, *SAVE),
    ),
    "scale": (
        "mlflow2prov.scale.session.session",
        None,
        ("--engine", "local[2]", *LOAD, "statistics"),
    ),
    "stores": (
        "mlflow2prov.stores.sparql._open",
        lambda: push(load("a.json"), f"{SERVER}/x"),
        (*LOAD, *SAVE, "export", "--to", f"{SERVER}/x"),
    ),
    "validation": (
        "mlflow2prov.prov.validation.read_instance",
        lambda: validate(load("a.json")),
        (*LOAD, *SAVE, "validate"),
    ),
    "output": (
        "mlflow2prov.output.Output.write",
        lambda: save(load("a.json"), "out"),
        (*LOAD, *SAVE),
    ),
    "analysis": (
        "mlflow2prov.analysis.check.audit",
        lambda: check(load("a.json")),
        (*LOAD, *SAVE, "check"),
    ),
    "people": (
        "mlflow2prov.people.transform.unify",
        lambda: transform(load("a.json"), eliminate_duplicates=True),
        (*LOAD, *SAVE, "transform", "--eliminate-duplicates"),
    ),
    "graph": (
        "mlflow2prov.graph.lineage.select",
        lambda: mlflow2prov.lineage(load("a.json"), "a"),
        (*LOAD, *SAVE, "lineage", "a"),
    ),
    "render": (
        "mlflow2prov.render.report.content.gather_content",
        lambda: report(load("a.json")),
        (*LOAD, *SAVE, "report", "--output", "out"),
    ),
    "command line": (
        "mlflow2prov.cli.chain.Chain.write_text",
        None,
        (*LOAD, *SAVE, "statistics"),
    ),
    "configuration": (
        "mlflow2prov.cli.config_file.read_steps",
        None,
        ("--config", "chain.yaml"),
    ),
}


PACKAGE = Path(mlflow2prov.__file__).parent


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    (folder / "a.json").write_text(
        json.dumps({"prefix": {"default": "http://x/"}, "entity": {"a": {}}})
    )
    (folder / "chain.yaml").write_text("- load:\n    input: [a.json]\n- statistics:\n")
    Repository(folder / "repository").commit("one", a="1\n")
    (folder / "mlflow.db").write_bytes(b"")
    (folder / "mlruns" / "0").mkdir(parents=True)
    (folder / "mlruns" / "0" / "meta.yaml").write_text("experiment_id: '0'\nname: Default\n")
    return folder


@pytest.fixture
def folder(inputs, monkeypatch):
    monkeypatch.chdir(inputs)
    (inputs / "out.json").write_text("before")
    yield inputs
    names = {"a.json", "chain.yaml", "mlflow.db", "mlruns", "out.json", "repository"}
    assert {path.name for path in inputs.iterdir()} == names
    assert (inputs / "out.json").read_text() == "before"


def test_every_package_has_a_layer():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    # Functions that are captured raise what they raise.
    assert packages - {"capture"} <= {target.split(".")[1] for target, *_ in LAYERS.values()}


def let_it_raise(monkeypatch, target, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(target, fail)


def assert_is_one_line(message):
    assert message.isprintable() and 0 < len(message) < 2000
    assert "hunter2" not in message


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("layer", [layer for layer in LAYERS if LAYERS[layer][1]])
def test_functions_raise_only_the_errors_of_the_package(folder, monkeypatch, layer, error):
    target, call, _ = LAYERS[layer]
    let_it_raise(monkeypatch, target, error)
    with pytest.raises(MLflow2ProvError) as raised:
        call()
    assert_is_one_line(str(raised.value))


@pytest.mark.parametrize("name", PRINTED)
@pytest.mark.parametrize("layer", LAYERS)
def test_the_command_line_prints_one_line_and_fails(folder, monkeypatch, capsys, layer, name):
    target, _, arguments = LAYERS[layer]
    let_it_raise(monkeypatch, target, ERRORS[name])
    monkeypatch.setattr("mlflow2prov.cli.exit_cleanly_on_signals", lambda: None)
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    output, message = capsys.readouterr()
    assert raised.value.code == (2 if layer in ("analysis", "validation") else 1)
    assert output == "" and message.startswith("mlflow2prov: ") and message.endswith("\n")
    assert_is_one_line(message.removesuffix("\n"))


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(7)], ids=["Ctrl-C", "exit"])
@pytest.mark.parametrize("layer", [layer for layer in LAYERS if LAYERS[layer][1]])
def test_requests_to_stop_pass(folder, monkeypatch, layer, error):
    target, call, _ = LAYERS[layer]
    let_it_raise(monkeypatch, target, error)
    with pytest.raises(type(error)):
        call()


def test_warnings_that_are_errors_pass(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            extract("repository", since="2037-01-01")


LEFT_OUT = b'<prov:document xmlns:prov="http://www.w3.org/ns/prov#"><prov:other/></prov:document>'


def warned_read(folder):
    return line(), formats.read(LEFT_OUT)


def warned_load(folder):
    path = folder / "a.xml"
    path.write_bytes(LEFT_OUT)
    return line(), load(path)


def warned_extract(folder):
    repository = Repository(folder / "r")
    repository.commit("root", a="1\n")
    (repository.path / ".git/refs/heads/broken").write_text("1" * 40 + "\n")
    return line(), extract(repository.path)


def line():
    return sys._getframe(1).f_lineno


@pytest.mark.parametrize("call", [warned_read, warned_load, warned_extract])
def test_a_warning_names_the_line_that_called_the_package(tmp_path, call):
    with pytest.warns(UserWarning, match="left out") as record:
        expected, _ = call(tmp_path)
    assert {(warning.filename, warning.lineno) for warning in record} == {(__file__, expected)}


def test_a_warning_is_shown_once_for_each_line_that_called_the_package():
    with warnings.catch_warnings(record=True) as record:
        warnings.simplefilter("default")
        for _ in range(2):
            formats.read(LEFT_OUT)
        formats.read(LEFT_OUT)
    assert len(record) == 2


def test_the_cause_and_the_place_are_kept():
    cause = ValueError("x")
    with pytest.raises(InternalError) as raised, own_errors():
        raise cause
    assert raised.value.__cause__ is cause
    with pytest.raises(InternalError, match=r"mlflow2prov/prov/document\.py, line \d+: unexpected"):
        Document.copy(None)


def test_exhausted_memory_is_an_error_of_the_engine():
    with pytest.raises(EngineError, match="out of memory"), own_errors():
        raise MemoryError


FUNCTIONS = [
    getattr(mlflow2prov, name)
    for name in mlflow2prov.__all__
    if inspect.isfunction(getattr(mlflow2prov, name))
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_every_public_function_is_within_the_boundary(function):
    wrappers = []
    while hasattr(function, "__wrapped__"):
        wrappers.append(function.__code__.co_qualname)
        function = function.__wrapped__
    assert any("checked" in name or "ContextDecorator" in name for name in wrappers)


def test_a_message_that_cannot_be_printed_stops_nothing(monkeypatch):
    class Full(StringIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    log_line("note")
