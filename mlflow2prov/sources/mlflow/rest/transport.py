"""HTTP to one MLflow server: credentials, retries, limits, and answers as JSON.

https://mlflow.org/docs/latest/api_reference/rest-api.html
"""

from __future__ import annotations

import configparser
import json
import math
import os
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx
import orjson
import stamina

from mlflow2prov.errors import TrackingStoreError, one_line
from mlflow2prov.http_client import AnswerError, HttpClient, find_tls_error
from mlflow2prov.secrets import mask_secrets, without_credentials

MAX_ANSWER_BYTES = 1 << 29
"""Maximum size of an answer; a thousand runs have some megabytes."""
MAX_ANSWER_VALUES = 1 << 24
"""Maximum number of lists, objects and commas in an answer, which take much more memory as Python objects."""
MAX_ATTEMPTS = 4
"""Maximum number of attempts at one request."""
MAX_BUSY_REQUESTS = 10
"""Maximum number of requests in a row that a server is too busy to answer, each after all attempts."""

_BUSY_STATUSES = {429, 502, 503, 504}
_CONNECT_SECONDS = 10.0
_READ_SECONDS = 60.0
_MAX_RETRY_AFTER_SECONDS = 30.0
# A whole answer may take this many times the read timeout, which holds for its next bytes.
_ANSWER_TIMEOUT_FACTOR = 5
_MAX_READ_SECONDS = 3600.0
_VERSION = re.compile(r"[0-9]+(\.[0-9A-Za-z+-]{1,20}){1,5}", re.ASCII)
_ERROR_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,79}", re.ASCII)

Json = dict[str, Any]


class UnusableServerError(TrackingStoreError):
    """The server cannot be reached, does not answer, or does not answer in JSON. Further requests are pointless."""


class NoJsonError(UnusableServerError):
    """The server answered something other than JSON."""


