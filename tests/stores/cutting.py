"""A way to a server that breaks off: what is sent through it is passed on up to so many bytes, then all is closed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def cut(port: int, after: int) -> Iterator[tuple[int, Callable[[], int]]]:
    """Give a port that leads to ``port`` until ``after`` bytes were sent there, and nowhere from then on.

    With it comes what says how many bytes were sent.
    """
    left = [after]
    ends: list[socket.socket] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def stop() -> None:
        for end in [listener, *ends]:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def carry(source: socket.socket, target: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 14):
                left[0] -= len(data) if counted else 0
                if left[0] < 0:
                    break
                target.sendall(data)
        if left[0] < 0:
            stop()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", port))
                ends.extend((client, server))
                for way in ((client, server, True), (server, client, False)):
                    threading.Thread(target=carry, args=way, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1]), lambda: after - left[0]
    finally:
        stop()
