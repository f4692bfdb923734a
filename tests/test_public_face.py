"""The public face: its types can be imported and are documented, and only its own errors leave it."""

import dataclasses
import inspect
import types
import typing
import warnings
from pathlib import Path

import pytest

import mlflow2prov
import mlflow2prov.capture
from mlflow2prov import Attribute, Document, InternalError, MLflow2ProvError, Namespaces, Statement
from tests.analysis.graphs import project

FUNCTIONS = sorted(
    name
    for name in mlflow2prov.__all__
    if inspect.isfunction(getattr(mlflow2prov, name))
    and getattr(mlflow2prov, name).__name__ == name
)
"""The public functions without their older names."""
CLASSES = sorted(
    name for name in mlflow2prov.__all__ if inspect.isclass(getattr(mlflow2prov, name))
)


def types_in(hint):
    """Yield the classes in an annotation."""
    if isinstance(hint, typing.ParamSpec | typing.TypeVar):
        return
    arguments = typing.get_args(hint)
    if arguments:
        for argument in arguments:
            if isinstance(argument, list):
                for item in argument:
                    yield from types_in(item)
            else:
                yield from types_in(argument)
    elif inspect.isclass(hint) and not isinstance(hint, types.GenericAlias):
        yield hint


@pytest.mark.parametrize("name", FUNCTIONS)
def test_types_that_a_function_takes_or_returns_are_public(name):
    hints = typing.get_type_hints(getattr(mlflow2prov, name))
    own = {
        cls.__name__
        for hint in hints.values()
        for cls in types_in(hint)
        if cls.__module__.startswith("mlflow2prov")
    }
    assert own <= set(mlflow2prov.__all__)


@pytest.mark.parametrize("name", CLASSES)
def test_types_of_the_fields_of_a_public_type_are_public(name):
    cls = getattr(mlflow2prov, name)
    if not dataclasses.is_dataclass(cls):
        return
    own = {
        field.__name__
        for hint in typing.get_type_hints(cls).values()
        for field in types_in(hint)
        if field.__module__.startswith("mlflow2prov")
    }
    assert own <= set(mlflow2prov.__all__)


@pytest.mark.parametrize("name", [*FUNCTIONS, *CLASSES])
def test_public_names_are_documented(name):
    assert inspect.getdoc(getattr(mlflow2prov, name))


@pytest.mark.parametrize("name", CLASSES)
def test_public_methods_are_documented(name):
    for method, value in vars(getattr(mlflow2prov, name)).items():
        if not method.startswith("_") and callable(value):
            assert inspect.getdoc(value), method


def functions_and_methods():
    """Yield the public functions, and the public methods of the public classes."""
    for package in (mlflow2prov, mlflow2prov.capture):
        for name in package.__all__:
            value = getattr(package, name)
            if inspect.isfunction(value):
                yield pytest.param(value, id=f"{package.__name__}.{name}")
            elif inspect.isclass(value):
                for method, function in inspect.getmembers(value, inspect.isfunction):
                    if method == "__init__" or not method.startswith("_"):
                        yield pytest.param(function, id=f"{package.__name__}.{name}.{method}")


@pytest.mark.parametrize("function", list(functions_and_methods()))
def test_annotations_can_be_resolved(function):
    assert typing.get_type_hints(function) is not None


def test_older_names_are_aliases():
    assert mlflow2prov.difference is mlflow2prov.diff
    assert mlflow2prov.push is mlflow2prov.export


DOCUMENT_FUNCTIONS = [
    name
    for name in FUNCTIONS
    if next(iter(typing.get_type_hints(getattr(mlflow2prov, name)).values()), None) is Document
]


@pytest.mark.parametrize("name", [*DOCUMENT_FUNCTIONS, "save"])
def test_functions_of_a_document_are_methods_with_the_same_parameters(name):
    def parameters(function):
        return [
            (parameter.name, parameter.kind, parameter.default)
            for parameter in list(inspect.signature(function).parameters.values())[1:]
        ]

    def hints(function):
        return list(typing.get_type_hints(function).values())

    function, method = getattr(mlflow2prov, name), getattr(Document, name)
    assert parameters(method) == parameters(function)
    assert hints(method) == hints(function)[1:]


@pytest.mark.parametrize("name", [*DOCUMENT_FUNCTIONS, "save"])
def test_methods_pass_every_argument_on(name, monkeypatch):
    document, calls = Document(), []
    signature = inspect.signature(getattr(mlflow2prov, name))
    monkeypatch.setattr(
        mlflow2prov, name, lambda *args, **kwargs: calls.append((args, kwargs)), raising=False
    )
    values = {parameter: object() for parameter in list(signature.parameters)[1:]}
    getattr(document, name)(**values)
    ((args, kwargs),) = calls
    bound = signature.bind(*args, **kwargs).arguments
    assert bound.pop(next(iter(signature.parameters))) is document
    assert bound == values


def test_every_error_is_a_child_of_the_root():
    errors = [
        getattr(mlflow2prov, name)
        for name in CLASSES
        if issubclass(getattr(mlflow2prov, name), Exception)
    ]
    assert len(errors) == 15
    assert all(issubclass(error, MLflow2ProvError) for error in errors)