class StatusError(TrackingStoreError):
    """The server answered with an error status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class RefusedError(StatusError):
    """The server refuses access to one thing, or does not have it (401, 403, 404)."""


class Transport:
    """Requests to one MLflow server.

    Credentials come from the URL, from MLflow's environment variables (``MLFLOW_TRACKING_USERNAME``,
    ``_PASSWORD``, ``_TOKEN``, ``_INSECURE_TLS``, ``_SERVER_CERT_PATH``, ``_CLIENT_CERT_PATH``) or from
    ``~/.mlflow/credentials``. ``MLFLOW_WORKSPACE``, ``MLFLOW_HTTP_REQUEST_TIMEOUT`` (seconds) and the usual proxy
    variables apply, too.
    """

    def __init__(self, url: str, max_connections: int) -> None:
        self.location = without_credentials(url).rstrip("/")
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        self._base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        headers, user = _authentication(parts.username, parts.password)
        try:
            # The port is checked when it is asked for.
            if not (httpx.URL(self._base).host and parts.port != 0):
                raise ValueError("without a host or port")
        except (httpx.InvalidURL, ValueError) as error:
            # A URL that cannot be parsed may have a password anywhere: the message does not repeat it.
            raise TrackingStoreError(
                f"{parts.scheme}:...: not the URL of a server; give {parts.scheme}://host:port, with %40 for an @ "
                "and %2F for a slash in a password"
            ) from error
        try:
            self._client = HttpClient(
                accounts=[user or (None, None)],
                tokens=[headers.get("Authorization", "").removeprefix("Bearer ")],
                auth=user,
                headers=headers,
                verify=_verification(),
                cert=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"),
                timeout=httpx.Timeout(_read_seconds(), connect=_CONNECT_SECONDS),
                limits=httpx.Limits(max_connections=max_connections),
            )
        except (OSError, ValueError, ImportError) as error:
            raise TrackingStoreError(
                f"{self.location}: a certificate or proxy from the environment cannot be used: "
                f"{one_line(mask_secrets(str(error)))}"
            ) from error
        self._busy_requests = 0
        retrying = stamina.RetryingCaller(attempts=MAX_ATTEMPTS, timeout=_READ_SECONDS * 2)
        self._retry = retrying.on(_should_retry)

    def __enter__(self) -> Transport:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.__exit__()

    def version(self) -> str | None:
        """Return MLflow's version, if the server reports it."""
        response = self._send("GET", "/version")
        version = response.content.decode("utf-8", "replace").strip()
        is_version = response.status_code == 200 and _VERSION.fullmatch(version)
        return version if is_version else None

    def get(self, path: str, parameters: Json) -> Json:
        """Send a GET request. Parameters that are None are not sent.

        Raises:
            TrackingStoreError: the request failed; see :meth:`post`.
        """
        query = {name: str(value) for name, value in parameters.items() if value is not None}
        return self._parse(self._send("GET", path, params=query), path)

    def post(self, path: str, body: Json) -> Json:
        """Send a POST request.

        Raises:
            UnusableServerError: the server cannot be reached, does not answer, or does not answer in JSON.
            StatusError: it answered with an error status.
            TrackingStoreError: it answered as no MLflow server does.
        """
        return self._parse(self._send("POST", path, json=body), path)

    def get_content(self, path: str, parameters: Json, max_bytes: int) -> bytes:
        """Return the content of a file.

        Raises:
            StatusError: there is no such file, or access to it is refused.
            TrackingStoreError: it is longer than ``max_bytes``.
        """
        response = self._send("GET", path, params=parameters, max_bytes=max_bytes)
        if response.status_code != 200:
            raise StatusError(
                f"{self.location}{path}: the server answered {response.status_code}",
                response.status_code,
            )
        return response.content

    def _send(
        self, method: str, path: str, max_bytes: int | None = None, **arguments: Any
    ) -> httpx.Response:
        url = self._base + path
        try:
            response = self._retry(
                self._request, method, url, max_bytes or MAX_ANSWER_BYTES, **arguments
            )
        except httpx.HTTPStatusError as error:
            self._count_busy_request(error.response.status_code)
            return error.response
        except httpx.TimeoutException as error:
            raise UnusableServerError(
                f"{self.location}: the server does not answer; check that the address is right and the "
                "server is running"
            ) from error
        except httpx.DecodingError as error:
            raise UnusableServerError(
                f"{url}: the answer is not compressed as it claims; check that this is an MLflow server"
            ) from error
        except httpx.InvalidURL as error:
            raise TrackingStoreError(
                f"{self.location}{path}: cannot be asked for ({self._client.reason(error)}); check that this is "
                "an MLflow server"
            ) from error
        except (httpx.HTTPError, OSError, UnicodeError, OverflowError) as error:
            advice = self._advice(error)
            raise UnusableServerError(
                f"{self.location}: cannot be reached ({self._client.reason(error)}); {advice}"
            ) from error
        self._busy_requests = 0
        return response

    def _advice(self, error: Exception) -> str:
        """Return what to do about a server that cannot be reached."""
        scheme, _, rest = self.location.partition("://")
        tls_error = find_tls_error(error)
        if isinstance(tls_error, ssl.SSLCertVerificationError):
            return "name the certificate of its authority in MLFLOW_TRACKING_SERVER_CERT_PATH"
        if tls_error is not None:
            return f"if the server does not use TLS, give http://{rest}"
        if scheme == "http" and isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
            return f"if the server uses TLS, give https://{rest}"
        return "check that the server is running"

    def _count_busy_request(self, status: int) -> None:
        self._busy_requests += 1
        if self._busy_requests >= MAX_BUSY_REQUESTS:
            raise UnusableServerError(
                f"{self.location}: the server stays busy ({status}); try again later"
            )

    def _request(self, method: str, url: str, max_bytes: int, **arguments: Any) -> httpx.Response:
        """Send a request once, and read an answer that is neither too long nor too slow.

        Raises:
            httpx.HTTPError: the request failed, or the server is busy.
            UnusableServerError: the answer takes too long.
            TrackingStoreError: the answer is too long.
        """
        seconds = _read_seconds() * _ANSWER_TIMEOUT_FACTOR
        try:
            answer = self._client.send(
                method, url, max_bytes=max_bytes, seconds=seconds, **arguments
            )
        except TimeoutError as error:
            raise UnusableServerError(
                f"{url}: the answer does not end within {seconds:g} seconds; check that this is an "
                "MLflow server"
            ) from error
        except AnswerError as error:
            raise TrackingStoreError(f"{url}: {error}") from error
        if answer.status_code in _BUSY_STATUSES:
            answer.raise_for_status()
        return answer

    def _parse(self, response: httpx.Response, path: str) -> Json:
        where = f"{self.location}{path}"
        self._raise_for_status(response, where)
        if _count_values(response.content) > MAX_ANSWER_VALUES:
            raise TrackingStoreError(
                f"{where}: the answer has more than {MAX_ANSWER_VALUES} values"
            )
        try:
            body = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            # MLflow's server may write a bare NaN, which is not JSON.
            try:
                body = json.loads(response.content)
            except (ValueError, RecursionError) as error:
                raise NoJsonError(
                    f"{where}: the answer is not JSON; check that this is an MLflow server"
                ) from error
        if not isinstance(body, dict):
            raise TrackingStoreError(
                f"{where}: the answer is not a JSON object; check that this is an MLflow server"
            )
        return body

    def _raise_for_status(self, response: httpx.Response, where: str) -> None:
        status = response.status_code
        if status == 401:
            raise RefusedError(
                f"{where}: the server asks for credentials (401); set MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
                status,
            )
        if status == 403:
            raise RefusedError(
                f"{where}: these credentials do not allow to read this (403)", status
            )
        if status == 404:
            raise RefusedError(f"{where}: not found (404)", status)
        if response.is_redirect:
            raise TrackingStoreError(
                f"{where}: redirected, perhaps to a login page; give the server's own URL"
            )
        if status != 200:
            advice = "; try again later" if status in _BUSY_STATUSES else ""
            raise StatusError(
                f"{where}: the server answered {status}{self._error_code(response)}{advice}", status
            )

    def _error_code(self, response: httpx.Response) -> str:
        """Return the error code of an answer by MLflow, in parentheses."""
        try:
            code = orjson.loads(response.content)["error_code"]
        except (ValueError, LookupError, TypeError):
            return ""
        is_code = isinstance(code, str) and _ERROR_CODE.fullmatch(code)
        return f" ({self._client.mask(code)})" if is_code else ""


