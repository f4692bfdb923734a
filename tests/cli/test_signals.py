"""A signal ends the program with its exit code, and leaves neither files nor a traceback."""

import os
import signal
import subprocess
import sys

import pytest

from mlflow2prov.temporary import PREFIX


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_the_program_and_leaves_nothing(tmp_path, name, code):
    # Opening the pipe waits for the second load, which runs after the file of the first is written.
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "temporary").mkdir()
    (tmp_path / "a.json").write_text('{"entity": {}}')
    first = ["load", "--input", "a.json", "save", "--output", "result"]
    process = subprocess.Popen(
        [sys.executable, "-m", "mlflow2prov", *first, "load", "--input", "pipe"],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
        stderr=subprocess.PIPE,
    )
    with (tmp_path / "pipe").open("wb"):
        assert len(list(tmp_path.glob(f"{PREFIX}*"))) == 1
        process.send_signal(getattr(signal, name))
        _, error = process.communicate(timeout=60)
    # After Ctrl-C, click ends the line of the terminal.
    assert (process.returncode, error.strip()) == (code, b"")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "pipe", "temporary"]
    assert list((tmp_path / "temporary").iterdir()) == []


def test_an_ignored_signal_stays_ignored(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    command = f"trap '' HUP; exec {sys.executable} -m mlflow2prov load --input pipe statistics"
    process = subprocess.Popen(["bash", "-c", command], cwd=tmp_path, stdout=subprocess.PIPE)
    with (tmp_path / "pipe").open("wb") as pipe:
        process.send_signal(signal.SIGHUP)
        pipe.write(b'{"entity": {}}')
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0 and b"entity" in output
