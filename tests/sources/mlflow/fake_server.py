"""A server that answers like MLflow, or like nothing that MLflow would answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

Response = tuple[int, dict[str, str], bytes]
"""A status, headers and a body."""


class Request(NamedTuple):
    path: str
    body: bytes
    headers: dict[str, str]


@contextmanager
def serve(respond: Callable[[str, bytes], Response]) -> Iterator[tuple[str, list[Request]]]:
    """Serve what ``respond(path, body)`` returns; yield the URL and the list of requests so far."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            requests.append(Request(self.path, body, dict(self.headers)))
            status, headers, content = respond(self.path, body)
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            # A test may announce more than it sends.
            self.send_header("Content-Length", str(headers.get("X-Length", len(content))))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    with serve_with(Handler) as url:
        yield url, requests


@contextmanager
def serve_with(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port with a handler of requests; yield the URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def serve_bytes(*blocks: bytes, pause: float = 0.0, greets: bool = False) -> Iterator[str]:
    """Send the same bytes to every client, block by block with a pause after each; yield the URL.

    Args:
        blocks: the bytes.
        pause: in seconds.
        greets: whether the server sends them before the client has sent anything.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def send(connection: socket.socket) -> None:
        with connection:
            try:
                if not greets:
                    connection.recv(65536)
                for block in blocks:
                    connection.sendall(block)
                    if pause and stop.wait(pause):
                        return
            except OSError:
                return

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=send, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        stop.set()
        listener.close()


def json_response(value: object) -> Response:
    """Return a response with status 200."""
    return 200, {}, json.dumps(value).encode()


def respond_like_mlflow(**answers: Any) -> Callable[[str, bytes], Response]:
    """Return a responder with one experiment and nothing else, except for ``answers``.

    Args:
        answers: by endpoint (``runs_search`` for ``/api/2.0/mlflow/runs/search``), the object to answer with,
            a response, or a function from path and body to either.
    """
    answers = {"experiments_search": {"experiments": [experiment("1")]}, **answers}

    def respond(path: str, body: bytes) -> Response:
        if path.startswith("/version"):
            return 200, {}, b"3.0.0"
        endpoint = path.partition("?")[0].rpartition("mlflow/")[2]
        answer = answers.get(endpoint.replace("/", "_").replace("-", "_"), {})
        if callable(answer):
            answer = answer(path, body)
        return answer if isinstance(answer, tuple) else json_response(answer)

    return respond


def experiment(experiment_id: str) -> dict[str, Any]:
    """Return an experiment as the API does."""
    return {"experiment_id": experiment_id, "name": f"experiment {experiment_id}"}


def run(run_id: str, experiment_id: str = "1") -> dict[str, Any]:
    """Return a run as the API does."""
    return {"info": {"run_id": run_id, "experiment_id": experiment_id}}
