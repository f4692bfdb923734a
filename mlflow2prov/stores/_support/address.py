"""Where a store is, and who asks: URLs, and credentials that are never shown."""

from __future__ import annotations

import netrc
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from mlflow2prov.errors import DocumentStoreError
from mlflow2prov.secrets import split_user_info, without_credentials

_LONGEST_REASON = 300


@dataclass(frozen=True)
class Address:
    """A store's URL, taken apart. What ``repr`` and ``str`` show holds no credential."""

    url: str = field(repr=False)
    """Without user and password; whatever else it says, as it was given."""
    scheme: str
    host: str
    """Of several, the first."""
    path: str
    """Without the slash that it begins with, and unquoted."""
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return without_credentials(self.url)

    def failed(self, reason: object) -> DocumentStoreError:
        """Return the error that something with this store went wrong, in one line that holds no credential."""
        told = " ".join(str(reason).split())
        told = "".join(c if c.isprintable() else " " for c in told)
        for secret in filter(None, (self.password, quote(self.password or "", safe=""))):
            told = told.replace(secret, "***")
        told = told.replace(self.url, str(self))
        if len(told) > _LONGEST_REASON:
            told = f"{told[:_LONGEST_REASON]}..."
        return DocumentStoreError(f"{self}: {told}")


def parse(url: str, variable: str) -> Address:
    """Take a store's URL apart, and find who asks: in the URL, the environment, or ``~/.netrc``.

    Args:
        url: ``scheme://user:password@host:port/path``, percent-encoded (RFC 3986).
        variable: the user and the password stand in the environment's ``<variable>_USERNAME`` and
            ``<variable>_PASSWORD``.

    Raises:
        DocumentStoreError: it is no URL of a server.
    """
    user_info, bare = split_user_info(url)
    shown = without_credentials(bare)
    try:
        # Of several hosts, as MongoDB has them, urlsplit takes the last port for one of all.
        parts = urlsplit(re.sub(r"(?<=://)([^,/?#]*),[^/?#]*", r"\1", bare))
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DocumentStoreError(
            f"{shown}: is no URL of a server; try scheme://host:port"
        ) from error
    if not host:
        raise DocumentStoreError(f"{shown}: names no host; try scheme://host:port")
    user, password = _credentials(user_info, host, variable)
    return Address(bare, parts.scheme.lower(), host, unquote(parts.path.strip("/")), user, password)


def _credentials(user_info: str | None, host: str, variable: str) -> tuple[str | None, str | None]:
    user, _, password = (user_info or "").partition(":")
    if password:
        return unquote(user), unquote(password)
    given = None if user_info is None else unquote(user)
    name = given or os.environ.get(f"{variable}_USERNAME")
    if name and (password := os.environ.get(f"{variable}_PASSWORD", "")):
        return name, password
    return _from_netrc(host, given) or (name, None)


def _from_netrc(host: str, user: str | None) -> tuple[str, str] | None:
    """Return the login and password of a host in the file that ``NETRC`` names, else ``~/.netrc``."""
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        entry = netrc.netrc(file).authenticators(host)
    except FileNotFoundError:
        return None
    except (netrc.NetrcParseError, UnicodeDecodeError, OSError) as error:
        # What it complains of may be a password.
        line = f", line {error.lineno}" if isinstance(error, netrc.NetrcParseError) else ""
        raise DocumentStoreError(f"{file}{line}: cannot be read as logins (netrc)") from error
    if entry is None or (user is not None and entry[0] != user) or not entry[2]:
        return None
    return entry[0], entry[2]
