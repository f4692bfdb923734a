"""Loading and saving files: each appears whole or not at all, and every failure is one line."""

import io
import os
import stat
import sys

import pytest

from mlflow2prov import Document, Statement
from mlflow2prov.errors import ConfigurationError, EngineError, FormatError
from mlflow2prov.formats._support import text_stream, write_behind
from mlflow2prov.formats.files import load, require_readable, save, stage
from mlflow2prov.output import Output, require_writable, streams
from mlflow2prov.prov import tables
from tests.formats import write


@pytest.fixture
def document():
    return Document.from_statements(
        [Statement("entity", name) for name in ("a", "b", "c")],
        {"": "http://x/", "ex": "http://ex/"},
    )


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_saving_returns_the_paths(document, tmp_path):
    paths = save([document, document], tmp_path / "r", ["json", "turtle"])
    assert [path.name for path in paths] == ["r-1.json", "r-1.ttl", "r-2.json", "r-2.ttl"]
    assert names_in(tmp_path) == sorted(path.name for path in paths)
    assert all(load(path) == document for path in paths)


def test_an_extension_in_the_name_is_not_repeated(document, tmp_path):
    assert save(document, tmp_path / "r.json") == [tmp_path / "r.json"]


def test_a_format_that_is_named_twice_is_written_once(document, tmp_path):
    assert save(document, tmp_path / "r", ["json", "json"]) == [tmp_path / "r.json"]


def test_no_file_appears_if_one_of_them_cannot_be_written(document, tmp_path):
    (tmp_path / "r.json").write_text("before")
    document.extend([Statement("entity", "z", (), (), "ex:bundle")])
    with pytest.raises(FormatError):
        save(document, tmp_path / "r", ["json", "rdf"])
    assert (tmp_path / "r.json").read_text() == "before"
    assert names_in(tmp_path) == ["r.json"]


def test_discarded_files_do_not_appear(document, tmp_path):
    output = Output()
    stage(output, document, tmp_path / "r", ["json"])
    output.discard()
    assert names_in(tmp_path) == []


def test_a_full_disk_leaves_the_existing_file(document, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    (tmp_path / "r.json").write_text("before")
    monkeypatch.setattr("mlflow2prov.formats.provjson.write_text", fail)
    with pytest.raises(FormatError, match=r"r\.json: cannot be written \(No space left"):
        save(document, tmp_path / "r")
    assert names_in(tmp_path) == ["r.json"]
    assert (tmp_path / "r.json").read_text() == "before"


def test_a_full_folder_for_temporary_files_is_named(document, monkeypatch):
    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mlflow2prov.formats.provjson.write_text", fail)
    with pytest.raises(
        EngineError, match=r"the folder for temporary files is full \(No space left"
    ):
        save(document)


# Permissions


def test_a_replaced_file_keeps_its_permissions(document, tmp_path):
    (tmp_path / "r.json").write_text("x")
    (tmp_path / "r.json").chmod(0o640)
    save(document, tmp_path / "r")
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == 0o640


def test_a_replaced_file_is_never_readable_by_others_in_between(document, tmp_path):
    (tmp_path / "r.json").write_text("x")
    (tmp_path / "r.json").chmod(0o600)
    output = Output()
    stage(output, document, tmp_path / "r")
    paths = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths} == {0o600}
    output.discard()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_permissions_of_the_umask(document, tmp_path, umask, mode):
    previous = os.umask(umask)
    try:
        save(document, tmp_path / "r")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "r.json").stat().st_mode) == mode


def test_the_umask_of_the_process_is_never_changed(document, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", pytest.fail)
    save(document, tmp_path / "r")


# Paths


def test_a_folder_is_not_replaced(document, tmp_path):
    (tmp_path / "r.json").mkdir()
    with pytest.raises(FormatError, match="is a folder"):
        save(document, tmp_path / "r")


def test_a_symbolic_link_stays(document, tmp_path):
    (tmp_path / "real.json").write_text("x")
    (tmp_path / "r.json").symlink_to("real.json")
    save(document, tmp_path / "r")
    assert (tmp_path / "r.json").is_symlink()
    assert load(tmp_path / "real.json") == document


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere/r", r"nowhere: cannot be written to \(No such file or directory\)"),
        ("r" * 300, r"cannot be written \(File name too long\)"),
    ],
)
def test_a_path_that_cannot_be_written_is_reported(document, tmp_path, path, message):
    with pytest.raises(FormatError, match=message):
        save(document, tmp_path / path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nothing.json", "nothing.json: there is no such file"),
        (".", r"cannot be read \(Is a directory\)"),
        ("r" * 300, r"cannot be read \(File name too long\)"),
    ],
)
def test_a_path_that_cannot_be_read_is_reported(tmp_path, path, message):
    with pytest.raises(FormatError, match=message):
        load(tmp_path / path)


