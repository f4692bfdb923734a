"""HTTP requests to servers that are not trusted: no answer takes too long, is too large, or repeats credentials.

A socket's timeout holds for the next bytes only, so a server that sends one byte a second is never too slow for it. An
event loop in a thread of its own cancels a request as a whole, whether it looks up a name, connects, or reads headers
or a body.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar
from urllib.parse import unquote
from urllib.request import getproxies

import httpx

from mlflow2prov.errors import one_line
from mlflow2prov.secrets import Secrets, split_user_info

_CLOSE_SECONDS = 10.0
_HEADERS = {"Accept-Encoding": "gzip, deflate"}
# Two codings of a few kilobytes may decode to gigabytes at once.
_CODINGS: tuple[list[str], ...] = ([], ["identity"], ["gzip"], ["deflate"])
# The codings describe the content as it came, and it is decoded.
_CONTENT_HEADERS = {"content-encoding", "content-length", "transfer-encoding"}

_Result = TypeVar("_Result")


class AnswerError(Exception):
    """An answer is larger than allowed, or encoded in another way than was asked for. ``str(error)`` is the reason."""


class HttpClient:
    """A client of one server. Its methods may be called from several threads.

    Args:
        accounts: the users and passwords that are sent to the server.
        tokens: further secrets that are sent to the server.
        headers: the headers of all requests.
        options: further arguments of ``httpx.AsyncClient``.

    Raises:
        OSError, ValueError, ImportError: a certificate or proxy from the environment cannot be used.
    """

    def __init__(
        self,
        accounts: Iterable[tuple[str | None, str | None]] = (),
        tokens: Iterable[str | None] = (),
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> None:
        self._secrets = Secrets(*accounts, *_proxy_accounts(), tokens=tokens)
        self._client = httpx.AsyncClient(
            headers={**_HEADERS, **(headers or {})}, follow_redirects=False, **options
        )
        self._loop = _EventLoop()

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(TimeoutError):
            self._loop.run(self._client.aclose(), _CLOSE_SECONDS)
        self._loop.close()

    def send(
        self, method: str, url: str | httpx.URL, *, max_bytes: int, seconds: float, **arguments: Any
    ) -> httpx.Response:
        """Send a request, and return the answer with its content, without credentials that the server repeats.

        Args:
            method: the method.
            url: the address, without credentials.
            max_bytes: the maximum size of the content after decompression.
            seconds: the maximum time of the whole exchange.
            arguments: further arguments of ``httpx.AsyncClient.stream``. ``content`` may be an iterator of bytes.

        Raises:
            httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError, OverflowError: the request failed.
            AnswerError: the answer is too large, or compressed twice.
            TimeoutError: the exchange took longer than ``seconds``.
        """
        if isinstance(arguments.get("content"), Iterator):
            arguments["content"] = _asynchronous(arguments["content"])
        return self._loop.run(self._exchange(method, url, max_bytes, **arguments), seconds)

    def reason(self, error: Exception) -> str:
        """Return the reason for an error, which may quote the server, as one line without credentials."""
        return one_line(self.mask(_innermost_reason(error))) or type(error).__name__

    def mask(self, text: str) -> str:
        """Return a text of the server without credentials."""
        return self._secrets.mask(text)

    async def _exchange(
        self, method: str, url: str | httpx.URL, max_bytes: int, **arguments: Any
    ) -> httpx.Response:
        async with self._client.stream(method, url, **arguments) as response:
            codings = response.headers.get_list("content-encoding", split_commas=True)
            if [coding.strip().lower() for coding in codings] not in _CODINGS:
                raise AnswerError(
                    "the answer is compressed in a way that was not asked for; check the proxies before the server"
                )
            blocks, size = [], 0
            async for block in response.aiter_bytes():
                blocks.append(block)
                size += len(block)
                if size > max_bytes:
                    raise AnswerError(f"the answer is longer than {max_bytes} bytes")
        return httpx.Response(
            response.status_code,
            headers=[
                item for item in response.headers.multi_items() if item[0] not in _CONTENT_HEADERS
            ],
            content=self._secrets.mask_content(b"".join(blocks)),
            request=response.request,
        )


class _EventLoop:
    """A running event loop. Its methods may be called from any thread but its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        """Run a coroutine, and return its result.

        Raises:
            TimeoutError: it took longer than ``seconds``.
        """
        future = asyncio.run_coroutine_threadsafe(asyncio.wait_for(coroutine, seconds), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """Stop the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _asynchronous(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    for block in blocks:
        yield block


def _proxy_accounts() -> Iterator[tuple[str, str]]:
    """Yield the users and passwords of the proxies in the environment."""
    for proxy in getproxies().values():
        user_info, _ = split_user_info(proxy)
        if user_info:
            user, _, password = user_info.partition(":")
            yield unquote(user), unquote(password)


def find_tls_error(error: BaseException) -> ssl.SSLError | None:
    """Return the error of TLS that caused an error, or None if there is none."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    return cause


def _innermost_reason(error: Exception) -> str:
    """Return the system's reason for an error, such as "Connection refused", or else the message of the error."""
    cause: BaseException | None = error
    while cause is not None:
        match cause:
            case ssl.SSLError() | socket.gaierror():
                break
            case OSError(errno=int(number)):
                return os.strerror(number)
        cause = cause.__cause__ or cause.__context__
    return str(error)
