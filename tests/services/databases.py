"""Database servers from Debian's packages, each on a free port and in a folder of its own.

Each has two databases: ``mlflow``, which is empty, and ``other``, which is not an MLflow store. The account ``OWNER``
may do everything. ``READER`` and ``PARTIAL_READER`` may read the tables that :meth:`DatabaseServer.grant_read` names.
"""

from __future__ import annotations

import importlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import free_port
from tests.services import skip_or_fail
from tests.services.processes import run_server

OWNER, READER, PARTIAL_READER = "owner", "reader", "partial_reader"
PASSWORD = "p@ss/w0rd:s3cret"
_QUOTED_PASSWORD = "p%40ss%2Fw0rd%3As3cret"

_Execute = Callable[[str, str], None]


@dataclass(frozen=True)
class DatabaseServer:
    """A running server, and its address."""

    scheme: str
    """The scheme of its URLs, without a driver."""
    driver: str
    port: int
    _execute: _Execute

    def url(
        self, user: str = OWNER, password: str = _QUOTED_PASSWORD, database: str = "mlflow"
    ) -> str:
        """Return the URL of a database, as users write it."""
        return f"{self.scheme}://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def url_for_mlflow(self) -> str:
        """Return the URL of the database for MLflow's own use, which names the driver."""
        return self.url().replace("://", f"+{self.driver}://", 1)

    def grant_read(self, account: str, *tables: str) -> None:
        """Allow an account to read some tables of MLflow, or all of them if none are named, and nothing else."""
        if self.scheme == "postgresql":
            objects = ", ".join(tables) or "ALL TABLES IN SCHEMA public"
            self._execute("mlflow", f"GRANT SELECT ON {objects} TO {account}")
            return
        for table in tables or ("*",):
            self._execute("mlflow", f"GRANT SELECT ON mlflow.{table} TO {account}@'%'")


@contextmanager
def postgresql() -> Iterator[DatabaseServer]:
    """Run PostgreSQL."""
    psycopg = _driver("psycopg", "psycopg[binary]")
    binaries = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    initdb = _program("initdb", "PostgreSQL", "postgresql", binaries)
    postgres = str(Path(initdb).with_name("postgres"))
    port = free_port()
    with _folder() as folder:
        data, password_file = folder / "data", folder / "password"
        password_file.write_text(PASSWORD)
        command = [initdb, "--pgdata", str(data), "--username", OWNER]
        command += ["--pwfile", str(password_file)]
        command += ["--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        _run(command, folder)

        def execute(database: str, statement: str) -> None:
            with psycopg.connect(
                host="127.0.0.1",
                port=port,
                user=OWNER,
                password=PASSWORD,
                dbname=database,
                autocommit=True,
                connect_timeout=5,
            ) as connection:
                connection.execute(statement)

        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
        }
        command = [postgres, "-D", str(data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        # PostgreSQL waits for its clients to disconnect, except after this signal.
        with run_server(
            command, folder, lambda: execute("postgres", "SELECT 1"), psycopg.Error,
            stop_signal=signal.SIGINT, account=_account(),
        ):  # fmt: skip
            for account in (READER, PARTIAL_READER):
                execute("postgres", f"CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}'")
            for database in ("mlflow", "other"):
                execute("postgres", f"CREATE DATABASE {database}")
            execute("other", "CREATE TABLE things (name text)")
            yield DatabaseServer("postgresql", "psycopg", port, execute)


@contextmanager
def mariadb() -> Iterator[DatabaseServer]:
    """Run MariaDB, whose dialect is MySQL's."""
    pymysql = _driver("pymysql", "PyMySQL")
    install = _program("mariadb-install-db", "MariaDB", "mariadb-server")
    server = _program("mariadbd", "MariaDB", "mariadb-server", ["/usr/sbin"])
    port = free_port()
    with _folder() as folder:
        data, init_file = folder / "data", folder / "init.sql"
        # MariaDB reads one statement per line from its init file.
        init_file.write_text(
            "".join(
                f"CREATE USER {account}@'%' IDENTIFIED BY '{PASSWORD}';\n"
                for account in (OWNER, READER, PARTIAL_READER)
            )
            + f"GRANT ALL ON *.* TO {OWNER}@'%' WITH GRANT OPTION;\n"
            "CREATE DATABASE mlflow;\n"
            "CREATE DATABASE other;\n"
            "CREATE TABLE other.things (name text);\n"
        )
        command = [install, "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        _run([*command, "--auth-root-authentication-method=normal"], folder)

        def execute(database: str, statement: str) -> None:
            with (
                pymysql.connect(
                    host="127.0.0.1",
                    port=port,
                    user=OWNER,
                    password=PASSWORD,
                    database=database,
                    autocommit=True,
                    connect_timeout=5,
                ) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)

        settings = {
            "datadir": data,
            "port": port,
            "bind-address": "127.0.0.1",
            "socket": folder / "socket",
            "pid-file": folder / "pid",
            "init-file": init_file,
            "skip-name-resolve": 1,
            "character-set-server": "utf8mb4",
            "innodb-flush-log-at-trx-commit": 0,
            "innodb-doublewrite": 0,
        }
        # MariaDB accepts --no-defaults only as its first argument.
        command = [server, "--no-defaults"]
        command += [f"--{name}={value}" for name, value in settings.items()]
        with run_server(
            command, folder, lambda: execute("other", "SELECT 1"), pymysql.err.Error,
            account=_account(),
        ):  # fmt: skip
            yield DatabaseServer("mysql", "pymysql", port, execute)


def _driver(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        skip_or_fail(f"the driver {name} is missing; pip install '{package}'")


def _program(name: str, product: str, package: str, folders: list[str] | None = None) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *(folders or [])])
    program = shutil.which(name, path=path)
    if program is None:
        skip_or_fail(f"{product} is missing ({name}); it is in Debian's package {package}")
    return program


@contextmanager
def _folder() -> Iterator[Path]:
    """Create a folder that belongs to the server's account, with a short path, as sockets require it."""
    with tempfile.TemporaryDirectory(prefix="db-") as folder:
        account = _account()
        if "user" in account:
            os.chown(folder, account["user"], account["group"])
        yield Path(folder)


def _account() -> dict[str, Any]:
    """Return the account of a server, as arguments of ``subprocess.Popen``: database servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str], folder: Path) -> None:
    process = subprocess.run(command, cwd=folder, capture_output=True, text=True, **_account())
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed: {process.stdout}{process.stderr}")
