"""Pictures: Graphviz draws them if it is installed, and one clear line reports if it is not."""

import io
import shutil
import subprocess
import warnings

import pytest

from mlflow2prov import Document, Statement
from mlflow2prov.errors import FormatError
from mlflow2prov.formats import get, graphviz

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
SMALL = [Statement("entity", "e"), Statement("used", None, ("a", "e", None))]


def draw(kind, statements=SMALL):
    stream = io.BytesIO()
    get(kind).write(Document.from_statements(statements), stream)
    return stream.getvalue()


@needs_dot
@pytest.mark.parametrize(
    ("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_picture_is_drawn(kind, begins):
    assert draw(kind).startswith(begins)


@needs_dot
@pytest.mark.parametrize("kind", graphviz.PICTURES)
def test_a_picture_larger_than_three_screens_is_drawn_with_advice(kind, monkeypatch):
    row = [Statement("entity", f"entity {number}") for number in range(60)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(kind, row[:20])
    with pytest.warns(UserWarning, match=rf"{kind}: the picture has \d+,\d+ x .* save as html"):
        assert len(draw(kind, row)) > 1000
    # One above the other
    monkeypatch.setattr(graphviz, "MAX_HEIGHT", 50)
    with pytest.warns(UserWarning, match="save as html"):
        draw(kind, SMALL)


def test_a_missing_dot_is_reported_with_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(FormatError, match="install graphviz"):
        draw("svg")


def test_a_graph_that_is_too_large_is_not_drawn(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: "dot")
    monkeypatch.setattr(graphviz, "MAX_STATEMENTS", 1)
    with pytest.raises(FormatError, match="too many for a picture"):
        draw("svg")


def test_a_dot_that_does_not_end_is_stopped(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    monkeypatch.setattr(graphviz, "MAX_SECONDS", 0.2)
    with pytest.raises(FormatError, match="took too long"):
        draw("svg")


def test_a_dot_that_fails_is_reported_in_one_line(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho first >&2\necho 'it broke' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    with pytest.raises(FormatError, match="dot failed: it broke") as error:
        draw("svg")
    assert "\n" not in str(error.value)


def test_dot_runs_without_a_shell(monkeypatch):
    calls = []

    def run(command, **options):
        calls.append((command, options.get("shell", False)))
        return subprocess.CompletedProcess(command, 0, b"picture", b"")

    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/dot")
    monkeypatch.setattr(subprocess, "run", run)
    assert draw("svg") == b"picture"
    assert calls == [(["/usr/bin/dot", "-Tsvg"], False)]


def test_a_dot_that_cannot_be_run_is_reported(monkeypatch, tmp_path):
    program = tmp_path / "dot"
    program.write_text("not a program")
    monkeypatch.setattr(shutil, "which", lambda _: str(program))
    with pytest.raises(FormatError, match="cannot be run"):
        draw("svg")
