"""Pictures: drawn by Graphviz where it is, a clear line where it is not."""

import io
import shutil
import subprocess

import pytest

from mlflow2prov import Document, Statement
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import get, graphviz

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
SMALL = [Statement("entity", "e"), Statement("used", None, ("a", "e", None))]


def drawn(kind, statements=SMALL):
    stream = io.BytesIO()
    get(kind).write(Document.from_statements(statements), stream)
    return stream.getvalue()


@needs_dot
@pytest.mark.parametrize(
    ("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_picture_is_drawn(kind, begins):
    assert drawn(kind).startswith(begins)


def test_where_there_is_no_dot_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FormatError, match="install graphviz"):
        drawn("svg")


def test_a_graph_too_large_to_be_looked_at_is_not_begun(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: "dot")
    monkeypatch.setattr(graphviz, "MAX_STATEMENTS", 1)
    with pytest.raises(FormatError, match="too many for a picture"):
        drawn("svg")


def test_a_dot_that_never_ends_is_stopped(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.setattr(graphviz, "MAX_SECONDS", 0.2)
    with pytest.raises(FormatError, match="took too long"):
        drawn("svg")


def test_a_dot_that_fails_is_one_line(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho first >&2\necho 'it broke' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    with pytest.raises(FormatError, match="dot failed: it broke") as error:
        drawn("svg")
    assert "\n" not in str(error.value)


def test_dot_is_run_without_a_shell(monkeypatch):
    seen = []

    def run(command, **options):
        seen.append((command, options.get("shell", False)))
        return subprocess.CompletedProcess(command, 0, b"drawn", b"")

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/dot")
    monkeypatch.setattr(subprocess, "run", run)
    assert drawn("svg") == b"drawn"
    assert seen == [(["/usr/bin/dot", "-Tsvg"], False)]