def _count_values(content: bytes) -> int:
    """Return about how many values a JSON text has, and more if there are commas in its texts."""
    return content.count(b",") + content.count(b"[") + content.count(b"{")


def json_objects(value: object) -> Iterator[Json]:
    """Yield the JSON objects in a list; any other value has none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def json_object(value: Json, *keys: str) -> Json:
    """Return the object that a path of keys leads to, or an empty one."""
    current: object = value
    for key in keys:
        current = current.get(key) if isinstance(current, dict) else None
    return current if isinstance(current, dict) else {}


def _should_retry(error: Exception) -> bool | float:
    """Return whether to retry after ``error``, or in how many seconds if a busy server asks for a pause."""
    if isinstance(error, httpx.HTTPStatusError):
        try:
            seconds = float(error.response.headers.get("Retry-After", ""))
        except ValueError:
            return True
        is_pause = math.isfinite(seconds) and seconds > 0
        return min(seconds, _MAX_RETRY_AFTER_SECONDS) if is_pause else True
    # A timeout has already cost a minute; a second one would not help. TLS fails in the same way each time.
    is_final = isinstance(error, httpx.TimeoutException) or find_tls_error(error) is not None
    return isinstance(error, httpx.TransportError) and not is_final


def _read_seconds() -> float:
    try:
        seconds = float(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", _READ_SECONDS))
    except ValueError:
        return _READ_SECONDS
    return min(seconds, _MAX_READ_SECONDS) if seconds > 0 else _READ_SECONDS


def _verification() -> bool | str:
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1"):
        return False
    return os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True


def _authentication(
    user: str | None, password: str | None
) -> tuple[dict[str, str], tuple[str, str] | None]:
    """Return the headers, and the user and password for basic authentication.

    Args:
        user: the user in the URL, percent-encoded.
        password: the password in the URL, percent-encoded.
    """
    headers = {
        "Accept": "application/json",
        "User-Agent": "mlflow2prov",
    }
    if workspace := os.environ.get("MLFLOW_WORKSPACE"):
        headers["X-MLFLOW-WORKSPACE"] = workspace
    user = unquote(user or "") or os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = unquote(password or "") or os.environ.get("MLFLOW_TRACKING_PASSWORD")
    if not user:
        user, password = _saved_credentials()
    if user:
        return headers, (user, password or "")
    if token := os.environ.get("MLFLOW_TRACKING_TOKEN"):
        headers["Authorization"] = f"Bearer {token}"
    return headers, None


def _saved_credentials() -> tuple[str | None, str | None]:
    """Return the user and password in ``~/.mlflow/credentials`` (MLflow documentation, "Authentication")."""
    file = Path.home() / ".mlflow" / "credentials"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file, encoding="utf-8")
        section = parser["mlflow"]
    except (OSError, KeyError, configparser.Error, UnicodeDecodeError):
        return None, None
    return section.get("mlflow_tracking_username"), section.get("mlflow_tracking_password")
