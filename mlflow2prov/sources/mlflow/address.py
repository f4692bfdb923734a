"""Addresses of MLflow stores, as people write them: a URL, a path, or what a browser shows.

http(s)://host, host:port             a server
http://host/#/experiments/1           an experiment of a server, as MLflow's pages show it
sqlite:///..., postgresql://..., ...  a database
mlflow.db                             a database, if the file is one of SQLite
mlruns, file:...                      a file store
a folder that contains one of them
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urldefrag, urlsplit

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.secrets import without_credentials
from mlflow2prov.sources.mlflow.discovery import (
    LocalStore,
    database_url,
    has_database_name,
    is_file_store,
    is_sqlite,
    local_stores,
)

Kind = Literal["server", "database", "folder"]

_DATABASES = ("sqlite", "postgresql", "postgres", "mysql", "mssql")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}(?:[/?#].*)?", re.S)
_DATABRICKS = re.compile(r"(?:databricks(?:-uc)?|uc)(?::.*)?", re.I | re.S)
_EXPERIMENT = re.compile(r"/experiments/([0-9]+)(?![0-9])")
_COMPARED_EXPERIMENTS = re.compile(r"[?&]experiments=([^&]*)")

_CHOICES = "give http(s)://, a database URL such as sqlite:///mlflow.db, or a folder"


@dataclass(frozen=True)
class Address:
    """The address of a store in the form that its reader takes.

    Attributes:
        kind: the way to read it.
        location: the URL of the server or of the database, or the path of the folder.
        experiments: the ids of the experiments that the address names; all without any.
        notice: how the address was understood, if it is not the location itself.
    """

    kind: Kind
    location: str
    experiments: tuple[str, ...] = ()
    notice: str | None = None


def parse_address(url: str) -> Address:
    """Return the store that ``url`` names. Folders and files are looked at, servers and databases are not.

    Raises:
        TrackingStoreError: it names no store that can be read; the message names one that could.
    """
    match _form(url):
        case "host":
            address = _server(f"http://{url}")
            return replace(address, notice=_read_as(url, address))
        case "server":
            return _server(url)
        case "database":
            return Address("database", url)
        case "file URL":
            return _local(_path_of_file_url(url))
        case "path":
            return _local(url)


def check_address(url: str) -> None:
    """Check the form of an address, without looking for the store.

    Raises:
        TrackingStoreError: it has the form of no store that can be read; the message names one that could.
    """
    _form(url)


def _form(url: str) -> Literal["host", "server", "database", "file URL", "path"]:
    scheme = url.partition(":")[0].lower() if _SCHEME.match(url) else ""
    exists = os.path.exists(url)  # noqa: PTH110  (accepts names of any length)
    if _DATABRICKS.fullmatch(url) and not exists:
        raise TrackingStoreError(
            f"{scheme or url}: Databricks is read as a server; give https:// and the host of the workspace, and its "
            "token in MLFLOW_TRACKING_TOKEN"
        )
    if _HOST_AND_PORT.fullmatch(url) and not exists:
        return "host"
    _require_url(url)
    if scheme in ("http", "https"):
        return "server"
    if scheme.partition("+")[0] in _DATABASES:
        _require_database_url(url, scheme)
        return "database"
    if scheme == "file":
        _path_of_file_url(url)
        return "file URL"
    if not scheme or exists:
        return "path"
    raise TrackingStoreError(
        f"{without_credentials(url)}: {scheme}: does not lead to an MLflow store; {_CHOICES}"
    )


def _require_url(url: str) -> None:
    try:
        urlsplit(url)
    except ValueError as error:
        # A URL that cannot be parsed may have a password anywhere: the message does not repeat it.
        raise TrackingStoreError(f"{url.partition(':')[0]}:...: not a URL; {_CHOICES}") from error


def _server(url: str) -> Address:
    """Return the address of a server, without the fragment by which its pages name experiments and runs."""
    _require_url(url)
    location, fragment = urldefrag(url)
    experiments = _EXPERIMENT.findall(f"/{fragment}")
    if compared := _COMPARED_EXPERIMENTS.search(fragment):
        experiments += re.findall(r"[0-9]+", unquote(compared[1]))
    if not fragment:
        return Address("server", location)
    address = Address(
        "server", location.partition("?")[0].rstrip("/"), tuple(dict.fromkeys(experiments))
    )
    return replace(address, notice=_read_as(url, address))


def _require_database_url(url: str, scheme: str) -> None:
    rest = url.partition(":")[2]
    path = rest.removeprefix("//")
    if scheme.partition("+")[0] != "sqlite" or rest.startswith("///") or not path:
        return
    raise TrackingStoreError(
        f"{without_credentials(url)}: the URL of a SQLite file has three slashes before a relative path, and four "
        f"before an absolute one; give {without_credentials(f'{scheme}:///{path}')}"
    )


def _path_of_file_url(url: str) -> str:
    address = urlsplit(url)
    if address.netloc not in ("", "localhost"):
        raise TrackingStoreError(
            f"{without_credentials(url)}: names the host {address.netloc!r}, but a file store is read "
            "from a folder of this machine; give file:/// and an absolute path, or only a path"
        )
    return unquote(address.path)


def _local(path: str) -> Address:
    """Return the address of the store that a file or folder is or contains."""
    try:
        # A pointer of Git LFS, or an empty file, has the name of a database only.
        is_database = is_sqlite(Path(path)) or has_database_name(Path(path))
        stores = [] if is_database or is_file_store(Path(path)) else local_stores(Path(path))
    except ValueError:  # no path of this system
        return Address("folder", path)
    if is_database:
        return _recognised(path, "database", _database(path))
    if not stores:
        return Address("folder", path)
    store = choose_store(path, stores)
    if store.is_database:
        return _recognised(path, "database", _database(store.path))
    return _recognised(path, "folder", store.path)


def _recognised(path: str, kind: Kind, location: str) -> Address:
    address = Address(kind, location)
    return replace(address, notice=_read_as(path, address))


def choose_store(where: str, stores: list[LocalStore]) -> LocalStore:
    """Return the only store that has runs, or else the only one.

    Raises:
        TrackingStoreError: there are several.
    """
    candidates = [store for store in stores if store.has_runs] or stores
    if len(candidates) > 1:
        names = " or ".join(store.url for store in candidates)
        raise TrackingStoreError(f"{where}: contains several MLflow stores; give {names}")
    return candidates[0]


def _database(path: str) -> str:
    if "?" in path:
        raise TrackingStoreError(
            f"{path}: the URL of a database cannot contain a question mark; rename the file or its folder"
        )
    return database_url(path)


def _read_as(url: str, address: Address) -> str:
    selection = ""
    if address.experiments:
        selection = f", experiment {' and '.join(address.experiments)}"
    return f"{without_credentials(url)}: read as {without_credentials(address.location)}{selection}"
