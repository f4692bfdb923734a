"""What tests share: real MLflow stores, made once a session, and servers over them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Property tests have no settings of their own, so that a profile holds for all of them. Both profiles repeat the
# same examples in every run: a change is blamed for its own faults only.
settings.register_profile(
    "fast",
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("full", settings.get_profile("fast"), max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

MLFLOW = os.environ.get("MLFLOW2PROV_TEST_MLFLOW", sys.executable)
"""The interpreter that has MLflow, which makes the stores and runs the servers."""

_QUIET = {
    **os.environ,
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PYTHONWARNINGS": "ignore",
}


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the golden files anew, and look at the diff",
    )


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory) -> str:
    """A rich store in SQLite, its artifacts beside it; the database's URL."""
    folder = tmp_path_factory.mktemp("sqlite")
    return make_store(folder, f"sqlite:///{folder / 'mlflow.db'}")


@pytest.fixture(scope="session")
def file_store(tmp_path_factory) -> str:
    """The same store as files; the folder's path."""
    folder = tmp_path_factory.mktemp("files") / "mlruns"
    make_store(folder.parent, folder.as_uri())
    return str(folder)


def make_store(
    folder: Path, uri: str, python: str | Path = MLFLOW, script: str = "mlflow_store.py"
) -> str:
    """Make a store by a script of this folder, its artifacts in ``folder``; its URI."""
    command = [python, Path(__file__).parent / script, uri, "a" * 40]
    subprocess.run(command, cwd=folder, env=_QUIET, check=True, capture_output=True)
    return uri


@pytest.fixture(scope="session")
def sqlite_server(sqlite_store) -> Iterator[str]:
    """An MLflow server over the SQLite store; its URL."""
    with mlflow_server(sqlite_store) as url:
        yield url


@pytest.fixture(scope="session")
def file_server(file_store) -> Iterator[str]:
    """An MLflow server over the file store; its URL."""
    with mlflow_server(Path(file_store).as_uri()) as url:
        yield url


@contextmanager
def mlflow_server(
    store: str, python_path: str | None = None, python: str | Path = MLFLOW
) -> Iterator[str]:
    """Run ``mlflow server`` on a free port of this machine, and end it by its process id."""
    port = free_port()
    command = [python, "-m", "mlflow", "server", "--backend-store-uri", store]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {**_QUIET, **({"PYTHONPATH": python_path} if python_path else {})}
    # MLflow starts what it was installed with, such as gunicorn, by name.
    environment["PATH"] = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])
    server = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/health", server)
        yield url
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError("the server does not come up")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
