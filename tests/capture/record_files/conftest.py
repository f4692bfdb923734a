"""Tracked functions in modules of a repository, and the records of their calls."""

import importlib
import json
import sys
from pathlib import Path

import pytest

from tests.repositories import Repository

HEADER = """
import mlflow2prov.capture as p
from pathlib import Path

"""


class Project:
    """A folder with modules of Python, which a Git repository tracks."""

    def __init__(self, folder: Path, number: int):
        self.folder, self._number = folder, number
        self.repository = Repository(folder)

    def module(self, source: str, *, commit: bool = True):
        """Write a module that starts with the header, commit and import it."""
        name = f"project_{self._number}_{len(list(self.folder.glob('*.py')))}"
        self.path = self.folder / f"{name}.py"
        self.path.write_text(HEADER + source)
        if commit:
            self.commit = self.repository.commit()
        importlib.invalidate_caches()
        return importlib.import_module(name)


@pytest.fixture
def project(tmp_path_factory, request, monkeypatch):
    """A new project, whose folder is on the path of Python."""
    folder = tmp_path_factory.mktemp("project")
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Project(folder, abs(hash(request.node.nodeid)))
    for name in set(sys.modules) - before:
        if name.startswith("project_"):
            del sys.modules[name]


def record_in(folder: Path):
    """Return the content of the only record file in a folder or below it."""
    (path,) = folder.rglob("*_record.json")
    return json.loads(path.read_text())
