"""Copy complete content to a stream, which is not replaced as a file is."""

from __future__ import annotations

import errno
import io
import os
import shutil
import stat
import sys
import time
from pathlib import Path
from typing import BinaryIO

from mlflow2prov.errors import FormatError
from mlflow2prov.output.places import STANDARD_OUTPUT, stream_descriptor, write_error

COPY_BYTES = 1 << 20
"""Bytes that are copied to a stream at a time."""

MAX_READER_SECONDS = 5.0
"""How long to wait for a process that reads a FIFO."""

_NO_WAIT = getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)


def copy_to_stream(name: str, content: BinaryIO) -> None:
    """Copy ``content`` to a stream."""
    number = stream_descriptor(name)
    if number == STANDARD_OUTPUT:
        _copy_to_standard_output(content)
        return
    try:
        with _open_node(name) if number is None else os.fdopen(os.dup(number), "wb") as stream:
            shutil.copyfileobj(content, stream, COPY_BYTES)
    except OSError as error:
        raise write_error(name, error) from error


def _copy_to_standard_output(content: BinaryIO) -> None:
    """Copy ``content`` to standard output: to that of a notebook, which takes only text, all of it or nothing."""
    stream = getattr(sys.stdout, "buffer", None)
    if stream is not None:
        shutil.copyfileobj(content, stream, COPY_BYTES)
        stream.flush()
        return
    if not isinstance(sys.stdout, io.TextIOBase):
        raise FormatError("standard output: there is no stream of bytes; name a file")
    try:
        text = content.read().decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("standard output: takes only text here; name a file") from error
    sys.stdout.write(text)


def _open_node(path: str) -> BinaryIO:
    """Open a FIFO or a character device, and wait for a process that reads the FIFO."""
    deadline = time.monotonic() + MAX_READER_SECONDS
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | _NO_WAIT)
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(Path(path).stat().st_mode):
                raise
            if time.monotonic() > deadline:
                raise FormatError(
                    f"{path}: no process has read this FIFO for {MAX_READER_SECONDS:g} seconds; "
                    "start the reader first"
                ) from error
            time.sleep(0.05)
            continue
        os.set_blocking(descriptor, True)
        return os.fdopen(descriptor, "wb")
