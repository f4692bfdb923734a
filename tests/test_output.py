"""Output: files appear together or not at all, reach the disk, and streams stay what they are."""

import os
import shutil
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mlflow2prov.cli.chain import Step, run_chain
from mlflow2prov.errors import FormatError
from mlflow2prov.output import Output, is_stream, require_writable, streams
from mlflow2prov.temporary import PREFIX


def write(path, content=b"new"):
    files = Output()
    try:
        files.write(path, lambda stream: stream.write(content))
        return files.publish()
    finally:
        files.discard()


def stage(*paths):
    files = Output()
    for path in paths:
        files.write(path, lambda stream: stream.write(b"new"))
    return files


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def leftovers(folder):
    return list(folder.rglob(f"{PREFIX}*"))


# Files that appear together


def fail_at(monkeypatch, number, error):
    """Let the renaming with the given number fail."""
    replace, calls = Path.replace, []

    def fail(path, target):
        if not path.name.endswith(".old"):
            calls.append(path)
            if len(calls) == number:
                raise error
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail)


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("old", [{}, {"a": "1"}, {"b": "2"}, {"a": "1", "b": "2", "c": "3"}])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_if_one_file_cannot_be_moved_all_are_as_before(tmp_path, monkeypatch, number, old, error):
    for name, content in old.items():
        (tmp_path / name).write_text(content)
    files = stage(tmp_path / "a", tmp_path / "b", tmp_path / "c")
    fail_at(monkeypatch, number, error)
    expected = FormatError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        files.publish()
    assert contents(tmp_path) == old and leftovers(tmp_path) == []


def test_a_folder_that_takes_the_place_of_a_file_undoes_the_others(tmp_path):
    (tmp_path / "a").write_text("old")
    files = stage(tmp_path / "a", tmp_path / "b")
    (tmp_path / "b").mkdir()
    with pytest.raises(FormatError, match="b: cannot be written"):
        files.publish()
    assert contents(tmp_path) == {"a": "old"} and leftovers(tmp_path) == []


