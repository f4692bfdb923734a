"""Addresses of stores: URLs and credentials, which are never shown."""

from __future__ import annotations

import netrc
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlflow2prov.errors import DocumentStoreError, one_line
from mlflow2prov.secrets import Secrets, split_user_info, without_credentials


@dataclass(frozen=True)
class Address:
    """The parts of a store's URL. ``repr`` and ``str`` contain no credential.

    Attributes:
        url: the URL without user and password.
        scheme: its scheme in lower case.
        host: its host, the first one if there are several.
        path: its path without the first slash, not percent-encoded.
        user: the user, if one is known.
        password: the password, if one is known.
    """

    url: str = field(repr=False)
    scheme: str
    host: str
    path: str
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return without_credentials(self.url)

    def failed(self, reason: object) -> DocumentStoreError:
        """Return an error of this store as one line without a credential."""
        text = str(reason).replace(self.url, str(self))
        text = Secrets((self.user, self.password)).mask(text)
        return DocumentStoreError(f"{self}: {one_line(text)}")


def parse(url: str, variable: str) -> Address:
    """Parse a store's URL. The credentials are those in the URL, in the environment, or in ``~/.netrc``.

    Args:
        url: ``scheme://user:password@host:port/path``, percent-encoded (RFC 3986).
        variable: the prefix of the environment variables ``<variable>_USERNAME`` and ``<variable>_PASSWORD``.

    Raises:
        DocumentStoreError: it is not the URL of a server.
    """
    user_info, bare = split_user_info(url)
    public_url = without_credentials(bare)
    try:
        # urlsplit would take the port of the last host, of which MongoDB allows several.
        parts = urlsplit(re.sub(r"(?<=://)([^,/?#]*),[^/?#]*", r"\1", bare))
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise DocumentStoreError(
            f"{public_url}: not the URL of a server; use scheme://host:port"
        ) from error
    if not host:
        raise DocumentStoreError(f"{public_url}: no host; use scheme://host:port")
    user, password = _credentials(user_info, host, variable)
    return Address(bare, parts.scheme.lower(), host, unquote(parts.path.strip("/")), user, password)


def _credentials(user_info: str | None, host: str, variable: str) -> tuple[str | None, str | None]:
    user, _, password = (user_info or "").partition(":")
    if password:
        return unquote(user), unquote(password)
    url_user = None if user_info is None else unquote(user)
    name = url_user or os.environ.get(f"{variable}_USERNAME")
    if name and (password := os.environ.get(f"{variable}_PASSWORD", "")):
        return name, password
    return _from_netrc(host, url_user) or (name, None)


def _from_netrc(host: str, user: str | None) -> tuple[str, str] | None:
    """Return the login and password of a host in the file named by ``NETRC``, by default ``~/.netrc``."""
    file = Path(os.environ.get("NETRC") or Path.home() / ".netrc")
    try:
        entry = netrc.netrc(file).authenticators(host)
    except FileNotFoundError:
        return None
    except (netrc.NetrcParseError, UnicodeDecodeError, OSError) as error:
        # The message of the error may contain a password.
        line = f", line {error.lineno}" if isinstance(error, netrc.NetrcParseError) else ""
        raise DocumentStoreError(f"{file}{line}: not a valid netrc file") from error
    if entry is None or (user is not None and entry[0] != user) or not entry[2]:
        return None
    return entry[0], entry[2]
