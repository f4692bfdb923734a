"""Fixtures for all tests: MLflow stores, made once per session, and servers for them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from tests.services.processes import run_server

# Property tests state no absolute number of examples, so that a profile holds for all of them. All profiles repeat
# the same examples in every run: a change is blamed for its own faults only.
settings.register_profile(
    "fast",
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
settings.register_profile("full", settings.get_profile("fast"), max_examples=15)
settings.register_profile("thorough", settings.get_profile("fast"), max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

MLFLOW = os.environ.get("MLFLOW2PROV_TEST_MLFLOW", sys.executable)
"""The Python interpreter that has MLflow. It makes the stores and runs the servers."""

_START_SECONDS = 180
_ENVIRONMENT = {
    **os.environ,
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Otherwise a server starts eight more processes, which import MLflow and then wait for jobs.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "PYTHONWARNINGS": "ignore",
}


def pytest_addoption(parser):
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="Write the golden files again instead of comparing with them.",
    )


SERVICES = {"servers", "sqlite_server", "file_server"}
"""The fixtures that start graph stores and servers of MLflow."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the tests that start a service, named as a fixture or as the value of a parameter."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        names = {*item.fixturenames, *(name for name in parameters if isinstance(name, str))}
        if SERVICES & names:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def restored_store_of_mlflow():
    """Forget the store that a test gave to MLflow: its client leaves the address in the environment."""
    before = os.environ.get("MLFLOW_TRACKING_URI")
    yield
    if before is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = before


@pytest.fixture(scope="session")
def sqlite_store(tmp_path_factory) -> str:
    """The URL of a rich store in SQLite, with its artifacts beside the database."""
    folder = tmp_path_factory.mktemp("sqlite")
    return make_store(folder, f"sqlite:///{folder / 'mlflow.db'}")


@pytest.fixture(scope="session")
def file_store(tmp_path_factory) -> str:
    """The folder of the same store as files."""
    folder = tmp_path_factory.mktemp("files") / "mlruns"
    make_store(folder.parent, folder.as_uri())
    return str(folder)


def make_store(
    folder: Path, uri: str, python: str | Path = MLFLOW, script: str = "mlflow_store.py"
) -> str:
    """Make a store with a script of this folder, and return its URI.

    Args:
        folder: the working folder of the script, which takes the artifacts.
        uri: MLflow's tracking URI for the store.
        python: an interpreter that has MLflow.
        script: the path of the script.
    """
    command = [python, Path(__file__).parent / script, uri, "a" * 40]
    subprocess.run(command, cwd=folder, env=_ENVIRONMENT, check=True, capture_output=True)
    return uri


@pytest.fixture(scope="session")
def sqlite_server(sqlite_store) -> Iterator[str]:
    """The URL of an MLflow server for the store in SQLite."""
    with mlflow_server(sqlite_store) as url:
        yield url


@pytest.fixture(scope="session")
def file_server(file_store) -> Iterator[str]:
    """The URL of an MLflow server for the file store."""
    with mlflow_server(Path(file_store).as_uri()) as url:
        yield url


@contextmanager
def mlflow_server(
    store: str, python_path: str | None = None, python: str | Path = MLFLOW
) -> Iterator[str]:
    """Run ``mlflow server`` on a free port of this machine, and yield its URL.

    Args:
        store: the URI of the store.
        python_path: a folder to import MLflow from.
        python: an interpreter that has MLflow.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(python), "-m", "mlflow", "server", "--backend-store-uri", store]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    environment = {**_ENVIRONMENT, **({"PYTHONPATH": python_path} if python_path else {})}
    # MLflow starts gunicorn or uvicorn by name.
    environment["PATH"] = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", "")])

    def ping() -> None:
        with urllib.request.urlopen(f"{url}/health", timeout=5):
            pass

    with (
        TemporaryDirectory(prefix="mlflow-server-") as folder,
        run_server(
            command, Path(folder), ping, OSError, seconds=_START_SECONDS, environment=environment
        ),
    ):
        yield url


def free_port() -> int:
    """Return the number of a port of 127.0.0.1 that is not in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
