"""Credentials in URLs and in the answers of servers: one definition for facts, messages and addresses.

Two parts of a URL carry credentials: the user information before the host (RFC 3986, section 3.2.1), and
parameters of the query or the fragment whose names suggest a secret, such as ``access_token`` (RFC 6750,
section 2.3) or ``X-Amz-Signature``.
"""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import (
    parse_qsl,
    quote,
    quote_plus,
    unquote,
    urlencode,
    urlsplit,
    urlunsplit,
)

_USER_INFO = re.compile(r"(?<=://)[^/?#]*@")
_SECRET_NAME = re.compile(r"(?i)token|secret|passw|pwd|key|signature|credential|auth|\bsig\b")
_PARAMETER = re.compile(r"([?&#])([^=\s&?#]+)=([^&\s'\"]*)")
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z0-9+.-]+://[^\s\"'<>\\]+")
_WORD = re.compile(r"\S+")
_HTML_CHARACTER = re.compile("[<>&']")
_WORD_OR_NUMBER = re.compile(r"[^\W\d]*|[\d.:-]*")
_SHORT_DIGEST = re.compile(r"[0-9a-f-]{0,12}")
# ``user:password@host:path``, the form that scp and Git accept besides URLs.
_SCP_PASSWORD = re.compile(r"^([^/@:\s]+):[^/@\s]*@")

MASK = "..."

MIN_DISTINCTIVE_LENGTH = 6
"""The minimum length of a credential that is masked in content, and not only in messages."""


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


class Secrets:
    """The credentials that a server was asked with, which it may repeat anywhere in its answers.

    Args:
        accounts: users with their passwords. A user without a password is a secret itself, as a token is.
        tokens: further secrets.
    """

    def __init__(
        self, *accounts: tuple[str | None, str | None], tokens: Iterable[str | None] = ()
    ) -> None:
        values = list(tokens)
        for user, password in accounts:
            values += [password, f"{user}:{password}"] if user and password else [user or password]
        secrets = list(filter(None, values))
        # Some servers and libraries change the case of headers and of percent-encoding.
        self._message_pattern = re.compile(
            "|".join(map(re.escape, _all_spellings(secrets))), re.IGNORECASE
        )
        self._content_spellings = [
            spelling.encode("utf-8", "replace").lower()
            for spelling in _all_spellings(filter(_is_distinctive, secrets))
        ]
        self._content_pattern = re.compile(
            b"|".join(map(re.escape, self._content_spellings)), re.IGNORECASE
        )

    def mask(self, text: str) -> str:
        """Return text for a message that quotes a server, without the credentials and as :func:`mask_secrets`.

        >>> Secrets(("ada", "pw")).mask("407 no access for ada with Basic YWRhOnB3 or ada:pw")
        '407 no access for ada with Basic ... or ...'
        """
        masked = self._message_pattern.sub(MASK, text) if self._message_pattern.pattern else text
        return mask_secrets(masked)

    def mask_content(self, content: bytes) -> bytes:
        """Return content without the credentials that cannot be there by chance.

        >>> Secrets(("ada", "pa55word!")).mask_content(b'{"user": "ada", "echo": "pa55word!"}')
        b'{"user": "ada", "echo": "..."}'
        """
        # A search for plain text is a hundred times faster than the pattern, and seldom finds one.
        lower_case = content.lower()
        if any(spelling in lower_case for spelling in self._content_spellings):
            return self._content_pattern.sub(MASK.encode(), content)
        return content


def _all_spellings(secrets: Iterable[str]) -> list[str]:
    """Return all spellings of secrets, the longest first, so that a pattern of them leaves no end of one."""
    spellings = {spelling for secret in secrets for spelling in _spellings(secret)}
    return sorted(spellings, key=len, reverse=True)


def _spellings(secret: str) -> Iterator[str]:
    """Yield a secret as it may appear in an answer: plain, in a URL, in HTML, in JSON or in a header."""
    yield secret
    yield quote(secret, safe="", errors="replace")
    yield quote_plus(secret, errors="replace")
    yield html.escape(secret)
    yield html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    for text in (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]):
        yield text
        yield text.replace("/", "\\/")
        yield _HTML_CHARACTER.sub(lambda character: f"\\u{ord(character[0]):04x}", text)
    # Basic authentication (RFC 7617); the padding may be cut off.
    yield base64.b64encode(secret.encode("utf-8", "replace")).decode().rstrip("=")


def _is_distinctive(secret: str) -> bool:
    """Return whether a secret is unlikely to be part of a word, a number or a digest."""
    return (
        len(secret) >= MIN_DISTINCTIVE_LENGTH
        and not _WORD_OR_NUMBER.fullmatch(secret)
        and not _SHORT_DIGEST.fullmatch(secret)
    )


def _without_user_info(text: str) -> str:
    # A URL in running text ends at white space, so that an @ in a later word is not taken for its own.
    return _WORD.sub(lambda word: _USER_INFO.sub("", word[0]), text)


def is_secret_name(name: str) -> bool:
    """Return whether the name of a parameter or a variable suggests that its value is a secret."""
    return bool(_SECRET_NAME.search(unquote(name)))
