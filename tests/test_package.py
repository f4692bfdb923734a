"""The public face."""

import ast
from pathlib import Path

import pytest

import mlflow2prov

TOP = Path(__file__).parents[1]
MODULES = sorted((TOP / "mlflow2prov").rglob("*.py"))


def test_all_names_what_there_is_and_each_has_a_docstring():
    assert mlflow2prov.__all__ == sorted(mlflow2prov.__all__)
    for name in mlflow2prov.__all__:
        assert getattr(mlflow2prov, name) is not None
        if not name.startswith("_"):
            assert getattr(mlflow2prov, name).__doc__
    assert set(dir(mlflow2prov)) == set(mlflow2prov.__all__)


def test_the_version_is_that_of_the_project():
    import tomllib

    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert project["version"] == mlflow2prov.__version__


def test_no_module_is_long():
    assert [str(path) for path in MODULES if len(path.read_text().splitlines()) > 400] == []


# The order of the data: a top-level part of the package imports only parts listed before it here.
LAYERS = (
    "errors",
    "secrets",
    "progress",
    "table",
    "yaml_file",
    "engine",
    "prov",
    "facts",
    "sources",
    "mapping",
    "extraction",
    "graph",
    "analysis",
    "people",
    "formats",
    "stores",
    "render",
    "cli",
    "__main__",
)


def test_imports_point_along_the_path_of_the_data():
    for path in MODULES:
        part = path.relative_to(TOP / "mlflow2prov").parts[0].removesuffix(".py")
        if part == "__init__":
            continue
        for imported in imported_parts(path, ast.parse(path.read_text())):
            assert imported in LAYERS, f"{path} imports {imported}, which LAYERS does not place"
            assert LAYERS.index(imported) <= LAYERS.index(part), f"{path} imports {imported}"


def test_every_part_of_the_package_has_a_layer():
    parts = {path.relative_to(TOP / "mlflow2prov").parts[0].removesuffix(".py") for path in MODULES}
    assert parts - {"__init__"} == set(LAYERS)


def imported_parts(path, tree):
    """Yield the top-level parts of the package that a module imports, at its top or in a function."""
    # Names imported for type checking only do not exist when the program runs.
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = absolute_module(path, node)
            names = [f"{module}.{alias.name}" for alias in node.names]
        elif is_dynamic_import(node):
            names = [node.args[0].value]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "mlflow2prov" and rest and rest != "__version__":
                yield rest.split(".")[0]


def absolute_module(path, node):
    """Return the module of an ``ImportFrom``, absolute also where it is written with dots."""
    if not node.level:
        return node.module
    package = path.relative_to(TOP).with_suffix("").parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def is_dynamic_import(node):
    """Return whether a node calls ``import_module`` or ``__import__`` with a constant name."""
    return (
        isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", ""))
        in ("import_module", "__import__")
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
    )


@pytest.mark.parametrize(
    "source",
    [
        "from mlflow2prov.cli import main",
        "from mlflow2prov import cli",
        "import mlflow2prov.cli",
        "import mlflow2prov.cli.chain as c",
        "from ..cli import main",
        "from .. import cli",
        "def f():\n    from mlflow2prov.cli.chain import Chain",
        "import_module('mlflow2prov.cli')",
        "importlib.import_module('mlflow2prov.cli.chain')",
    ],
)
def test_every_form_of_import_is_seen(source):
    path = TOP / "mlflow2prov" / "prov" / "example.py"
    assert list(imported_parts(path, ast.parse(source))) == ["cli"]


def test_imports_for_type_checking_are_not_seen():
    source = "if TYPE_CHECKING:\n    from mlflow2prov.cli import main"
    assert list(imported_parts(TOP / "mlflow2prov" / "prov" / "x.py", ast.parse(source))) == []


def test_each_public_name_has_a_home():
    assert {*mlflow2prov._HOMES, "__version__"} == set(mlflow2prov.__all__)


def test_no_submodule_hides_a_public_name():
    folders = {path.stem for path in (TOP / "mlflow2prov").iterdir()}
    assert folders & set(mlflow2prov.__all__) == set()
