"""A signal stops a query at once, whichever thread works on it."""

import subprocess
import sys

import pytest

# Alone, a query of this length takes a minute. DuckDB gives it to the main thread or to another, by chance.
SCRIPT = """
import os, signal, threading
from mlflow2prov import engine
from mlflow2prov.cli.signals import exit_cleanly_on_signals, signal_exit_code
engine.rows("SELECT 1")
exit_cleanly_on_signals()
threading.Timer(0.1, os.kill, (os.getpid(), signal.{name})).start()
try: engine.rows("SELECT count(*) FROM range(10000000000) numbers WHERE numbers.range * 7 % 13 = 2")
except KeyboardInterrupt: print(signal_exit_code(), engine.scalar("SELECT 1"))
"""


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_stops_a_query_and_the_next_one_runs(name, code):
    script = SCRIPT.format(name=name)
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert process.stdout == f"{code} 1\n"
