"""A full disk: the engine reports it as such, with the folder, and not as a memory limit."""

import subprocess
import sys

import duckdb
import pytest

from mlflow2prov.engine import connection
from mlflow2prov.errors import EngineError

LARGE = "CREATE TABLE t AS SELECT random()::VARCHAR || random()::VARCHAR FROM range(3000000)"


def run(script, **environment):
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment
    ).stdout


@pytest.mark.parametrize("setting", ["", "SET max_temp_directory_size = '1MB'"])
def test_tables_that_fit_neither_memory_nor_disk_name_the_folder(tmp_path, setting):
    script = (
        "import resource\n"
        "from mlflow2prov import engine\n"
        "engine.configure(memory_limit='40MB')\n"
        f"setting = {setting!r}\n"
        "if setting: engine.execute(setting)\n"
        "else:\n"
        "    import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))\n"
        f"try: engine.execute({LARGE!r})\n"
        "except engine.connection.EngineError as error: print(error)\n"
    )
    message = run(script, TMPDIR=str(tmp_path))
    assert message.startswith(f"{tmp_path}") and "memory limit" not in message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (duckdb.IOException("IO Error: Could not write file: No space left on device"),
         "the folder for temporary files is full (Could not write file: No space left on device)"),
        (duckdb.IOException("IO Error: write: Disk quota exceeded"),
         "the folder for temporary files is full (write: Disk quota exceeded)"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to offload data block of size 1"),
         "the folder for temporary files is full (failed to offload data block of size 1)"),
        (duckdb.OutOfMemoryException("Out of Memory Error: could not allocate block\nmore"),
         "tables: a step needs more memory than the limit of "),
        (duckdb.CatalogException("Catalog Error: no table"), "tables: Catalog Error: no table"),
    ],
)  # fmt: skip
def test_errors_of_the_database_name_what_was_exhausted(error, message):
    with pytest.raises(EngineError) as raised, connection._translated_errors():
        raise error
    assert message in str(raised.value) and "\n" not in str(raised.value)