def test_a_file_system_without_hard_links_is_restored_from_copies(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(0o640)
    files = stage(tmp_path / "a", tmp_path / "b")
    monkeypatch.setattr(os, "link", refuse)
    fail_at(monkeypatch, 2, OSError(5, "Input/output error"))
    with pytest.raises(FormatError):
        files.publish()
    assert contents(tmp_path) == {"a": "old"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_a_file_that_cannot_be_restored_is_named(tmp_path, monkeypatch):
    files = stage(tmp_path / "a", tmp_path / "b")
    fail_at(monkeypatch, 2, OSError(5, "Input/output error"))
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: os.unlink(tmp_path / "nothing"))
    with pytest.raises(FormatError, match=r"b: cannot be written \(.*; not restored: .*a\)"):
        files.publish()


def test_the_files_of_all_steps_of_a_chain_appear_together(tmp_path):
    (tmp_path / "a").write_text("old")

    def step(name):
        def action(documents, chain):
            chain.write_text("new", str(tmp_path / name))
            return documents

        return Step(name, lambda: action, is_source=True)

    def block(documents, chain):
        (tmp_path / "b").mkdir()
        return documents

    with pytest.raises(FormatError):
        run_chain([step("a"), step("b"), Step("block", lambda: block)])
    assert contents(tmp_path) == {"a": "old"} and leftovers(tmp_path) == []


def test_a_folder_that_vanishes_is_reported(tmp_path):
    (tmp_path / "sub").mkdir()
    files = stage(tmp_path / "a", tmp_path / "sub" / "b")
    shutil.rmtree(tmp_path / "sub")
    with pytest.raises(FormatError, match=r"sub/b: cannot be written \(No such file"):
        files.publish()
    assert contents(tmp_path) == {}


def test_content_reaches_the_disk_before_its_name_does(tmp_path, monkeypatch):
    events = []
    fsync, replace = os.fsync, Path.replace

    def record_fsync(descriptor):
        events.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def record_replace(path, target):
        events.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(Path, "replace", record_replace)
    stage(tmp_path / "a", tmp_path / "b").publish()
    assert events == ["file", "file", "rename", "rename", "folder"]


def test_two_processes_that_write_one_file_leave_one_of_their_contents(tmp_path):
    script = (
        "import sys\n"
        "from tests.test_output import write\n"
        "for _ in range(30): write(sys.argv[1], sys.argv[2].encode() * 100_000)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path / "a", letter]) for letter in "xyz"
    ]
    while any(process.poll() is None for process in processes):
        if (tmp_path / "a").exists():
            content = (tmp_path / "a").read_text()
            assert len(content) == 100_000 and len(set(content)) == 1
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert leftovers(tmp_path) == []


# Streams


@pytest.fixture
def fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    return tmp_path / "fifo"


def read_in_background(path):
    received = []
    thread = threading.Thread(target=lambda: received.append(path.read_bytes()))
    thread.start()
    return received, thread


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_fifo_receives_the_content_and_stays(fifo, tmp_path, is_linked):
    path = tmp_path / "link" if is_linked else fifo
    if is_linked:
        path.symlink_to(fifo)
    received, thread = read_in_background(fifo)
    assert write(path, b"x" * 200_000) == []
    thread.join()
    assert received == [b"x" * 200_000]
    assert fifo.is_fifo() and path.is_symlink() is is_linked


def test_a_fifo_without_a_reader_is_reported_after_a_while(fifo, monkeypatch):
    monkeypatch.setattr(streams, "MAX_READER_SECONDS", 0.1)
    with pytest.raises(FormatError, match=r"fifo: no process has read this FIFO for 0\.1 seconds"):
        write(fifo)
    assert fifo.is_fifo()


def test_a_character_device_stays():
    before = os.stat("/dev/null")
    write("/dev/null")
    after = os.stat("/dev/null")
    assert (before.st_ino, before.st_rdev) == (after.st_ino, after.st_rdev)


def test_a_terminal_receives_the_content():
    ours, theirs = os.openpty()
    write(os.ttyname(theirs), b"hello")
    assert os.read(ours, 100) == b"hello"
    os.close(ours)
    os.close(theirs)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_device_that_is_full_is_reported():
    with pytest.raises(FormatError, match=r"/dev/full: cannot be written \(No space left"):
        write("/dev/full")


def test_a_full_folder_for_temporary_files_is_named_for_streams(tmp_path):
    # A file of the process may have at most a megabyte.
    script = (
        "import resource, signal\n"
        "from mlflow2prov.errors import EngineError\n"
        "from mlflow2prov import temporary\n"
        "import errno; temporary._FULL = (errno.EFBIG,)\n"
        "from tests.test_output import write\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        "try: write('-', b'x' * ((1 << 20) + 100))\n"
        "except EngineError as error: print(error)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", script]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert process.stdout.startswith(f"{tmp_path}: the folder for temporary files is full")


def test_a_socket_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        for refuse in (write, require_writable):
            with pytest.raises(FormatError, match="socket: is a socket; give the name of a file"):
                refuse("socket")
    assert stat.S_ISSOCK(os.stat("socket").st_mode)


def test_a_block_device_is_refused(tmp_path):
    try:
        os.mknod(tmp_path / "disk", 0o600 | stat.S_IFBLK, os.makedev(7, 250))
    except PermissionError:
        pytest.skip("needs the right to make a device")
    for refuse in (write, require_writable):
        with pytest.raises(FormatError, match="disk: is a block device"):
            refuse(tmp_path / "disk")
    assert stat.S_ISBLK((tmp_path / "disk").stat().st_mode)


def test_a_descriptor_continues_the_file_that_it_leads_to(tmp_path):
    (tmp_path / "log").write_text("before\n")
    with (tmp_path / "log").open("a") as log:
        path = f"/dev/fd/{log.fileno()}"
        inode = os.fstat(log.fileno()).st_ino
        require_writable(path)
        write(path)
        assert (tmp_path / "log").stat().st_ino == inode
    assert (tmp_path / "log").read_text() == "before\nnew"


def test_a_descriptor_that_is_not_open_is_reported():
    with pytest.raises(FormatError, match="/dev/fd/999: this descriptor is not open"):
        require_writable("/dev/fd/999")
    with pytest.raises(FormatError, match="/dev/fd/999: cannot be written"):
        write("/dev/fd/999")


def test_streams_and_files_are_distinguished_by_name(tmp_path):
    (tmp_path / "link").symlink_to("/dev/stdout")
    streams = ("-", "/dev/stdout", "/dev/stderr", "/dev/fd/1", "/proc/self/fd/2", "/dev/null")
    assert all(map(is_stream, streams)) and is_stream(tmp_path / "link")
    files = ("1", "/dev/fd/x", tmp_path / "1", tmp_path, "/dev/nothing", "a\0b", "x" * 5000)
    assert not any(map(is_stream, files))


@pytest.fixture
def shell(tmp_path):
    """Run a line of Bash, in which ``$P`` is the program and ``d.json`` is a document."""
    (tmp_path / "d.json").write_text('{"prefix": {"default": "http://x/"}, "entity": {"a": {}}}')
    program = f"{sys.executable} -m mlflow2prov load --input d.json"
    environment = {**os.environ, "P": program, "PYTHONPATH": str(Path(__file__).parents[1])}

    def run(line):
        command = ["bash", "-c", line]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    return run


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    "line",
    [
        "$P validate --output /dev/stdout",
        "$P save --output /dev/stdout --format provn",
        "$P save --output >(cat) --format provn | cat",
        "$P report --output /dev/fd/3 --format markdown 3>&1",
        "$P validate --output >(cat) | cat",
        "$P validate --output /dev/stderr 2>&1",
        "mkfifo f; cat f & $P validate --output f; wait",
        "echo before > log; $P validate --output /dev/stdout >> log; grep -q before log && cat log",
        "$P validate --output /dev/null; $P save --output /dev/null; ls; echo ' a document'",
    ],
)
def test_every_command_writes_to_streams(shell, tmp_path, line):
    result = shell(line)
    assert result.returncode == 0
    assert "Traceback" not in result.stderr and len(result.stdout) > 10
    assert [path.name for path in tmp_path.iterdir() if path.name not in ("f", "log")] == ["d.json"]


def test_a_stream_takes_one_file(shell):
    result = shell("$P save --output /dev/null --format json --format provn")
    assert result.returncode == 1
    assert "/dev/null takes one document in one format, not 1 in 2" in result.stderr
