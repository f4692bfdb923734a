"""Links to commits and files on the website that hosts a Git repository, and to pages of MLflow's UI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from mlflow2prov.analysis.item import Item
from mlflow2prov.errors import ConfigurationError

# The short form of SSH URLs, [user@]host:path. Without a user, a host is recognised by its dot.
_SCP_URL = re.compile(r"(?:[\w.-]+@(?=[\w.-])|(?=[\w-]*\.))(?P<host>[\w.-]+):(?P<path>[^/:][^:]*)")
_HOST = re.compile(r"[\w.-]+")
_SCHEMES = ("http", "https", "ssh", "git")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """An item and its address on the web, if it has one."""

    item: Item
    url: str | None


def web_page(url: str | None) -> str | None:
    """Return the address of a repository's web page, or None if its URL does not lead to one.

    All forms of git-clone ("Git URLs") are understood. ``git@host:path``, ``ssh://`` and ``git://`` become
    ``https://``, and credentials are dropped.
    """
    if not isinstance(url, str) or any(c.isspace() or not c.isprintable() for c in url):
        return None
    if "://" not in url:
        parts = _SCP_URL.fullmatch(url)
        return _page_address("https", parts["host"], parts["path"]) if parts else None
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:
        return None
    if split.scheme not in _SCHEMES or not _HOST.fullmatch(split.hostname or ""):
        return None
    is_web = split.scheme in ("http", "https")
    host = f"{split.hostname}:{port}" if is_web and port else str(split.hostname)
    return _page_address(split.scheme if is_web else "https", host, split.path)


def _page_address(scheme: str, host: str, path: str) -> str:
    return f"{scheme}://{host}/{quote(path.strip('/').removesuffix('.git'), safe='/%~')}"


def commit_url(page: str | None, sha: str) -> str | None:
    """Return the address of a commit on a repository's web page, or None without a page or a hash."""
    if page is None or not _SHA.fullmatch(sha):
        return None
    return f"{page}/{'commits' if _is_bitbucket(page) else 'commit'}/{sha}"


def file_url(page: str | None, sha: str, path: str) -> str | None:
    """Return the address of a file at a commit on a repository's web page, or None without a page or a hash."""
    if page is None or not _SHA.fullmatch(sha):
        return None
    return f"{page}/{'src' if _is_bitbucket(page) else 'blob'}/{sha}/{quote(path)}"


def mlflow_ui_page(url: str | None) -> str | None:
    """Return the address of MLflow's UI without credentials, query and fragment, or None if it is not http or https."""
    page = web_page(url)
    is_web = page is not None and urlsplit(url or "").scheme in ("http", "https")
    return page.rstrip("/") if page and is_web else None


def run_url(ui: str | None, experiment_id: str | None, run_id: str | None) -> str | None:
    """Return the address of a run in MLflow's UI, or None if something is missing."""
    if not (ui and experiment_id and run_id):
        return None
    return f"{ui}/#/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')}"


def experiment_url(ui: str | None, experiment_id: str | None) -> str | None:
    """Return the address of an experiment in MLflow's UI, or None if something is missing."""
    if not (ui and experiment_id):
        return None
    return f"{ui}/#/experiments/{quote(experiment_id, safe='')}"


def version_url(ui: str | None, model: str | None, version: str | None) -> str | None:
    """Return the address of a version of a registered model in MLflow's UI, or None if something is missing."""
    if not (ui and model and version):
        return None
    return f"{ui}/#/models/{quote(model, safe='')}/versions/{quote(version, safe='')}"


def check_mlflow_ui(url: str) -> None:
    """Check that the URL of MLflow's UI is one of ``http`` or ``https``.

    Raises:
        ConfigurationError: it is not. The message omits the URL, which may contain a credential.
    """
    if mlflow_ui_page(url) is None:
        raise ConfigurationError(
            "MLflow UI: it is not the address of a web page; write it as https://<host>"
        )


def _is_bitbucket(page: str) -> bool:
    return urlsplit(page).hostname == "bitbucket.org"


def check_repository_url(url: str) -> None:
    """Check that a repository's URL leads to a web page.

    Raises:
        ConfigurationError: it does not. The message omits the URL, which may contain a credential.
    """
    if web_page(url) is None:
        raise ConfigurationError(
            "repository URL: it does not lead to a web page; write it as https://<host>/<path>"
        )