def test_a_path_with_a_nul_character_is_reported(document, tmp_path):
    with pytest.raises(ConfigurationError, match=r"load: input: .* is not valid"):
        load(tmp_path / "r\0")
    with pytest.raises(ConfigurationError, match=r"save: output: .* is not valid"):
        save(document, tmp_path / "r\0")
    with pytest.raises(FormatError, match="is not a path"):
        stage(Output(), document, tmp_path / "r\0")


def test_files_are_checked_before_they_are_needed(tmp_path):
    require_readable("-")
    require_readable(str(tmp_path))
    require_writable("-")
    require_writable(str(tmp_path / "r"))
    with pytest.raises(FormatError, match="there is no such file"):
        require_readable(str(tmp_path / "nothing"))
    with pytest.raises(FormatError, match="File name too long"):
        require_readable(str(tmp_path / ("r" * 300)))
    with pytest.raises(FormatError, match="cannot be written to"):
        require_writable(str(tmp_path / "nowhere" / "r"))
    with pytest.raises(FormatError, match="cannot be written to"):
        require_writable("\0/r")


def test_an_unknown_format_is_reported_with_the_choices(document, tmp_path):
    with pytest.raises(FormatError, match=r"unknown format 'jsno'.*did you mean json"):
        save(document, tmp_path / "r", "jsno")
    (tmp_path / "r").write_text("x")
    with pytest.raises(FormatError, match=r"unknown format 'jsno'.*did you mean json"):
        load(tmp_path / "r", format="jsno")


# Standard input and output


class Stream:
    """A standard stream of the given bytes, or one without bytes."""

    def __init__(self, buffer):
        if buffer is not None:
            self.buffer = buffer


class Broken(io.RawIOBase):
    def read(self, *_):
        raise IsADirectoryError(21, "Is a directory")

    def write(self, *_):
        raise BrokenPipeError(32, "Broken pipe")


def test_a_document_is_read_from_standard_input(document, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Stream(io.BytesIO(write(document, "provn"))))
    assert load("-") == document


def test_a_document_is_written_to_standard_output(document, monkeypatch):
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Stream(output))
    monkeypatch.setattr(streams, "COPY_BYTES", 10)
    assert save(document, formats=["provn"]) == []
    assert output.getvalue() == write(document, "provn")


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Stream(None), "there is no stream of bytes"),
        (None, "there is no stream of bytes"),
        (Stream(Broken()), r"cannot be read \(Is a directory\)"),
    ],
)
def test_standard_input_that_cannot_be_read_is_reported(monkeypatch, stream, message):
    monkeypatch.setattr(sys, "stdin", stream)
    with pytest.raises(FormatError, match=f"^standard input: {message}"):
        load("-")


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (Stream(None), "there is no stream of bytes"),
        (None, "there is no stream of bytes"),
        (Stream(Broken()), r"cannot be written \(Broken pipe\)"),
    ],
)
def test_standard_output_that_cannot_be_written_is_reported(document, monkeypatch, stream, message):
    monkeypatch.setattr(sys, "stdout", stream)
    with pytest.raises(FormatError, match=f"^standard output: {message}"):
        save(document)


@pytest.mark.parametrize(("count", "formats"), [(2, ["json"]), (1, ["json", "xml"]), (0, ["json"])])
def test_standard_output_takes_one_document_in_one_format(document, count, formats):
    with pytest.raises(FormatError, match="takes one document in one format"):
        save([document] * count, formats=formats)


# Writing in batches


@pytest.mark.parametrize("rows", [1, 2, 50])
@pytest.mark.parametrize("name", ["json", "jsonld", "turtle", "provn", "xml"])
def test_the_bytes_do_not_depend_on_the_size_of_batches(document, monkeypatch, name, rows):
    expected = write(document, name)
    monkeypatch.setattr(tables, "FEW_ROWS", 0)
    monkeypatch.setattr(text_stream, "BATCH_ROWS", rows)
    assert write(document, name) == expected


@pytest.mark.parametrize("blocks", [1, 2])
def test_the_bytes_do_not_depend_on_the_number_of_pending_blocks(
    document, tmp_path, monkeypatch, blocks
):
    monkeypatch.setattr(write_behind, "MAX_PENDING_BLOCKS", blocks)
    monkeypatch.setattr(text_stream, "BATCH_ROWS", 1)
    monkeypatch.setattr(tables, "FEW_ROWS", 0)
    (path,) = save(document, tmp_path / "r")
    assert path.read_bytes() == write(document, "json")


def test_an_error_of_the_writing_thread_is_raised():
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space left"),
        write_behind.write_behind(Full()) as stream,
    ):
        for _ in range(write_behind.MAX_PENDING_BLOCKS + 1):
            stream.write(b"block")
