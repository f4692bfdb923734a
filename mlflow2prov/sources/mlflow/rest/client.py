"""MLflow's REST API, spoken politely: few at once, with patience, and believing nothing.

https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

import configparser
import json
import logging
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import orjson
import stamina

from mlflow2prov.errors import TrackingStoreError
from mlflow2prov.secrets import without_credentials

_CONNECT_SECONDS = 10.0
_PATIENCE_SECONDS = 60.0
_LONGEST_RETRY_AFTER = 30.0
_ATTEMPTS = 4
_BUSY = {429, 502, 503, 504}
_LARGEST_PAGES = 1_000_000
_LARGEST_ANSWER = 1 << 29
"""How many bytes an answer may have: a thousand runs have some megabytes."""
_PATIENCE_IN_ALL = 5
"""How many times as long as for its next bytes an answer is waited for in all."""

Json = dict[str, Any]

# What is tried again is no news to a user; who wants to know listens to this logger.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class AnswerError(TrackingStoreError):
    """The server answered, with a status that is none of success."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RefusedError(AnswerError):
    """The server answered that this one thing is not for us, or not there (401, 403, 404)."""


class Client:
    """A connection to one MLflow server, with the credentials of the URL or the environment.

    MLflow's own variables hold: ``MLFLOW_TRACKING_USERNAME``, ``_PASSWORD``, ``_TOKEN``,
    ``_INSECURE_TLS``, ``_SERVER_CERT_PATH``, ``_CLIENT_CERT_PATH``, ``MLFLOW_WORKSPACE``,
    ``MLFLOW_HTTP_REQUEST_TIMEOUT``, and the file ``~/.mlflow/credentials``; also the usual proxy variables.
    """

    def __init__(self, url: str, workers: int) -> None:
        parts = urlsplit(url)
        self.shown = without_credentials(url).rstrip("/")
        self._base = urlunsplit(
            (parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", "")
        )
        headers = {"Accept": "application/json", "User-Agent": "mlflow2prov"}
        if workspace := os.environ.get("MLFLOW_WORKSPACE"):
            headers["X-MLFLOW-WORKSPACE"] = workspace
        user = unquote(parts.username or "") or os.environ.get("MLFLOW_TRACKING_USERNAME")
        password = unquote(parts.password or "") or os.environ.get("MLFLOW_TRACKING_PASSWORD")
        if not user:
            user, password = _saved_credentials()
        token = os.environ.get("MLFLOW_TRACKING_TOKEN")
        if token and not user:
            headers["Authorization"] = f"Bearer {token}"
        self._retry = stamina.RetryingCaller(attempts=_ATTEMPTS, timeout=_PATIENCE_SECONDS * 2).on(
            _wait
        )
        try:
            self._client = httpx.Client(
                auth=(user, password or "") if user else None,
                headers=headers,
                verify=_verification(),
                cert=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"),
                timeout=httpx.Timeout(_patience(), connect=_CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=max(workers, 1)),
                follow_redirects=False,
            )
        except (OSError, ValueError) as error:
            raise TrackingStoreError(
                f"{self.shown}: the certificate cannot be read: {error}"
            ) from error

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def version(self) -> str | None:
        """Return MLflow's version as the server tells it, if it does."""
        response = self._send("GET", "/version")
        said = response.text.strip()
        is_version = response.status_code == 200 and said[:1].isdigit() and len(said) < 40
        return said if is_version and "." in said else None

    def get(self, path: str, parameters: Json) -> Json:
        """Ask for something by GET; parameters that are None are left out."""
        given = {key: str(value) for key, value in parameters.items() if value is not None}
        return self._answer(self._send("GET", path, params=given), path)

    def post(self, path: str, body: Json) -> Json:
        """Ask for something by POST."""
        return self._answer(self._send("POST", path, json=body), path)

    def content(self, path: str, parameters: Json, largest: int) -> bytes:
        """Ask for a file's content.

        Raises:
            TrackingStoreError: it is longer than ``largest`` bytes, or there is none for us.
        """
        response = self._send("GET", path, params=parameters, largest=largest)
        if response.status_code != 200:
            raise AnswerError(
                f"{self.shown}{path}: the server answered {response.status_code}",
                response.status_code,
            )
        return response.content

    def pages(self, path: str, key: str, body: Json, *, post: bool) -> Iterator[Json]:
        """Ask for all pages of a list; yields the objects under ``key``.

        Where the server knows a page's token no more, all pages are asked for again: what was there
        before comes twice.
        """
        seen: set[str] = set()
        token: str | None = None
        has_begun_again = False
        while len(seen) < _LARGEST_PAGES:
            asked = {**body, **({"page_token": token} if token else {})}
            try:
                answer = self.post(path, asked) if post else self.get(path, asked)
            except AnswerError as error:
                if error.status != 400 or token is None or has_begun_again:
                    raise
                has_begun_again, token = True, None
                seen.clear()
                continue
            yield from objects(answer.get(key))
            token = answer.get("next_page_token") or None
            if not isinstance(token, str):
                return
            if token in seen:
                raise TrackingStoreError(
                    f"{self.shown}{path}: the server gives the same page again and again"
                )
            seen.add(token)

    def _send(
        self, method: str, path: str, largest: int | None = None, **arguments: Any
    ) -> httpx.Response:
        try:
            return self._retry(self._request, method, self._base + path, largest, **arguments)
        except httpx.HTTPStatusError as error:
            return error.response
        except httpx.TimeoutException as error:
            raise TrackingStoreError(
                f"{self.shown}: the server does not answer; is it the right address, and is it up?"
            ) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise TrackingStoreError(
                f"{self.shown}: cannot be reached ({reason}); is it up?"
            ) from error

    def _request(
        self, method: str, url: str, largest: int | None, **arguments: Any
    ) -> httpx.Response:
        until = time.monotonic() + _patience() * _PATIENCE_IN_ALL
        with self._client.stream(method, url, **arguments) as response:
            blocks, size = [], 0
            for block in response.iter_bytes():
                blocks.append(block)
                size += len(block)
                if size > (largest or _LARGEST_ANSWER):
                    raise TrackingStoreError(
                        f"{url}: an answer is longer than {largest or _LARGEST_ANSWER} bytes"
                    )
                if time.monotonic() > until:
                    raise TrackingStoreError(
                        f"{url}: an answer comes to no end; is this an MLflow server?"
                    )
            if response.status_code in _BUSY:
                response.raise_for_status()
            headers = {
                key: value
                for key, value in response.headers.items()
                if key in ("location", "retry-after", "content-type")
            }
            return httpx.Response(response.status_code, headers=headers, content=b"".join(blocks))

    def _answer(self, response: httpx.Response, path: str) -> Json:
        status = response.status_code
        where = f"{self.shown}{path}"
        if status == 401:
            raise RefusedError(
                f"{where}: the server wants credentials (401); set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
                status,
            )
        if status == 403:
            raise RefusedError(f"{where}: these credentials may not read this (403)", status)
        if status == 404:
            raise RefusedError(f"{where}: not there (404)", status)
        if response.is_redirect:
            raise TrackingStoreError(
                f"{where}: redirected elsewhere; a login page? Give the server's own URL"
            )
        if status != 200:
            raise AnswerError(f"{where}: the server answered {status}{_reason(response)}", status)
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            # MLflow's server may write a bare NaN, which is no JSON.
            try:
                body = json.loads(response.content)
            except (ValueError, RecursionError) as error:
                raise TrackingStoreError(
                    f"{where}: the answer is not JSON; is this an MLflow server?"
                ) from error
        if not isinstance(body, dict):
            raise TrackingStoreError(f"{where}: not MLflow's answer; is this an MLflow server?")
        return body


def objects(value: object) -> Iterator[Json]:
    """Yield the JSON objects of a list, and nothing of what is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def inner(value: Json, *keys: str) -> Json:
    """Return the object at the end of a way of keys, empty where the way breaks off."""
    found: object = value
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _wait(error: Exception) -> bool | float:
    """Say whether to try again after ``error``, and when the server names a time, in how many seconds."""
    if isinstance(error, httpx.HTTPStatusError):
        after = error.response.headers.get("Retry-After", "")
        try:
            seconds = float(after)
        except ValueError:
            return True
        return (
            min(seconds, _LONGEST_RETRY_AFTER) if math.isfinite(seconds) and seconds > 0 else True
        )
    # A timeout has cost its patience already; it is not asked twice.
    return isinstance(error, httpx.TransportError) and not isinstance(error, httpx.TimeoutException)


def _reason(response: httpx.Response) -> str:
    try:
        said = response.json().get("error_code")
    except (ValueError, AttributeError):
        return ""
    return f" ({str(said)[:80]})" if said else ""


def _patience() -> float:
    try:
        return float(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", _PATIENCE_SECONDS))
    except ValueError:
        return _PATIENCE_SECONDS


def _verification() -> bool | str:
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        return False
    return os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True


def _saved_credentials() -> tuple[str | None, str | None]:
    """Return user and password of ``~/.mlflow/credentials`` (MLflow documentation, "Authentication")."""
    file = Path.home() / ".mlflow" / "credentials"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        section = parser["mlflow"]
    except (OSError, KeyError, configparser.Error, UnicodeDecodeError):
        return None, None
    return section.get("mlflow_tracking_username"), section.get("mlflow_tracking_password")
