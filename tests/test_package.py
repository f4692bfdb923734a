"""The public face."""

import ast
from pathlib import Path

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


# What a part of the package may import of the others: data flows one way.
BELOW = {
    "errors": set(),
    "database": set(),
    "progress": set(),
    "document": {"errors", "database"},
    "facts": {"errors", "database"},
    "sources": {"errors", "progress", "facts"},
    "templates": {"database", "document", "facts"},
    "operations": {"errors", "database", "document"},
    "formats": {"errors", "progress", "database", "document", "operations"},
    "reports": {"errors", "document", "operations"},
    "stores": {"errors", "database", "document", "operations", "formats", "sources"},
    "extraction": {"errors", "progress", "document", "facts", "sources", "templates", "operations"},
    "__init__": set(),
    "__main__": {"cli"},
    "cli": {
        "errors",
        "progress",
        "database",
        "extraction",
        "formats",
        "operations",
        "document",
        "reports",
        "stores",
    },
}


def test_imports_point_along_the_path_of_the_data():
    for path in MODULES:
        part = path.relative_to(TOP / "mlflow2prov").parts[0].removesuffix(".py")
        if part not in BELOW:
            continue
        for imported in imported_parts(ast.parse(path.read_text())):
            assert imported == part or imported in BELOW[part], f"{path} imports {imported}"


def imported_parts(tree):
    """Yield the parts of the package that a module imports, at its top or in a function."""
    # What is imported for its types only is not there when the program runs.
    typing = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node in typing:
            continue
        if node.module == "mlflow2prov":
            yield from (alias.name for alias in node.names if alias.name != "__version__")
        elif node.module and node.module.startswith("mlflow2prov."):
            yield node.module.split(".")[1]


def test_each_name_of_the_face_has_a_home():
    assert {*mlflow2prov._HOMES, "__version__"} == set(mlflow2prov.__all__)
