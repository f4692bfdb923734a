"""SPARQL stores that do not end, grow without measure, or repeat credentials."""

import gzip
import itertools
import time
from urllib.parse import quote

import pytest

from mlflow2prov import Document, pull, push
from mlflow2prov.errors import DocumentStoreError
from mlflow2prov.stores import neo4j, sparql
from tests.sources.mlflow.fake_server import serve, serve_bytes

PASSWORD = "pa55/w&rd"
DOCUMENT = Document({"": "https://w3id.org/mlflow2prov/"})
TRIPLES = {"Content-Type": "application/n-triples"}


def messages_of(url, options=""):
    """Return the messages of the errors that pulling and pushing raise."""
    url = url.replace("//", f"//ada:{quote(PASSWORD, safe='')}@")
    for use in (pull, lambda url: push(DOCUMENT, url)):
        try:
            use(f"{url}/x{options}")
        except DocumentStoreError as error:
            assert str(error).isprintable() and "pa55" not in str(error)
            yield str(error)


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_that_comes_slowly_is_an_error(beginning, monkeypatch):
    monkeypatch.setattr(sparql, "MAX_SECONDS", 0.5)
    start = time.monotonic()
    blocks = itertools.chain([beginning], itertools.repeat(b"X", 1000))
    with serve_bytes(*blocks, pause=0.02) as url:
        message, _ = messages_of(url)
    assert "does not end within 0.5 seconds" in message
    assert time.monotonic() - start < 5


def test_the_size_of_a_graph_is_limited_after_decompression(monkeypatch):
    monkeypatch.setattr(sparql, "MAX_GRAPH_BYTES", 1000)
    headers = {**TRIPLES, "Content-Encoding": "gzip"}
    with serve(lambda *_: (200, headers, gzip.compress(b" " * 100_000))) as (url, _):
        assert all("longer than 1000 bytes" in message for message in messages_of(url))


def test_two_compressions_are_refused():
    headers = {**TRIPLES, "Content-Encoding": "gzip, gzip"}
    with serve(lambda *_: (200, headers, gzip.compress(gzip.compress(b" ")))) as (url, _):
        assert all("compressed in a way" in message for message in messages_of(url))


@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 429, 500, 503])
def test_credentials_that_a_server_repeats_are_masked(status):
    echo = f"{PASSWORD} {quote(PASSWORD, safe='')} ada:{PASSWORD}".encode()
    answer = b"HTTP/1.1 %d %s\r\nContent-Type: %s\r\nLocation: http://x/%s\r\nConnection: close\r\n\r\n%s" % (
        status, *[echo] * 4
    )  # fmt: skip
    with serve_bytes(answer) as url:
        assert list(messages_of(url))


@pytest.mark.parametrize("line", ["{}", "HTTP/1.1 {}", "HTTP/1.1 200 OK\r\n{} x"])
def test_no_error_of_the_protocol_shows_credentials(line):
    with serve_bytes(line.format(PASSWORD).encode() + b"\r\n\r\n") as url:
        assert list(messages_of(url))


@pytest.mark.parametrize("greets", [True, False])
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"\xff" * 100, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\1\4" * 50],
    ids=["nothing", "zeros", "ones", "HTTP", "version"],
)
@pytest.mark.parametrize("scheme", ["bolt", "mongodb"])
def test_a_server_of_another_kind_is_an_error(scheme, content, greets):
    options = "?serverSelectionTimeoutMS=300" if scheme == "mongodb" else ""
    with serve_bytes(content, greets=greets) as url:
        for message in messages_of(url.replace("http", scheme), options):
            assert "does not answer" in message or "refuses" in message


@pytest.mark.parametrize("scheme", ["bolt", "mongodb"])
def test_a_server_that_does_not_answer_is_an_error(scheme, monkeypatch):
    monkeypatch.setattr(neo4j, "_MAX_WAIT_SECONDS", 0.5)
    options = "?serverSelectionTimeoutMS=500&connectTimeoutMS=500" if scheme == "mongodb" else ""
    start = time.monotonic()
    with serve_bytes(b"", b"", pause=30) as url:
        messages = list(messages_of(url.replace("http", scheme), options))
    assert len(messages) == 2
    assert time.monotonic() - start < 15