HOSTILE = {
    "none": None,
    "zero": 0,
    "negative": -1,
    "enormous": 10**30,
    "nan": float("nan"),
    "infinity": float("inf"),
    "empty": "",
    "space": " ",
    "nul": "\0",
    "surrogate": "\ud800",
    "file name that is not UTF-8": "\udcff",
    "huge": "x" * 1_000_000,
    "quotes": "'\"`; DROP TABLE x --",
    "bytes": b"\xff",
    "object": object(),
    "empty list": [],
    "list of none": [None],
    "list of surrogates": ["\ud800"],
    "mapping": {"a": object()},
    "missing path": Path("/nowhere/\udcff/at all"),
    "path with nul": Path("/nowhere/\0"),
    "true": True,
    "function": lambda: None,
    "iterator": iter([None]),
}


@pytest.fixture(scope="module")
def document():
    return project()


def valid_arguments(name, document, folder):
    return {
        "audit": {"document": document, "selectors": ()},
        "check": {"document": document, "selectors": ()},
        "compare": {
            "document": document,
            "before": "models:/fraud/1",
            "after": "models:/fraud/2",
        },
        "configure": {},
        "diff": {"old": document, "new": document},
        "explain": {"document": document, "selector": "models:/fraud/1"},
        "export": {"document": document, "url": "bolt://"},
        "extract": {"repository_path": str(folder)},
        "history": {"document": document},
        "impact": {"document": document, "selector": "models:/fraud/1"},
        "lineage": {"document": document, "selectors": "models:/fraud/1"},
        "list_elements": {"document": document},
        "load": {"input": str(folder / "a.json")},
        "merge": {"documents": [document]},
        "pull": {"url": "bolt://"},
        "report": {"document": document},
        "run_extraction": {"repository_path": str(folder)},
        "save": {"documents": document, "output": str(folder / "out")},
        "statistics": {"document": document},
        "suggest_aliases": {"document": document},
        "to_svg": {"document": document},
        "to_table": {"result": mlflow2prov.validate(document)},
        "transform": {"document": document},
        "update": {"state": str(folder / "a.state"), "repository_path": str(folder)},
        "validate": {"document": document},
    }[name]


CASES = [
    # `make test` passes hostile arguments to run_extraction, which extract calls with its own.
    pytest.param(name, parameter, marks=[pytest.mark.slow] if name == "extract" else [])
    for name in FUNCTIONS
    for parameter in inspect.signature(getattr(mlflow2prov, name)).parameters
]


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_only_the_errors_of_the_package_leave_a_function(
    name, parameter, document, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.json").write_text('{"entity": {}}')
    function = getattr(mlflow2prov, name)
    for label, value in HOSTILE.items():
        arguments = {**valid_arguments(name, document, tmp_path), parameter: value}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                function(**arguments)
            except MLflow2ProvError as error:
                assert not isinstance(error, InternalError), (label, error)
                assert "\n" not in str(error), label
                assert len(str(error)) < 2000, label
            except Exception as error:  # noqa: BLE001 - any other error is a failure, with its case
                pytest.fail(f"{label}: {type(error).__name__}: {error}"[:300])


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("position", range(5))
def test_only_the_errors_of_the_package_leave_a_statement(label, position):
    values = ["used", "u", ("a", "e"), (Attribute("k", "v"),), "b"]
    values[position] = HOSTILE[label]
    try:
        statement = Statement(*values)
        document = Document.from_statements([statement])
        list(document.statements())
        mlflow2prov.validate(document)
    except MLflow2ProvError as error:
        assert not isinstance(error, InternalError)


@pytest.mark.parametrize("label", HOSTILE)
@pytest.mark.parametrize("position", range(4))
def test_only_the_errors_of_the_package_leave_an_attribute(label, position):
    values = ["k", "v", None, None]
    values[position] = HOSTILE[label]
    try:
        document = Document.from_statements([Statement("entity", "e", (), [Attribute(*values)])])
        list(document.statements())
        document.to_pandas()
    except MLflow2ProvError as error:
        assert not isinstance(error, InternalError)


@pytest.mark.parametrize("label", HOSTILE)
def test_only_the_errors_of_the_package_leave_a_document(label):
    value = HOSTILE[label]
    for call in (
        Document,
        Namespaces,
        lambda value: Document.from_statements(value),
        lambda value: Document().extend(value),
        lambda value: Document.from_prov(value),
        lambda value: Namespaces({"ex": value}),
        lambda value: Namespaces({value: "http://x/"}),
        lambda value: Namespaces({"ex": "http://x/"}).uri(value),
        lambda value: Namespaces({"ex": "http://x/"}).name(value, value),
        lambda value: Namespaces({"ex": "http://x/"}).declare(value, value),
    ):
        try:
            call(value)
        except MLflow2ProvError as error:
            assert not isinstance(error, InternalError)
        except TypeError as error:
            # A mapping needs keys that can be hashed; Python itself refuses others.
            assert "unhashable" in str(error), label
