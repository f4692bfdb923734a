"""Credentials in URLs: one definition for facts, messages and addresses.

Two parts of a URL carry credentials: the user information before the host (RFC 3986, section 3.2.1), and
parameters of the query or the fragment whose names suggest a secret, such as ``access_token`` (RFC 6750,
section 2.3) or ``X-Amz-Signature``.
"""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
_SECRET_NAME = re.compile(r"(?i)token|secret|passw|pwd|key|signature|credential|auth|\bsig\b")
_PARAMETER = re.compile(r"([?&#])([^=\s&]+)=([^&\s'\"]*)")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>\\]+")
_WORD = re.compile(r"\S+")
# ``user:password@host:path``, the form that scp and Git accept besides URLs.
_SCP_PASSWORD = re.compile(r"^([^/@:\s]+):[^/@\s]*@")

MASK = "..."


def split_user_info(url: str) -> tuple[str | None, str]:
    """Split ``url`` into its user information, without the ``@``, and the URL without it.

    >>> split_user_info("bolt://ada:pw@example.org:7687")
    ('ada:pw', 'bolt://example.org:7687')
    """
    match = _USER_INFO.search(url)
    if match is None:
        return None, url
    return match[0][:-1], url[: match.start()] + url[match.end() :]


def without_credentials(url: str) -> str:
    """Return ``url`` without its user information and without the parameters that hold secrets.

    A path, and a location such as ``git@host:path``, are returned unchanged, except that the password
    in ``user:password@host:path`` is removed.

    >>> without_credentials("https://ada:pw@example.org/wine.git?token=1&depth=2")
    'https://example.org/wine.git?depth=2'
    """
    _, bare = split_user_info(url)
    try:
        parts = urlsplit(bare)
    except ValueError:
        return mask_secrets(bare)
    if not parts.scheme or not parts.netloc:
        return mask_secrets(bare) if "://" in bare else _SCP_PASSWORD.sub(r"\1@", bare)
    query = parts.query
    if query:
        parameters = parse_qsl(query, keep_blank_values=True)
        public = [(name, value) for name, value in parameters if not _SECRET_NAME.search(name)]
        query = urlencode(public, quote_via=quote, safe="/:,+")
    fragment = "" if _SECRET_NAME.search(parts.fragment) else parts.fragment
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, fragment))


def urls_without_credentials(text: str) -> str:
    """Return ``text`` with every URL that carries credentials replaced by :func:`without_credentials`."""

    def replace(match: re.Match[str]) -> str:
        has_secret = any(is_secret_name(name) for _, name, _ in _PARAMETER.findall(match[0]))
        return without_credentials(match[0]) if has_secret else match[0]

    return _URL.sub(replace, _without_user_info(text))


def mask_secrets(text: str) -> str:
    """Return ``text`` without user information in its URLs, and with ``...`` as the value of each secret.

    Meant for messages: the names of parameters stay, so that a user recognises the URL.

    >>> mask_secrets("no store at https://ada:pw@example.org/?token=1")
    'no store at https://example.org/?token=...'
    """

    def mask(match: re.Match[str]) -> str:
        separator, name, value = match.groups()
        return f"{separator}{name}={MASK if is_secret_name(name) else value}"

    return _PARAMETER.sub(mask, _without_user_info(text))


def _without_user_info(text: str) -> str:
    # A URL in running text ends at white space, so that an @ in a later word is not taken for its own.
    return _WORD.sub(lambda word: _USER_INFO.sub("", word[0]), text)


def is_secret_name(name: str) -> bool:
    """Return whether the name of a parameter or a variable suggests that its value is a secret."""
    return bool(_SECRET_NAME.search(unquote(name)))
