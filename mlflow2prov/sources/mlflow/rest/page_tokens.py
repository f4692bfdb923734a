"""The tokens of the pages of one list. A list ends, whatever the server sends."""

from __future__ import annotations

from typing import Any

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.sources.mlflow.values import parse_text

MAX_PAGES = 100_000
"""Maximum number of pages of one list."""
MAX_USELESS_PAGES = 100
"""Maximum number of pages in a row that are empty or repeat an earlier page."""
MAX_TOKEN_LENGTH = 10_000
"""Maximum length of a token, in characters."""


class PageTokens:
    """The tokens and pages that a server has sent for one list.

    Args:
        where: the address of the list for messages.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._tokens: set[str] = set()
        self._pages: set[int] = set()
        self._useless_pages = 0

    def following(self, token: object, page: list[dict[str, Any]]) -> str | None:
        """Return the token of the page after ``page``, or None after the last page.

        Args:
            token: the token that came with ``page``, as the server sent it.
            page: the objects of the page.

        Raises:
            TrackingStoreError: the list does not end.
        """
        text = parse_text(token[: MAX_TOKEN_LENGTH + 1]) if isinstance(token, str) else None
        if not text:
            return None
        if len(text) > MAX_TOKEN_LENGTH:
            raise TrackingStoreError(
                f"{self._where}: the token of the next page is longer than {MAX_TOKEN_LENGTH} characters"
            )
        if text in self._tokens:
            raise TrackingStoreError(f"{self._where}: the server repeats the same page")
        digest = _digest(page)
        self._useless_pages = self._useless_pages + 1 if not page or digest in self._pages else 0
        if self._useless_pages > MAX_USELESS_PAGES:
            raise TrackingStoreError(
                f"{self._where}: more than {MAX_USELESS_PAGES} pages in a row are empty or repeat an earlier page"
            )
        self._tokens.add(text)
        self._pages.add(digest)
        if len(self._tokens) >= MAX_PAGES:
            raise TrackingStoreError(f"{self._where}: the list has more than {MAX_PAGES} pages")
        return text


def _digest(page: list[dict[str, Any]]) -> int:
    try:
        return hash(repr(page))
    except RecursionError:
        return id(page)
