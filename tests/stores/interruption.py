"""A proxy that forwards a number of bytes to a server, and then closes every connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def interrupt(port: int, max_bytes: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """Forward a new port to ``port`` until clients have sent ``max_bytes`` bytes.

    Yields the new port, and a function that returns how many bytes clients have sent.
    """
    remaining_bytes = max_bytes
    connections: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def stop() -> None:
        for connection in [listener, *connections]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def forward(source: socket.socket, target: socket.socket, is_request: bool) -> None:
        nonlocal remaining_bytes
        with suppress(OSError):
            while data := source.recv(1 << 14):
                remaining_bytes -= len(data) if is_request else 0
                if remaining_bytes < 0:
                    break
                target.sendall(data)
        if remaining_bytes < 0:
            stop()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                connections.extend((client, server))
                for direction in ((client, server, True), (server, client, False)):
                    threading.Thread(target=forward, args=direction, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1]), lambda: max_bytes - remaining_bytes
    finally:
        stop()
