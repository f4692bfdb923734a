"""The package as a whole: its public names, and the order of its imports."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import mlflow2prov

TOP = Path(__file__).parents[1]
ARCHITECTURE = TOP / "docs" / "architecture.md"
MODULES = sorted((TOP / "mlflow2prov").rglob("*.py"))


def test_every_public_name_exists_and_has_a_docstring():
    assert mlflow2prov.__all__ == sorted(mlflow2prov.__all__)
    for name in mlflow2prov.__all__:
        assert getattr(mlflow2prov, name) is not None
        if inspect.isclass(getattr(mlflow2prov, name)) or inspect.isfunction(
            getattr(mlflow2prov, name)
        ):
            assert getattr(mlflow2prov, name).__doc__
    assert set(dir(mlflow2prov)) == set(mlflow2prov.__all__)


def test_the_version_matches_pyproject():
    import tomllib

    project = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
    assert project["version"] == mlflow2prov.__version__


def test_no_module_is_long():
    assert [str(path) for path in MODULES if len(path.read_text().splitlines()) > 550] == []


LAYERS = (
    "errors",
    "secrets",
    "boundary",
    "arguments",
    "vocabulary",
    "lazy_module",
    "progress",
    "quantity",
    "escaping",
    "content_security",
    "table",
    "yaml_file",
    "temporary",
    "output",
    "http_client",
    "git",
    "layout",
    "capture",
    "engine",
    "prov",
    "facts",
    "sources",
    "mapping",
    "project",
    "observation",
    "extraction",
    "state",
    "graph",
    "analysis",
    "people",
    "formats",
    "scale",
    "stores",
    "render",
    "cli",
    "__main__",
)
"""The modules and packages of ``mlflow2prov``: each imports only itself and those listed before it."""


def test_modules_import_only_from_their_own_and_earlier_layers():
    for path in MODULES:
        layer = layer_of(path)
        if layer == "__init__":
            continue
        for imported in imported_layers(path, ast.parse(path.read_text())):
            assert imported in LAYERS, f"{path} imports {imported}, which is not in LAYERS"
            assert LAYERS.index(imported) <= LAYERS.index(layer), f"{path} imports {imported}"


SOURCES = (
    "options",
    "report",
    "folder",
    "git_lfs",
    "database",
    "git",
    "capture",
    "mlflow",
    "discovery",
)
"""The modules and packages of ``mlflow2prov.sources``, likewise: first those that several sources share."""


def test_sources_import_only_from_their_own_and_earlier_ones():
    folder = TOP / "mlflow2prov" / "sources"
    paths = [
        path for path in MODULES if path.is_relative_to(folder) and path.parent != folder.parent
    ]
    names = {path: path.relative_to(folder).parts[0].removesuffix(".py") for path in paths}
    assert set(names.values()) - {"__init__"} == set(SOURCES)
    for path, name in names.items():
        for imported in imported_modules(path, ast.parse(path.read_text())):
            package, _, rest = imported.partition(".sources.")
            if package == "mlflow2prov" and name != "__init__":
                source = rest.split(".")[0]
                assert SOURCES.index(source) <= SOURCES.index(name), f"{path} imports {source}"


def test_every_top_level_module_and_package_is_a_layer():
    assert set(map(layer_of, MODULES)) - {"__init__"} == set(LAYERS)


def test_the_architecture_page_lists_the_layers_in_order():
    _, _, section = ARCHITECTURE.read_text("utf-8").partition("\n## Layers\n")
    section, _, _ = section.partition("\n## ")
    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.M)) == LAYERS


@pytest.mark.parametrize("page", [ARCHITECTURE, TOP / "docs/validation.md"], ids=lambda p: p.name)
def test_pages_mention_only_files_that_exist(page):
    mentions = re.findall(r"`([\w/.]+(?:/|\.(?:py|html|md)))`", page.read_text("utf-8"))
    assert len(mentions) > 3
    roots = (TOP, TOP / "mlflow2prov", TOP / "mlflow2prov/prov/validation")
    assert [name for name in mentions if not any((root / name).exists() for root in roots)] == []


def layer_of(path):
    """Return the top-level module or package of ``mlflow2prov`` that a file belongs to."""
    return path.relative_to(TOP / "mlflow2prov").parts[0].removesuffix(".py")


def imported_layers(path, tree):
    """Yield the layers that a module imports, at its top or in a function."""
    for name in imported_modules(path, tree):
        package, _, rest = name.partition(".")
        if package == "mlflow2prov" and rest and rest != "__version__":
            yield rest.split(".")[0]


def imported_modules(path, tree):
    """Yield the names that a module imports, each with that of the module that it is in."""
    # Imports for type checking do not happen at run time.
    type_checking = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in type_checking:
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
        yield from names


def absolute_module(path, node):
    """Return the absolute name of the module that an ``ImportFrom`` imports from."""
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
def test_every_form_of_import_is_recognized(source):
    path = TOP / "mlflow2prov" / "prov" / "example.py"
    assert list(imported_layers(path, ast.parse(source))) == ["cli"]


def test_imports_for_type_checking_are_ignored():
    source = "if TYPE_CHECKING:\n    from mlflow2prov.cli import main"
    assert list(imported_layers(TOP / "mlflow2prov" / "prov" / "x.py", ast.parse(source))) == []


def test_every_public_name_has_a_module():
    assert {*mlflow2prov._MODULES, "__version__"} == set(mlflow2prov.__all__)


def test_no_submodule_hides_a_public_name():
    submodules = {path.stem for path in (TOP / "mlflow2prov").iterdir()}
    assert submodules & set(mlflow2prov.__all__) == set()
