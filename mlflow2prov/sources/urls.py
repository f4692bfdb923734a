"""URLs as they may be shown: with no credential in them."""

import re
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

_SECRET = re.compile(
    r"(?i)token|secret|passw|pwd|api[_-]?key|access[_-]?key|signature|credential|auth"
)
_USERINFO = re.compile(r"(?<=://)[^/?#\s]*@")


_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>\\]+")


def urls_without_credentials(text: str) -> str:
    """Return ``text`` with the URLs in it that hold credentials :func:`without_credentials`."""
    return _URL.sub(
        lambda found: without_credentials(found[0]) if _has_credentials(found[0]) else found[0],
        text,
    )


def _has_credentials(url: str) -> bool:
    keys = re.findall(r"[?&#]([^=&#]*)=", url)
    return bool(_USERINFO.search(url)) or any(_SECRET.search(key) for key in keys)


def without_credentials(url: str) -> str:
    """Return ``url`` without user, password and whatever secrets its query holds.

    What is no URL with an authority (a path, ``git@host:path``) stays as it is, but for a password
    before an ``@``.
    """
    try:
        parts = urlsplit(url)
        query = parts.query
    except ValueError:
        return _USERINFO.sub("", url)
    if not parts.scheme or not parts.netloc:
        return re.sub(r"^([^/@:\s]+):[^/@\s]*@", r"\1@", url) if "://" not in url else url
    if query:
        kept = [
            (k, v) for k, v in parse_qsl(query, keep_blank_values=True) if not _SECRET.search(k)
        ]
        query = urlencode(kept, quote_via=quote, safe="/:,+")
    fragment = "" if _SECRET.search(parts.fragment) else parts.fragment
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, query, fragment))
