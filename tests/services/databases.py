"""Database servers of Debian's packages, each on a free port and in a folder of its own.

Each has two databases: ``mlflow``, which is empty, and ``other``, which is none of MLflow's; and the accounts
``OWNER``, who may do everything, and ``READER`` and ``PARTLY``, who may do what they are let.
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
from tests.services import is_missing
from tests.services.running import running

OWNER, READER, PARTLY = "owner", "reader", "partly"
PASSWORD = "p@ss/w0rd:s3cret"
_QUOTED_PASSWORD = "p%40ss%2Fw0rd%3As3cret"

_Execute = Callable[[str, str], None]


@dataclass(frozen=True)
class DatabaseServer:
    """A server that runs, and how it is reached."""

    scheme: str
    """By which SQLAlchemy knows it, the driver left to whoever opens it."""
    driver: str
    port: int
    _execute: _Execute

    def url(
        self, user: str = OWNER, password: str = _QUOTED_PASSWORD, database: str = "mlflow"
    ) -> str:
        """Return a database's URL, as users write it."""
        return f"{self.scheme}://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def url_for_mlflow(self) -> str:
        """Return the URL of the database that MLflow makes its store in, the driver named."""
        return self.url().replace("://", f"+{self.driver}://", 1)

    def let_read(self, account: str, *tables: str) -> None:
        """Give an account the right to read what MLflow made, or some of its tables, and no other."""
        if self.scheme == "postgresql":
            what = ", ".join(tables) or "ALL TABLES IN SCHEMA public"
            self._execute("mlflow", f"GRANT SELECT ON {what} TO {account}")
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
        data, secret = folder / "data", folder / "password"
        secret.write_text(PASSWORD)
        command = [initdb, "--pgdata", str(data), "--username", OWNER, "--pwfile", str(secret)]
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
        command += [part for name, to in settings.items() for part in ("-c", f"{name}={to}")]
        # By this signal it ends whoever is connected or not; MariaDB always does.
        with running(
            command, folder, lambda: execute("postgres", "SELECT 1"), psycopg.Error,
            end=signal.SIGINT, account=_account(),
        ):  # fmt: skip
            for account in (READER, PARTLY):
                execute("postgres", f"CREATE ROLE {account} LOGIN PASSWORD '{PASSWORD}'")
            for database in ("mlflow", "other"):
                execute("postgres", f"CREATE DATABASE {database}")
            execute("other", "CREATE TABLE things (name text)")
            yield DatabaseServer("postgresql", "psycopg", port, execute)


@contextmanager
def mariadb() -> Iterator[DatabaseServer]:
    """Run MariaDB, which MLflow and we know as MySQL."""
    pymysql = _driver("pymysql", "PyMySQL")
    install = _program("mariadb-install-db", "MariaDB", "mariadb-server")
    server = _program("mariadbd", "MariaDB", "mariadb-server", ["/usr/sbin"])
    port = free_port()
    with _folder() as folder:
        data, first = folder / "data", folder / "first.sql"
        # MariaDB wants each statement of such a file on a line of its own.
        first.write_text(
            "".join(
                f"CREATE USER {account}@'%' IDENTIFIED BY '{PASSWORD}';\n"
                for account in (OWNER, READER, PARTLY)
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
            "init-file": first,
            "skip-name-resolve": 1,
            "character-set-server": "utf8mb4",
            "innodb-flush-log-at-trx-commit": 0,
            "innodb-doublewrite": 0,
        }
        # MariaDB takes --no-defaults as its first argument only.
        command = [server, "--no-defaults", *(f"--{name}={to}" for name, to in settings.items())]
        with running(
            command, folder, lambda: execute("other", "SELECT 1"), pymysql.err.Error,
            account=_account(),
        ):  # fmt: skip
            yield DatabaseServer("mysql", "pymysql", port, execute)


def _driver(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        is_missing(f"the driver {name} is missing; pip install '{package}'")


def _program(name: str, product: str, package: str, folders: list[str] | None = None) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *(folders or [])])
    found = shutil.which(name, path=path)
    if found is None:
        is_missing(f"{product} is missing ({name}); it is in Debian's package {package}")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder that belongs to whom the server runs as: not far down, as sockets want it."""
    with tempfile.TemporaryDirectory(prefix="db-") as folder:
        account = _account()
        if "user" in account:
            os.chown(folder, account["user"], account["group"])
        yield Path(folder)


def _account() -> dict[str, Any]:
    """Return whom a server runs as, in the words of ``subprocess``: database servers refuse root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, **_account())
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")
