"""Links to a commit and to a file at a commit, on the site that hosts a repository."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from mlflow2prov.errors import ConfigurationError

# Without a user it is told from a scheme by its dot.
_SCP = re.compile(r"(?:[\w.-]+@(?=[\w.-])|(?=[\w-]*\.))(?P<host>[\w.-]+):(?P<path>[^/:][^:]*)")
_HOST = re.compile(r"[\w.-]+")
_SCHEMES = ("http", "https", "ssh", "git")
_SHA = re.compile(r"[0-9a-f]{7,64}", re.IGNORECASE)


def web_page(url: str | None) -> str | None:
    """Return the web page of a repository's URL, as git takes it (git-clone, "Git URLs"); None if there is none.

    Credentials are left out; ``git@host:path`` and ``ssh://`` are taken for ``https://``.
    """
    if not url or any(c.isspace() or not c.isprintable() for c in url):
        return None
    if "://" not in url:
        parsed = _SCP.fullmatch(url)
        if not parsed:
            return None
        host, path, scheme = parsed["host"], parsed["path"], "https"
    else:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in _SCHEMES or not _HOST.fullmatch(parts.hostname or ""):
            return None
        is_web = parts.scheme in ("http", "https")
        scheme = parts.scheme if is_web else "https"
        host = f"{parts.hostname}:{port}" if is_web and port else str(parts.hostname)
        path = parts.path
    return f"{scheme}://{host}/{quote(path.strip('/').removesuffix('.git'), safe='/%~')}"


def commit_url(repository: str | None, sha: str) -> str | None:
    """Return the link to a commit, given the web page of its repository; None without one."""
    if repository is None or not _SHA.fullmatch(sha):
        return None
    folder = "commits" if urlsplit(repository).hostname == "bitbucket.org" else "commit"
    return f"{repository}/{folder}/{sha}"


def file_url(repository: str | None, sha: str, path: str) -> str | None:
    """Return the link to a file at a commit, given the web page of its repository; None without one."""
    if repository is None or not _SHA.fullmatch(sha):
        return None
    folder = "src" if urlsplit(repository).hostname == "bitbucket.org" else "blob"
    return f"{repository}/{folder}/{sha}/{quote(path)}"


def check_url(url: str) -> None:
    """Look whether a URL is that of a repository with a web page.

    Raises:
        ConfigurationError: it is not; it is not repeated, since it may hold a credential.
    """
    if web_page(url) is None:
        raise ConfigurationError(
            "the repository's URL is none that can be linked to; give it as https://<host>/<path>"
        )
