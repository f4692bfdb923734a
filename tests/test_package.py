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
    assert [str(path) for path in MODULES if len(path.read_text().splitlines()) > 420] == []


# What a part of the package may import of the others: data flows one way.
BELOW = {
    "errors": set(),
    "database": set(),
    "document": {"errors", "database"},
    "facts": {"errors", "database"},
    "sources": {"errors", "facts"},
    "templates": {"database", "document", "facts"},
    "operations": {"errors", "database", "document"},
    "formats": {"errors", "database", "document", "operations"},
    "extraction": {"errors", "document", "facts", "sources", "templates", "operations"},
    "cli": {"errors", "database", "extraction", "formats", "operations", "document"},
}


def test_imports_point_along_the_path_of_the_data():
    for path in MODULES:
        part = path.relative_to(TOP / "mlflow2prov").parts[0].removesuffix(".py")
        if part not in BELOW:
            continue
        for node in ast.parse(path.read_text()).body:
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.startswith("mlflow2prov."):
                imported = module.split(".")[1]
                assert imported == part or imported in BELOW[part], f"{path} imports {module}"
